"""A run's curves as a matplotlib figure (the extra `lrdiag[plot]`)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lrdiag.errors import ReportError
from lrdiag.findings import ReportCurve, RunReport
from lrdiag.reports.escaping import name_text
from lrdiag.reports.svg_curves import noise_band, proposed_points
from lrdiag.reports.svg_layout import kind_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = {"train": "#2a6fb0", "val": "#c4500c", "lr": "#5a4fa2"}
_TITLES = {"lr": "learning rate", "loss": "loss", "score": "accuracy and the like"}


def figure_of(run: RunReport) -> Figure:
    """Rate, losses and scores one below the other, with drops, findings and the best checkpoint.

    The figure is made without pyplot, so that no window opens and none is left behind.

    Raises:
        ReportError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ReportError(
            "Plots need matplotlib, which is not installed.", "pip install 'lrdiag[plot]'"
        ) from None
    kinds = [k for k in _TITLES if any(kind_of(c.role) == k for c in run.curves)]
    figure = Figure(figsize=(9, 1 + 2.2 * max(len(kinds), 1)), layout="constrained")
    figure.suptitle(f"{name_text(run.run, 80)}: {run.verdict.value}", parse_math=False)
    by_epoch = all(e is not None for c in run.curves for e in c.epoch)
    panels = figure.subplots(max(len(kinds), 1), 1, sharex=True, squeeze=False)[:, 0]
    for axes, kind in zip(panels, kinds, strict=False):
        _draw(axes, run, kind, by_epoch=by_epoch)
    panels[-1].set_xlabel("epoch" if by_epoch else "step")
    return figure


def _draw(axes: Any, run: RunReport, kind: str, *, by_epoch: bool) -> None:
    axes.set_title(_TITLES[kind], loc="left", fontsize="medium")
    axes.grid(visible=True, alpha=0.3)
    for curve in (c for c in run.curves if kind_of(c.role) == kind):
        _curve(axes, run, curve, by_epoch=by_epoch)
    if kind == "lr":
        _rates(axes, run)
    for change in (*run.schedule.drops, *run.schedule.rises)[:60] if run.schedule else ():
        at = change.epoch if by_epoch else change.step
        if at is not None:
            axes.axvline(at, color="0.3", linestyle="--", linewidth=0.9)
    _findings(axes, run, kind, by_epoch=by_epoch)
    axes.legend(loc="upper right", fontsize="small")


def _curve(axes: Any, run: RunReport, curve: ReportCurve, *, by_epoch: bool) -> None:
    at = curve.epoch if by_epoch else curve.step
    value = [math.nan if v is None else v for v in curve.value]
    colour = _COLOURS.get(curve.role.partition("_")[0])
    style = "steps-post" if curve.role == "lr" else "default"
    label = name_text(curve.role, 40)
    axes.plot(at, value, color=colour, drawstyle=style, linewidth=1.3, label=label)
    band = noise_band(run, curve)
    if band:
        where = [epoch if by_epoch else step for step, epoch, _, _ in band]
        low, high = [b[2] for b in band], [b[3] for b in band]
        axes.fill_between(where, low, high, color=colour, alpha=0.15, linewidth=0)
    metric = run.metrics.get(curve.role)
    best = metric and (metric.best_epoch if by_epoch else metric.best_step)
    if metric and best is not None and metric.best is not None and curve.role.startswith("val"):
        axes.plot([best], [metric.best], "o", color=colour, fillstyle="none", label="best")


def _rates(axes: Any, run: RunReport) -> None:
    rates = [v for c in run.curves if c.role == "lr" for v in c.value if v is not None and v > 0]
    if rates and max(rates) / min(rates) > 3:
        axes.set_yscale("log")
    proposed = proposed_points(run)
    if proposed:
        at, value = zip(*proposed, strict=True)
        axes.plot(at, value, color="#00795a", linestyle="--", label="proposed")


def _findings(axes: Any, run: RunReport, kind: str, *, by_epoch: bool) -> None:
    tags = {c.tag for c in run.curves if kind_of(c.role) == kind}
    for finding in [f for f in run.failed if tags & set(f.tags)][:2]:
        first = finding.first_epoch if by_epoch else finding.first_step
        last = finding.last_epoch if by_epoch else finding.last_step
        if first is not None and last is not None:
            colour = "#b3261e" if finding.severity.value == "error" else "#8a5a00"
            axes.axvspan(first, last, color=colour, alpha=0.08, label=name_text(finding.rule, 40))
