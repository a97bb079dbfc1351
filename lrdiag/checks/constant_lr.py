"""No schedule at all although progress stalled."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lrdiag.checks.evidence import not_judged, verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.scorecard_judgement import why_not
from lrdiag.checks.shape import shape_of
from lrdiag.statistics.trend import fit_trend
from lrdiag.view import RunView

UNIT = "relative fall of val_loss over the last third"


@dataclass(frozen=True, slots=True)
class ConstantLr:
    """A constant rate whose last third brought nothing, with a loss that is still rough.

    Attributes:
        max_fall: largest relative fall of the validation loss over the last third.
        max_rise: largest relative rise of it: what rises more did not stall but overfits or
            diverges, and the rules of these tell it (0.04 is the threshold of overfitting).
        min_up: share of upward movement of the validation loss from which it is rough.
    """

    kind: ClassVar[str] = "constant_lr"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("train_loss", "val_loss")

    max_fall: float = 0.01
    max_rise: float = 0.04
    min_up: float = 0.4

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        if not any(group.points for group in view.schedule.groups):
            yield not_judged("No learning rate was logged.")
            return
        if view.schedule.smooth or view.schedule.drops or view.schedule.rises:
            yield verdict(False, threshold=self.max_fall, unit=UNIT)
            return
        reason, shape = why_not(view), shape_of(view)
        if reason or shape is None:
            yield not_judged(reason or "Training and validation loss are needed.")
            return
        import numpy as np

        from lrdiag.checks.traits import traits_of

        third = max(5, len(shape) // 3)
        trend = fit_trend(np.arange(third, dtype=np.float64), shape.val[-third:])
        up = (traits_of(view) or {}).get("val_up", 0.0)
        fall = -math.expm1(trend.slope * third) if trend else 0.0
        yield verdict(
            -self.max_rise <= fall <= self.max_fall and up >= self.min_up,
            observed=fall,
            threshold=self.max_fall,
            unit=UNIT,
            points=third,
            first_step=int(shape.rows.step[-min(third * shape.scale, len(shape.rows))]),
            last_step=int(shape.rows.step[-1]),
            tags=(view.curves["val_loss"].tag,),
            facts={"rate": view.schedule.segments[0].first_lr if view.schedule.segments else None},
        )
