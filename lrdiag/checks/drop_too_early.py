"""Drop too early: the loss was still falling steeply when the rate fell, and hardly after."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from lrdiag.checks.answers import verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.shape import Shape
from lrdiag.checks.weighing import Weighed, common, drop_place, weigh
from lrdiag.view import RunView

HOLD = 0.4  # where the corpus's counterfactual puts the first drop: 0.4 of the rest later


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
    before = traits.get("first_train_slope", 0.0) / shape.scale
    after = traits.get("first_train_slope_after", 0.0) / shape.scale
    target = _target(shape)
    return {
        "share": share,
        "where": drop_place(view, shape, shape.drops[0].row) if shape.drops else "the start",
        "fall_before": -math.expm1(before),
        "fall_after": -math.expm1(after),
        "target": drop_place(view, shape, target),
    }


def _target(shape: Shape) -> int:
    first = shape.drops[0].row if shape.drops else 0
    return round(first + HOLD * (len(shape) - first))


def _suggested(view: RunView, shape: Shape) -> dict[str, Any]:
    if not shape.drops or shape.rows.unit != "epoch":
        return {}
    at = shape.rows.position[min(_target(shape) * shape.scale, len(shape.rows) - 1)]
    return {"first_milestone": round(float(view.axis.shown(float(at))))}
