"""No signal: training fits while validation stays at chance."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from lrdiag.checks.evidence import verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.scorecard_judgement import Weighed, common, weigh
from lrdiag.view import RunView


@dataclass(frozen=True, slots=True)
class NoSignal:
    """The validation set shows nothing that was learnt.

    Attributes:
        min_probability: probability from which it is reported; 0 takes that of the fitted card.
        min_best: lowest best validation loss over the first loss (sweep over the corpus: 99 % of
            the cases lie above 0.77).
    """

    kind: ClassVar[str] = "no_signal"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = (
        "train_loss", "val_loss", "val_accuracy",
    )  # fmt: skip

    min_probability: float = 0.0
    min_best: float = 0.75

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        weighed = weigh(view, "no_signal", self.min_probability)
        if isinstance(weighed, Evidence):
            yield weighed
            return
        best = math.exp(weighed.traits["val_best"])
        found = weighed.failed and best >= self.min_best and not _above_chance(view, weighed)
        yield verdict(
            found,
            observed=best,
            threshold=self.min_best,
            unit="best val_loss over the first loss",
            facts=_facts(view, weighed),
            **common(view, weighed),
        )


def chance(view: RunView) -> float | None:
    """Accuracy of always naming the most frequent class, where the task is known."""
    rate = view.task.get("majority_rate")
    if rate is not None:
        return float(rate)
    classes = view.task.get("num_classes")
    return 1.0 / float(classes) if classes else None


def _above_chance(view: RunView, weighed: Weighed) -> bool:
    bound = chance(view)
    noise = weighed.traits["accuracy_noise"]
    return bound is not None and weighed.traits["accuracy_end"] > bound + 4 * noise + 0.02


def _facts(view: RunView, weighed: Weighed) -> dict[str, Any]:
    traits = weighed.traits
    bound = chance(view)
    return {
        "accuracy": traits["accuracy_max"],
        "gain": traits["accuracy_gain"],
        "train_fall": -math.expm1(-traits["train_total"]),
        "bound": "" if bound is None else f" Chance (the majority rate) is {bound:.1%}.",
    }
