"""Suspected leakage: the validation loss follows the training loss into memorisation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lrdiag.checks.evidence import verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.scorecard_judgement import common, weigh
from lrdiag.view import RunView


@dataclass(frozen=True, slots=True)
class DataLeakage:
    """Validation examples were very likely trained on (or near-duplicates of them).

    Attributes:
        min_probability: probability from which it is reported; 0 takes that of the fitted card.
        max_gap: largest ratio of validation to training loss at the end: what stays above the
            training loss is not memorised (of the corpus's fully leaked sets all end below 1.1,
            best F1 out of fold between 1.25, 1.5, 2 and 3; partial leaks cannot be seen).
    """

    kind: ClassVar[str] = "data_leakage"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("train_loss", "val_loss")

    min_probability: float = 0.0
    max_gap: float = 1.5

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        weighed = weigh(view, "data_leakage", self.min_probability)
        if isinstance(weighed, Evidence):
            yield weighed
            return
        traits = weighed.traits
        gap = math.exp(min(traits["gap_end"], 20.0))
        yield verdict(
            weighed.failed and gap <= self.max_gap,
            observed=gap,
            threshold=self.max_gap,
            unit="val_loss over train_loss at the end",
            facts={
                "below": traits["val_below"],
                "val_left": math.exp(min(traits["val_end"], 20.0)),
                "train_left": math.exp(min(traits["train_end"], 20.0)),
                "accuracy": traits.get("accuracy_max"),
            },
            **common(view, weighed),
        )
