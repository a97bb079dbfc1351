"""The layout of a run's picture: panels one below the other over one axis of epochs or steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lrdiag.findings import ReportCurve, RunReport
from lrdiag.reports.svg_curves import proposed_points, thinned
from lrdiag.reports.svg_scale import Scale, fit

WIDTH = 720
LEFT, RIGHT, TOP = 58, 704, 18
MOST_CURVES = 6
_HEIGHTS = {"lr": 64, "loss": 150, "score": 110}


@dataclass(frozen=True, slots=True)
class Panel:
    """Curves of one kind (lr, loss, score) on one vertical scale."""

    kind: str
    curves: tuple[ReportCurve, ...]
    y: Scale


@dataclass(frozen=True, slots=True)
class Chart:
    """The panels, the axis they share (`unit`: epoch or step) and the lowest pixel."""

    run: RunReport
    x: Scale
    unit: str
    panels: tuple[Panel, ...]
    bottom: float

    def x_of(self, step: int | None, epoch: float | None) -> float | None:
        """Pixel of a place of the log, None when it cannot be placed on this axis."""
        at = epoch if self.unit == "epoch" else step
        if at is None and step is not None:
            at = _epoch_near(self.run.curves, step)
        return None if at is None or not math.isfinite(at) else round(self.x.at(at), 1)


def lay_out(
    run: RunReport, points: int, kinds: Sequence[str] = ("lr", "loss", "score")
) -> Chart | None:
    """Place the run's curves, thinned to `points` each; None when nothing can be drawn."""
    drawn = [c for c in run.curves if any(v is not None and math.isfinite(v) for v in c.value)]
    if not drawn:
        return None
    by_epoch = all(e is not None for c in drawn for e in c.epoch)
    steps = [s for c in drawn for s in (c.epoch if by_epoch else c.step) if s is not None]
    low, high = min(steps), max(steps)
    x = Scale(low, high if high > low else low + 1, LEFT, RIGHT)
    panels, top = [], float(TOP)
    for kind in kinds:
        height = _HEIGHTS[kind]
        curves = [thinned(c, points) for c in drawn if kind_of(c.role) == kind][:MOST_CURVES]
        if curves:
            panels.append(_panel(run, kind, tuple(curves), top, height))
            top += height + 22
    unit = "epoch" if by_epoch else "step"
    return Chart(run, x, unit, tuple(panels), top - 22) if panels else None


def _panel(
    run: RunReport, kind: str, curves: tuple[ReportCurve, ...], top: float, height: int
) -> Panel:
    values = [v for c in curves for v in c.value if v is not None]
    log: bool | None = None if kind == "loss" else False
    if kind == "lr":
        values += [v for _, v in proposed_points(run)]
        spread = [v for v in values if v > 0]
        log = bool(spread) and max(spread) / min(spread) > 3
    return Panel(kind, curves, fit(values, top + height, top, log=log))


def kind_of(role: str) -> str:
    """The panel a role is drawn in: lr, loss or score; nothing for counts and norms."""
    if role == "lr" or role.startswith("lr/"):
        return "lr"
    if role.endswith(("loss", "loss_step")):
        return "loss"
    scores = ("accuracy", "precision", "recall", "f1", "auc")
    return "score" if role.partition("/")[0].endswith(scores) else ""


def _epoch_near(curves: Sequence[ReportCurve], step: int) -> float | None:
    pairs = [(abs(s - step), e) for c in curves for s, e in zip(c.step, c.epoch, strict=True)]
    known = [(distance, epoch) for distance, epoch in pairs if epoch is not None]
    return min(known)[1] if known else None
