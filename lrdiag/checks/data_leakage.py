"""Suspected leakage: the validation loss follows the training loss into memorisation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lrdiag.checks.evidence import not_judged, verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.scorecard_judgement import common, weigh
from lrdiag.view import RunView

_MEASURED_OTHERWISE = (
    "Training loss ends {:.0%} of the first loss above validation loss, as it does where dropout, "
    "augmentation or label smoothing act on the training loss only: the two cannot be compared."
)


@dataclass(frozen=True, slots=True)
class DataLeakage:
    """Validation examples were very likely trained on (or near-duplicates of them).

    Attributes:
        min_probability: probability from which it is reported; 0 takes that of the fitted card.
        max_gap: largest ratio of validation to training loss at the end: what stays above the
            training loss is not memorised (of the corpus's fully leaked sets all end below 1.1,
            best F1 out of fold between 1.25, 1.5, 2 and 3; partial leaks cannot be seen).
        max_below: largest distance of the validation loss below the training loss at the end, in
            first losses. Examples that were trained on lie below only by what an epoch's mean lags
            behind its end (at most 0.043 in 71 leaked sets of three corpora); more comes from
            dropout, augmentation or label smoothing, which only the training loss is measured with.
    """

    kind: ClassVar[str] = "data_leakage"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("train_loss", "val_loss")

    min_probability: float = 0.0
    max_gap: float = 1.5
    max_below: float = 0.05

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        weighed = weigh(view, "data_leakage", self.min_probability)
        if isinstance(weighed, Evidence):
            yield weighed
            return
        traits = weighed.traits
        gap = math.exp(min(traits["gap_end"], 20.0))
        val_left, train_left = (math.exp(min(traits[k], 20.0)) for k in ("val_end", "train_end"))
        if weighed.failed and train_left - val_left > self.max_below:
            yield not_judged(_MEASURED_OTHERWISE.format(train_left - val_left))
            return
        yield verdict(
            weighed.failed and gap <= self.max_gap,
            observed=gap,
            threshold=self.max_gap,
            unit="val_loss over train_loss at the end",
            facts={
                "below": traits["val_below"],
                "val_left": val_left,
                "train_left": train_left,
                "accuracy": traits.get("accuracy_max"),
            },
            **common(view, weighed),
        )
