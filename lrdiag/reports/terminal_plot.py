"""A plot of the losses and the rate for terminals, in braille dots by plotille."""

from __future__ import annotations

import math
from typing import Any

from lrdiag.findings import ReportCurve, RunReport
from lrdiag.reports.svg_curves import thinned
from lrdiag.reports.svg_layout import kind_of
from lrdiag.reports.wording import number

HEIGHT = 10
_COLOURS = {"train": "blue", "val": "yellow", "lr": "magenta"}

Points = list[tuple[float, float]]


def terminal_plot(run: RunReport, width: int, *, colour: bool = False) -> list[str]:
    """Lines of text: losses (or scores) above, the rate on a logarithmic scale below.

    Drops are vertical lines. Without colours the validation curve is drawn as `o`. Labels are
    role names, never a log's own names. Empty when nothing can be drawn or plotille is missing.
    """
    try:
        import plotille
    except ImportError:
        return []
    kind = next((k for k in ("loss", "score") if _curves(run, k)), "")
    lines = []
    for curves, height in ((_curves(run, kind) if kind else [], HEIGHT), (_rates(run), 4)):
        if curves:
            figure = plotille.Figure()
            figure.width, figure.height = max(width - 24, 10), height
            figure.color_mode, figure.with_colors = "names", colour
            lines += [_caption(curves, colour=colour), *_plot(figure, run, curves)]
    return lines


def _caption(curves: list[ReportCurve], *, colour: bool) -> str:
    marks = _COLOURS if colour else {"train": "line", "val": "o", "lr": "line"}
    shown = (f"{c.role} ({marks.get(c.role.partition('_')[0], 'line')})" for c in curves)
    return ", ".join(shown)


def _rates(run: RunReport) -> list[ReportCurve]:
    return _curves(run, "lr")[:1]


def _curves(run: RunReport, kind: str) -> list[ReportCurve]:
    names = {"loss": ("train_loss", "val_loss"), "score": ("train_accuracy", "val_accuracy")}
    good = [c for c in run.curves if kind_of(c.role) == kind and len(_points(c, run)) > 1]
    return [c for c in good if kind == "lr" or c.role in names[kind]]


def _by_epoch(run: RunReport) -> bool:
    return all(e is not None for c in run.curves for e in c.epoch)


def _points(curve: ReportCurve, run: RunReport) -> Points:
    where = curve.epoch if _by_epoch(run) else curve.step
    pairs = zip(where, curve.value, strict=True)
    good = [(x, y) for x, y in pairs if x is not None and y is not None and math.isfinite(y)]
    if curve.role != "lr":
        return [(float(x), y) for x, y in good]
    return [(float(x), math.log10(y)) for x, y in good if y > 0]


def _plot(figure: Any, run: RunReport, curves: list[ReportCurve]) -> list[str]:
    points = {curve.role: _points(curve, run) for curve in curves}
    values = [y for pairs in points.values() for _, y in pairs]
    places = [x for pairs in points.values() for x, _ in pairs]
    margin = (max(values) - min(values)) * 0.05 or 0.5
    low, high = min(places), max(places)
    figure.set_y_limits(min_=min(values) - margin, max_=max(values) + margin)
    figure.set_x_limits(min_=low, max_=high if high > low else low + 1)
    rate = curves[0].role == "lr"
    figure.y_ticks_fkt = lambda low, _: f"{number(10**low if rate else low):>9}"
    figure.x_ticks_fkt = lambda low, _: number(round(low))
    figure.x_label, figure.y_label = "epoch" if _by_epoch(run) else "step", ""
    _drops(figure, run, low, high)
    for curve in curves:
        _draw(figure, run, curve)
    text: str = figure.show(legend=False)
    # The first line is the vertical axis' label and arrow.
    return [line.rstrip() for line in text.splitlines() if line.strip()][1:]


def _drops(figure: Any, run: RunReport, low: float, high: float) -> None:
    for drop in (run.schedule.drops if run.schedule else ())[:12]:
        at = drop.epoch if _by_epoch(run) else drop.step
        if at is not None and high > low:
            figure.axvline(min(max((at - low) / (high - low), 0.0), 1.0))


def _draw(figure: Any, run: RunReport, curve: ReportCurve) -> None:
    split, colour = curve.role.partition("_")[0], figure.with_colors
    marker = "o" if split == "val" and not colour else None
    x, y = zip(*_points(thinned(curve, 60) if marker else curve, run), strict=True)
    figure.plot(
        list(x), list(y), lc=_COLOURS.get(split) if colour else None,
        marker=marker, interp=None if marker else "linear",
    )  # fmt: skip
