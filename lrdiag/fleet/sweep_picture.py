"""A sweep as one picture: the outcome of every run over the setting that matters most."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from lrdiag.fleet.sweep import Row, Sweep
from lrdiag.reports.escaping import markup
from lrdiag.reports.svg_scale import Scale, fit
from lrdiag.reports.svg_style import DARK, LIGHT

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 34, 44
MAX_MARKS = 5_000
"""Runs drawn at most; more only blacken the picture (the best ones come first)."""

_STYLE = (
    f":root{{{LIGHT}}}@media(prefers-color-scheme:dark){{:root{{{DARK}}}}}"
    "rect.ground{fill:var(--ground)}text{font:11px system-ui,sans-serif;fill:var(--ink)}"
    ".y{text-anchor:end}.x{text-anchor:middle}.axis{stroke:var(--quiet);fill:none}"
    ".grid{stroke:var(--line);stroke-dasharray:1 3}"
    ".healthy{fill:var(--recall)}.warning{fill:var(--warning)}"
    ".unhealthy{stroke:var(--error);stroke-width:2;fill:none}"
    ".undecided{stroke:var(--quiet);fill:none}"
)

_KEY = "(● healthy, ▲ warning, ✕ unhealthy, ○ undecided)"


def svg(sweep: Sweep) -> str:
    """The picture as one SVG file: filled marks are fit to deploy, crosses are unhealthy.

    Shape and fill tell the verdicts apart, not the colour alone.
    """
    rows = [r for r in sweep.rows if r.best is not None and math.isfinite(r.best)][:MAX_MARKS]
    title, at = _across(sweep, rows)
    x = fit(at, LEFT, WIDTH - RIGHT)
    y = fit([r.best for r in rows if r.best is not None], HEIGHT - BOTTOM, TOP)
    body = [*_axes(x, y, title, sweep.role), *_marks(rows, at, x, y)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{markup(_description(sweep))}"><style>{_STYLE}</style>'
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>{"".join(body)}</svg>\n'
    )


def _description(sweep: Sweep) -> str:
    best = f"; best healthy run {sweep.best_healthy.run}" if sweep.best_healthy else ""
    return f"{len(sweep.rows)} runs by best {sweep.role}{best}"


def _across(sweep: Sweep, rows: Sequence[Row]) -> tuple[str, list[float]]:
    """The setting to draw over: the clearest association's, else the rate, else the rank."""
    numeric = [a.setting for a in sweep.found if not a.value]
    for name in numeric:
        values = [row.settings.get(name) for row in rows]
        if all(isinstance(v, int | float) for v in values):
            return name, [float(v) for v in values if isinstance(v, int | float)]
    rates = [row.rate for row in rows]
    if rows and all(rate is not None for rate in rates) and len(set(rates)) > 1:
        return "learning rate", [rate for rate in rates if rate is not None]
    return "rank", [float(i + 1) for i in range(len(rows))]


def _axes(x: Scale, y: Scale, title: str, role: str) -> Iterator[str]:
    bottom = HEIGHT - BOTTOM
    for value in y.ticks(5):
        at = y.at(value)
        yield f'<path class="grid" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>'
        yield f'<text class="y" x="{LEFT - 6}" y="{at + 4:.1f}">{value:.4g}</text>'
    for value in x.ticks(6):
        yield f'<text class="x" x="{x.at(value):.1f}" y="{bottom + 16}">{value:.4g}</text>'
    yield f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}"/>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text class="x" x="{middle}" y="{HEIGHT - 8}">{markup(title)}</text>'
    yield f'<text x="8" y="16">best {markup(role)} {_KEY}</text>'


def _marks(rows: Sequence[Row], at: Sequence[float], x: Scale, y: Scale) -> Iterator[str]:
    for row, value in zip(rows, at, strict=True):
        assert row.best is not None
        shape = _shape(row.verdict, x.at(value), y.at(row.best))
        yield f"<g>{shape}<title>{markup(row.run)}: {row.best:.4g}, {row.verdict}</title></g>"


def _shape(verdict: str, x: float, y: float) -> str:
    if verdict == "unhealthy":
        path = f"M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8"
    elif verdict == "warning":
        path = f"M{x:.1f} {y - 5:.1f}l5 9h-10z"
    else:
        return f'<circle class="{verdict}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    return f'<path class="{verdict}" d="{path}"/>'
