"""Learning rate too low: the losses creep down smoothly and together and are far from done."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lrdiag.checks.drop_too_early import later_drop
from lrdiag.checks.evidence import verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.scorecard_judgement import Weighed, common, drop_place, weigh
from lrdiag.view import RunView

STILL = 0.0005  # relative change that one decimal of a percent writes as zero


@dataclass(frozen=True, slots=True)
class LrTooLow:
    """A higher rate would very likely have ended lower.

    Attributes:
        min_probability: probability from which it is reported; 0 takes that of the fitted card
            (see `statistics/scorecards.json` and docs/accuracy.md).
        max_up: largest share of upward movement of the validation loss; a noisy descent is no
            sign of a low rate (sweep over the corpus: 95 % of the cases lie below 0.13).
    """

    kind: ClassVar[str] = "lr_too_low"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("train_loss", "val_loss")

    min_probability: float = 0.0
    max_up: float = 0.45

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        weighed = weigh(view, "lr_too_low", self.min_probability)
        if isinstance(weighed, Evidence):
            yield weighed
            return
        up = weighed.traits["val_up"]
        yield verdict(
            weighed.failed and up <= self.max_up,
            observed=up,
            threshold=self.max_up,
            unit="share of upward movement of val_loss",
            facts=_facts(view, weighed),
            suggested={"lr_factor": 3.0},
            **common(view, weighed),
        )


def _facts(view: RunView, weighed: Weighed) -> dict[str, object]:
    traits, shape = weighed.traits, weighed.shape
    lasted = shape.drops[0].row / len(shape) if shape.drops else 1.0
    early = bool(shape.drops) and lasted < 0.3
    return {
        "fall": -math.expm1(-traits["train_total"]),
        "late_fall": -math.expm1(traits["train_end_slope"]),
        "late": _late(-math.expm1(traits["train_end_slope"])),
        "gap": math.exp(traits["gap_end"]),
        "cause": (
            f"The rate fell after {lasted:.0%} of the run and was too low from there on."
            if early
            else "The rate was too low from the start."
        ),
        "fix": (
            f"Hold the first rate until about {drop_place(view, shape, later_drop(shape))}"
            if early
            else "Raise the rate about threefold, then again until the validation loss gets rough"
        ),
    }


def _late(fall: float) -> str:
    """What the loss did in the last quarter."""
    if abs(fall) < STILL:
        return "nothing"
    return f"{fall:.1%}" if fall > 0 else f"nothing (it rose by {-fall:.1%})"
