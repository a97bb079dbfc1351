"""Pictures of a run as small SVG: curves, drops, segments, findings, best checkpoint, noise.

Own polylines: a chart of two curves of 1,000 points takes 24 kB so, 60 kB with matplotlib and
megabytes with a scripted library. Coordinates are tenths of a pixel as relative integers, points
are thinned to what the picture can show, and no clock or random identifier gets in, so that the
same report gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lrdiag.findings import ReportCurve, RunReport
from lrdiag.reports import wording
from lrdiag.reports.escaping import markup, name_text
from lrdiag.reports.svg_curves import (
    Band,
    band_path,
    curve_path,
    line_path,
    noise_band,
    proposed_points,
)
from lrdiag.reports.svg_layout import LEFT, RIGHT, WIDTH, Chart, Panel, kind_of, lay_out
from lrdiag.reports.svg_marks import LANE, bands, lanes, marks, segments
from lrdiag.reports.svg_style import FILE_STYLE
from lrdiag.run_names import run_name

_TITLES = {"lr": "learning rate", "loss": "loss", "score": "accuracy and the like"}


def chart(run: RunReport, points: int = 300) -> str:
    """The run's chart as an `<svg>` element styled by the page's classes.

    Args:
        run: a run with curves; empty text when no curve has a finite point.
        points: about how many points of a curve to draw.
    """
    made = lay_out(run, points)
    if made is None:
        return ""
    below = lanes(made)
    height = made.bottom + 30 + LANE * len(below)
    name = name_text(run_name(run))
    label = markup(f"Curves of {name}: {wording.schedule_line(run)}", 300)
    body = "".join((*segments(made), *bands(made), *_panels(made), *marks(made)))
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{label}" '
        f'data-x="{made.x.low:g} {made.x.high:g} {LEFT} {RIGHT}" data-unit="{made.unit}" '
        f'data-bottom="{made.bottom:.0f}">{body}'
        f"{''.join(_axis(made))}{''.join(below)}</svg>"
    )


def chart_file(run: RunReport, points: int = 300) -> str:
    """The chart as an SVG file of its own, light or dark as the reader prefers."""
    element = chart(run, points) or '<svg class="chart" viewBox="0 0 720 20">'
    head, _, rest = element.partition(">")
    style = f'<style>{FILE_STYLE}</style><rect class="ground" width="100%" height="100%"/>'
    rest = rest or "</svg>"
    head = head.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return f"{head}>{style}{rest}\n"


def colour_of(role: str) -> str:
    """The class that colours a role; training and validation differ in line style too."""
    split = "val" if role.startswith("val") else "train"
    for word in ("recall", "precision", "f1", "auc"):
        if word in role:
            return f"{split} {word}"
    return "lr" if kind_of(role) == "lr" else split


def _panels(made: Chart) -> Iterator[str]:
    for panel in made.panels:
        top, bottom = panel.y.end, panel.y.start
        yield f'<path class="frame" d="M{LEFT} {top:.0f}V{bottom:.0f}H{RIGHT}"/>'
        for tick, at in panel.y.apart(4, 12):
            yield f'<path class="grid" d="M{LEFT} {at:.1f}H{RIGHT}"/>'
            yield f'<text class="y" x="{LEFT - 5}" y="{at + 3.5:.1f}">{wording.number(tick)}</text>'
        yield from _legend(panel, proposed=bool(proposed_points(made.run)))
        where = f'data-y="{panel.y.low:.6g} {panel.y.high:.6g} {top:.0f} {bottom:.0f}"'
        log = ' data-log="1"' if panel.y.log else ""
        yield f'<g class="curves" transform="scale(.1)" {where}{log}>'
        yield from _curves(made, panel)
        yield "</g>"


def _curves(made: Chart, panel: Panel) -> Iterator[str]:
    for curve in panel.curves:
        band = noise_band(made.run, curve)
        if band:
            yield f'<path class="noise {colour_of(curve.role)}" d="{_band(made, panel, band)}"/>'
    if panel.kind == "lr":
        points = [(made.x.at(at), panel.y.at(value)) for at, value in proposed_points(made.run)]
        if points:
            yield f'<path class="proposed" d="{line_path(points)}"/>'
    for curve in panel.curves:
        name = markup(_label(curve, panel.curves))
        path = curve_path(curve, made.unit, made.x, panel.y)
        yield f'<path class="{colour_of(curve.role)}" data-name="{name}" d="{path}"/>'


def _band(made: Chart, panel: Panel, band: Band) -> str:
    placed = [
        (made.x.at(step if made.unit == "step" or epoch is None else epoch), low, high)
        for step, epoch, low, high in band
    ]
    return band_path([(at, panel.y.at(low), panel.y.at(high)) for at, low, high in placed])


def _label(curve: ReportCurve, beside: Sequence[ReportCurve]) -> str:
    twins = sum(other.role == curve.role for other in beside)
    return f"{curve.role} ({name_text(curve.tag, 30)})" if twins > 1 else name_text(curve.role, 40)


def _legend(panel: Panel, *, proposed: bool) -> Iterator[str]:
    y = panel.y.end - 6
    scale = ", log scale" if panel.y.log else ""
    yield f'<text class="title" x="{LEFT}" y="{y:.0f}">{_TITLES[panel.kind]}{scale}</text>'
    x = float(RIGHT)
    keys = [(_label(curve, panel.curves), colour_of(curve.role)) for curve in panel.curves]
    if panel.kind == "lr":
        keys = keys if len(keys) > 1 or proposed else []
        keys += [("proposed", "proposed")] if proposed else []
    for label, style in reversed(keys):
        x -= 6.2 * len(label)
        yield f'<text x="{x:.0f}" y="{y:.0f}">{markup(label)}</text>'
        yield f'<path class="key {style}" d="M{x - 22:.0f} {y - 4:.0f}h17"/>'
        x -= 34


def _axis(made: Chart) -> Iterator[str]:
    y = made.bottom + 14
    for tick in made.x.ticks(8):
        if float(tick).is_integer():
            yield f'<text class="x" x="{made.x.at(tick):.1f}" y="{y:.0f}">{tick:,.0f}</text>'
    yield f'<text class="unit" x="{LEFT - 12}" y="{y:.0f}">{made.unit}</text>'
