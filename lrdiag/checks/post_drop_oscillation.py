"""Oscillation after a drop: the new rate is still too high for the loss to settle."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lrdiag.checks.evidence import not_judged, verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.scorecard_judgement import common, drop_place, weigh
from lrdiag.view import RunView


@dataclass(frozen=True, slots=True)
class PostDropOscillation:
    """Row-to-row noise of the validation loss after the last drop.

    Attributes:
        min_probability: probability from which it is reported; 0 takes that of the fitted card.
        min_noise: smallest noise relative to the loss (fraction; sweep over the corpus: 99 % of
            the cases lie above 0.017, 95 % of the healthy runs below 0.022).
        min_ratio: smallest ratio of new to old rate. After a deeper drop what still jumps is no
            work of the rate but the noise of small sets (sweep over 3,119 runs: 33 of the 34
            proved oscillations followed a drop to a half or 0.3).
    """

    kind: ClassVar[str] = "post_drop_oscillation"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("train_loss", "val_loss")

    min_probability: float = 0.0
    min_noise: float = 0.015
    min_ratio: float = 0.2

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the last drop."""
        weighed = weigh(view, "post_drop_oscillation", self.min_probability)
        if isinstance(weighed, Evidence):
            yield weighed
            return
        if not weighed.shape.drops:
            yield verdict(False, threshold=self.min_noise, unit=UNIT)
            return
        drop = weighed.shape.drops[-1]
        noise = weighed.traits["last_val_noise_after"]
        if drop.until - drop.row < 5 or math.isnan(noise):
            rows = drop.until - drop.row
            yield not_judged(f"{rows} rows after the last drop; at least 5 are needed.")
            return
        yield verdict(
            weighed.failed and noise >= self.min_noise and not drop.ratio < self.min_ratio,
            observed=noise,
            threshold=self.min_noise,
            unit=UNIT,
            drop=drop.placed.number,
            facts={
                "where": drop_place(view, weighed.shape, drop.row),
                "train_noise": weighed.traits["last_train_noise_after"],
            },
            **common(view, weighed),
        )


UNIT = "row-to-row noise of val_loss relative to its level"
