"""What is marked on a run's picture: segments, drops, findings, the best checkpoint."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lrdiag.findings import Finding, Severity
from lrdiag.reports import wording
from lrdiag.reports.escaping import markup
from lrdiag.reports.svg_curves import not_finite
from lrdiag.reports.svg_layout import LEFT, RIGHT, TOP, Chart, Panel

LANE = 15
# Lines for drops and shaded segments only up to this many: an exponential decay falls every epoch.
MOST_DROPS = 24
MOST_LANES = 6


def segments(made: Chart) -> Iterator[str]:
    """Every second segment as a shaded rectangle."""
    schedule = made.run.schedule
    if schedule is None or len(schedule.segments) > MOST_DROPS:
        return
    for number, segment in enumerate(schedule.segments):
        left = made.x_of(segment.first_step, segment.first_epoch)
        right = made.x_of(segment.end_step, segment.end_epoch)
        if number % 2 and left is not None and right is not None and right > left:
            height = made.bottom - TOP
            yield (
                f'<rect class="segment" x="{left}" y="{TOP}" width="{right - left:.1f}" '
                f'height="{height:.0f}"/>'
            )


def marks(made: Chart) -> Iterator[str]:
    """Drops and rises as vertical lines, best checkpoints, values that are not finite."""
    yield from _changes(made)
    yield from _best(made)
    for panel in made.panels:
        for curve in panel.curves:
            for step, epoch in not_finite(curve)[:20]:
                at = made.x_of(step, epoch)
                if at is not None:
                    yield f'<text class="broken" x="{at}" y="{panel.y.end + 9:.0f}">×</text>'


def _changes(made: Chart) -> Iterator[str]:
    schedule = made.run.schedule
    if schedule is None:
        return
    for kind, changes in (("drop", schedule.drops), ("rise", schedule.rises)):
        for change in changes if len(changes) <= MOST_DROPS else ():
            at = made.x_of(change.step, change.epoch)
            if at is None:
                continue
            place = wording.position(change.epoch, change.step)
            rates = f"{wording.number(change.before)} → {wording.number(change.after)}"
            title = markup(f"{kind} at {place}: {rates} ({change.group}, {change.source})", 200)
            # Panel by panel: the legends between them stay readable.
            ends = ((panel.y.end, panel.y.start) for panel in made.panels)
            lines = "".join(f"M{at} {top:.0f}V{bottom:.0f}" for top, bottom in ends)
            path = f'class="{kind} {change.source}" d="{lines}"'
            yield f"<path {path}><title>{title}</title></path>"


def _best(made: Chart) -> Iterator[str]:
    for panel in made.panels:
        for curve in panel.curves:
            metric = made.run.metrics.get(curve.role)
            if not curve.role.startswith("val") or metric is None or metric.best is None:
                continue
            at = made.x_of(metric.best_step, metric.best_epoch)
            if at is None or not math.isfinite(metric.best):
                continue
            y = panel.y.at(metric.best)
            place = wording.position(metric.best_epoch, metric.best_step)
            title = markup(f"best {curve.role} {wording.number(metric.best)} at {place}")
            circle = f'<circle class="best" cx="{at}" cy="{y:.1f}" r="4">'
            yield f"{circle}<title>{title}</title></circle>"
            yield _best_label(panel, at, y)


def _best_label(panel: Panel, at: float, y: float) -> str:
    below = y + 16 < panel.y.start
    anchor = ' text-anchor="end"' if at > RIGHT - 30 else ""
    x = at - 7 if anchor else at + 7
    y += 13 if below else -6
    return f'<text class="label" x="{x:.1f}" y="{y:.1f}"{anchor}>best</text>'


def placed(made: Chart) -> list[tuple[Finding, float, float]]:
    """The worst findings that have a place: finding, left and right pixel."""
    found = []
    for finding in made.run.failed:
        left = made.x_of(finding.first_step, finding.first_epoch)
        right = made.x_of(finding.last_step, finding.last_epoch)
        if left is not None:
            found.append((finding, left, max(right if right is not None else left, left + 3)))
    return found[:MOST_LANES]


def bands(made: Chart) -> Iterator[str]:
    """The worst two findings as a tint on the panels of their tags."""
    # A finding about the whole run happens nowhere in particular.
    local = [
        p
        for p in placed(made)
        if p[2] - p[1] < 0.9 * (RIGHT - LEFT) and p[0].severity is not Severity.NOTE
    ]
    for finding, left, right in local[:2]:
        tags = {c.tag for c in made.run.curves}
        for panel in made.panels:
            if tags & set(finding.tags) & {c.tag for c in panel.curves}:
                height = panel.y.start - panel.y.end
                yield (
                    f'<rect class="found {finding.severity.value}" x="{left}" '
                    f'y="{panel.y.end:.0f}" width="{right - left:.1f}" height="{height:.0f}"/>'
                )


def lanes(made: Chart) -> list[str]:
    """One bar a finding below the axis, where it happens, with its rule."""
    lanes = []
    for number, (finding, left, right) in enumerate(placed(made)):
        y = made.bottom + 24 + LANE * number
        text = markup(wording.title(finding), 60)
        after = right + 6 + 6 * len(text) < RIGHT
        anchor = f'x="{right + 5:.1f}"' if after else f'x="{left - 5:.1f}" text-anchor="end"'
        style = "lane"
        if not after and left - 6 * len(text) < 0:
            anchor, style = f'x="{left + 4:.1f}"', "lane inside"
        lanes.append(
            f'<rect class="lane {finding.severity.value}" x="{left}" y="{y:.0f}" '
            f'width="{right - left:.1f}" height="{LANE - 4}" rx="2"/>'
            f'<text class="{style}" {anchor} y="{y + 9:.0f}">{text}</text>'
        )
    return lanes
