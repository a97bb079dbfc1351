"""Still improving at the end: the budget ended before the training did."""

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

FEWEST_ROWS = 5  # a slope with an interval

UNIT = "relative fall of val_loss over the last quarter"


@dataclass(frozen=True, slots=True)
class StillImprovingAtEnd:
    """Trend of the validation loss over the last quarter of the run, since the last change of rate.

    Attributes:
        min_fall: smallest relative fall over the last quarter (fraction; Google's Deep Learning
            Tuning Playbook asks to look for it and names no number: 0.03 is three times what the
            corpus calls immaterial for a plateau).
    """

    kind: ClassVar[str] = "still_improving_at_end"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("train_loss", "val_loss")

    min_fall: float = 0.03

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        reason, shape = why_not(view), shape_of(view)
        if reason or shape is None:
            yield not_judged(reason or "Training and validation loss are needed.")
            return
        import numpy as np

        # A fall at a change of rate is that of the change: only what came after it goes on.
        since = max((turn.row for turn in (*shape.drops, *shape.rises)), default=0)
        quarter = min(max(FEWEST_ROWS, len(shape) // 4), len(shape) - since)
        if quarter < FEWEST_ROWS:
            yield not_judged(f"{quarter} rows since the rate changed; {FEWEST_ROWS} are needed.")
            return
        trend = fit_trend(np.arange(quarter, dtype=np.float64), shape.val[-quarter:])
        if trend is None:
            yield not_judged("Too few rows in the last quarter.")
            return
        low, high = trend.slope_interval()
        fall = -math.expm1(trend.slope * quarter)
        yield verdict(
            fall >= self.min_fall and high < 0,
            observed=fall,
            threshold=self.min_fall,
            unit=UNIT,
            interval=(-math.expm1(high * quarter), -math.expm1(max(low * quarter, -20.0))),
            points=trend.points,
            first_step=int(shape.rows.step[-min(quarter * shape.scale, len(shape.rows))]),
            last_step=int(shape.rows.step[-1]),
            tags=(view.curves["val_loss"].tag,),
            facts={"rows": quarter * shape.scale},
        )
