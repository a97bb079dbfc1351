"""Learning rate too high: the losses bounce instead of falling."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lrdiag.checks.evidence import verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.scorecard_judgement import common, weigh
from lrdiag.view import RunView

FITTED = 0.5  # of the first training loss: below it the loss has fallen, whatever else it did


@dataclass(frozen=True, slots=True)
class LrTooHigh:
    """A lower rate would very likely have ended lower.

    Attributes:
        min_probability: probability from which it is reported; 0 takes that of the fitted card.
        min_up: smallest share of upward movement of the validation loss (0.5: it goes nowhere;
            sweep over the corpus: 99 % of the cases lie above 0.32).
    """

    kind: ClassVar[str] = "lr_too_high"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("train_loss", "val_loss")

    min_probability: float = 0.0
    min_up: float = 0.3

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        weighed = weigh(view, "lr_too_high", self.min_probability)
        if isinstance(weighed, Evidence):
            yield weighed
            return
        traits = weighed.traits
        yield verdict(
            weighed.failed and traits["val_up"] >= self.min_up,
            observed=traits["val_up"],
            threshold=self.min_up,
            unit="share of upward movement of val_loss",
            facts={
                "noise": traits["val_noise_early"],
                "left": min(math.exp(min(traits["train_end"], 20.0)), 1e6),
                "course": "the losses bounce instead of falling"
                if traits["train_end"] > math.log(FITTED)
                else "the training set is fitted, yet the validation loss bounces",
            },
            suggested={"lr_factor": 1 / 6},
            **common(view, weighed),
        )
