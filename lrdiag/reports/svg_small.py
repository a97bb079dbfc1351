"""A run's picture in about a kilobyte: one panel with drops, findings and the best checkpoint."""

from __future__ import annotations

from collections.abc import Iterator

from lrdiag.findings import RunReport
from lrdiag.reports import wording
from lrdiag.reports.escaping import markup
from lrdiag.reports.svg import colour_of
from lrdiag.reports.svg_curves import curve_path
from lrdiag.reports.svg_layout import LEFT, WIDTH, Chart, lay_out
from lrdiag.reports.svg_marks import MOST_DROPS, placed

_HUES = {"tra": "blue", "val": "orange"}


def small_chart(run: RunReport, points: int = 24) -> str:
    """The losses (else the scores, else the rate) of a run among very many.

    Args:
        run: a run; empty text when no curve has a finite point.
        points: about how many points of a curve to draw.
    """
    kinds = (("loss",), ("score",), ("lr",))
    made = next((m for m in (lay_out(run, points, kind) for kind in kinds) if m), None)
    if made is None:
        return ""
    below = list(_findings(made))
    height = made.bottom + 18 + 6 * len(below)
    parts = (*_frame(made), *_curves(made), *_drops(made), *below)
    label = markup(f"{', '.join(c.role for c in made.panels[0].curves)} of the run", 80)
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg>"
    )


def _frame(made: Chart) -> Iterator[str]:
    y = made.panels[0].y
    yield f'<path class="frame" d="M{LEFT} {y.end:.0f}V{y.start:.0f}h646"/>'
    for tick in y.ticks(2)[:3]:
        yield f'<text class="y" x="{LEFT - 5}" y="{y.at(tick):.0f}">{wording.number(tick)}</text>'
    roles = [c.role for c in made.panels[0].curves[:3]]
    names = ", ".join(f"{role} {_HUES[role[:3]]}" if role[:3] in _HUES else role for role in roles)
    text = markup(f"{made.unit}s {made.x.low:g} to {made.x.high:g}; {names}", 120)
    yield f'<text x="{LEFT}" y="{made.bottom + 12:.0f}">{text}</text>'


def _curves(made: Chart) -> Iterator[str]:
    panel = made.panels[0]
    yield '<g class="curves" transform="scale(.1)">'
    for curve in panel.curves[:3]:
        path = curve_path(curve, made.unit, made.x, panel.y)
        yield f'<path class="{colour_of(curve.role)}" d="{path}"/>'
    yield "</g>"


def _drops(made: Chart) -> Iterator[str]:
    drops = made.run.schedule.drops if made.run.schedule else ()
    places = [made.x_of(d.step, d.epoch) for d in drops[: MOST_DROPS + 1]]
    if 0 < len(places) <= MOST_DROPS:
        top, bottom = made.panels[0].y.end, made.bottom
        lines = "".join(f"M{at} {top:.0f}V{bottom:.0f}" for at in places if at is not None)
        yield f'<path class="drop" d="{lines}"/>'


def _findings(made: Chart) -> Iterator[str]:
    for number, (finding, left, right) in enumerate(placed(made)[:3]):
        yield (
            f'<rect class="{finding.severity.value}" x="{left}" '
            f'y="{made.bottom + 16 + 6 * number:.0f}" width="{right - left:.0f}" height="4"/>'
        )
