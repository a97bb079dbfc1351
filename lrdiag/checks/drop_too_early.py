"""Drop too early: the loss was still falling steeply when the rate fell, and hardly after."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from lrdiag.checks.evidence import verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.scorecard_judgement import Weighed, common, drop_place, weigh
from lrdiag.checks.shape import Shape
from lrdiag.view import RunView

HOLD = 0.4  # where the corpus's counterfactual puts the first drop: 0.4 of the rest later

SLOPE_ROWS = 3  # rows below which a stretch has no slope; the first row of the run is left out
STILL = 0.0005  # relative change a row that one decimal of a percent writes as zero


@dataclass(frozen=True, slots=True)
class DropTooEarly:
    """Later drops would likely have ended lower: a counterfactual, so a likelihood.

    Attributes:
        min_probability: probability from which it is reported; 0 takes that of the fitted card.
        max_mean_rate: mean rate over the highest rate above which no decay is early
            (sweep over the corpus: 99 % of the cases lie below 0.32).
    """

    kind: ClassVar[str] = "drop_too_early"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("train_loss", "val_loss")

    min_probability: float = 0.0
    max_mean_rate: float = 0.4

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        weighed = weigh(view, "drop_too_early", self.min_probability)
        if isinstance(weighed, Evidence):
            yield weighed
            return
        mean = weighed.traits.get("rate_mean", 1.0)
        found = weighed.failed and bool(weighed.shape.drops) and mean <= self.max_mean_rate
        yield verdict(
            found,
            observed=mean,
            threshold=self.max_mean_rate,
            unit="mean rate over the highest rate",
            facts=_facts(view, weighed) if found else {},
            suggested=_suggested(view, weighed.shape) if found else {},
            drop=1 if found and weighed.shape.drops else None,
            **common(view, weighed),
        )


def _facts(view: RunView, weighed: Weighed) -> dict[str, Any]:
    shape, traits = weighed.shape, weighed.traits
    share = (weighed.shape.drops[0].row if shape.drops else len(shape) // 10) / len(shape)
    target = later_drop(shape)
    row = shape.drops[0].row if shape.drops else 0
    before = traits["first_train_slope"] / shape.scale
    after = traits["first_train_slope_after"] / shape.scale
    return {
        "share": share,
        "where": drop_place(view, shape, row) if shape.drops else "the start",
        "pace_before": _pace(before) if row > SLOPE_ROWS else _rows_so_far(row * shape.scale),
        "pace_after": _pace(after),
        "target": drop_place(view, shape, target),
    }


def _rows_so_far(rows: int) -> str:
    return f"had only {rows} rows" if rows > 1 else "had only one row"


def _pace(slope: float) -> str:
    """How a loss moves, by the slope of its logarithm a row."""
    change = math.expm1(slope)
    if abs(change) < STILL:
        return "hardly moved"
    return f"was {'falling' if change < 0 else 'rising'} {abs(change):.1%} a row"


def later_drop(shape: Shape) -> int:
    """The row where the first drop likely belongs: `HOLD` of what is left of the run later."""
    first = shape.drops[0].row if shape.drops else 0
    return round(first + HOLD * (len(shape) - first))


def _suggested(view: RunView, shape: Shape) -> dict[str, Any]:
    if not shape.drops or shape.rows.unit != "epoch":
        return {}
    at = shape.rows.position[min(later_drop(shape) * shape.scale, len(shape.rows) - 1)]
    return {"first_milestone": round(float(view.axis.shown(float(at))))}
