"""Overfitting: the validation loss ends above its best while the training loss fell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lrdiag.checks.evidence import finite, not_judged, tags_of, verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.rows import Rows, rows_of
from lrdiag.checks.scorecard_judgement import Weighed, row_place, weigh, why_not
from lrdiag.checks.stages import place_drops
from lrdiag.checks.traits import smooth
from lrdiag.runs import FloatArray
from lrdiag.statistics.onset import Rise, rise_over_best
from lrdiag.view import RunView

UNIT = "relative rise of val_loss over its best"
CLEAR = 0.93
"""Confidence of a clear rise that no card judged: 257 of the 276 labelled trainings with one were
overfitting (docs/accuracy.md)."""
GAIN = 0.01  # of the accuracy from which the last checkpoint has something for it
STILL = 0.0005  # a change of accuracy that one decimal of a percent writes as zero


@dataclass(frozen=True, slots=True)
class Overfitting:
    """Rise of the smoothed validation loss over its best (Prechelt 1998, GL).

    Attributes:
        min_rise: smallest relative rise that counts (fraction of the best; where a loss is not
            positive, of its range). Sweep over the corpus: 99 % of the cases lie above 0.045.
        clear_rise: a rise that counts whatever the scorecard says, where losses have no ratios
            or rows are few (the corpus calls 0.10 of the clean test loss overfitting; noisy
            validation sets ask for twice that).
        min_probability: probability from which it is reported; 0 takes that of the fitted card.
        min_rows: rows needed to judge without the scorecard.
    """

    kind: ClassVar[str] = "overfitting"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("val_loss",)

    min_rise: float = 0.04
    clear_rise: float = 0.2
    min_probability: float = 0.0
    min_rows: int = 6

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        rows = rows_of(view)
        val = rows.get("val_loss")
        if val is None or len(rows) < self.min_rows:
            yield not_judged(
                f"{len(rows)} rows of validation loss; at least {self.min_rows} are needed."
            )
            return
        if not np.isfinite(view.curves["val_loss"].value).all():
            yield not_judged("The validation loss is not finite everywhere.")
            return
        rise = rise_over_best(val)
        weighed = None if why_not(view) else weigh(view, "overfitting", self.min_probability)
        failed, confidence, told = self._decide(rise, weighed, rows)
        fields = _fields(view, rows, rise, self)
        yield verdict(failed, confidence=confidence, details=told, **fields)

    def _decide(
        self, rise: Rise, weighed: Weighed | Evidence | None, rows: Rows
    ) -> tuple[bool, float | None, tuple[str, ...]]:
        if isinstance(weighed, Weighed):
            if self._beyond_doubt(rise, rows):
                return True, max(weighed.probability, CLEAR), weighed.told
            found = weighed.failed and rise.relative >= self.min_rise
            return found, weighed.probability, weighed.told
        clear = rise.relative >= self.clear_rise and rise.low > 0 and rise.rows_since >= 3
        return clear and train_falls(rows, rise.best), CLEAR if clear else None, ()

    def _beyond_doubt(self, rise: Rise, rows: Rows) -> bool:
        """A clear rise that counts whatever the scorecard says.

        Even its low end is what the corpus calls overfitting, no single row brought half of it
        (that is a divergence), and training loss fell on. To what the scorecard reports of 1,062
        labelled runs it adds one, which is faulty otherwise; it finds the published ResNet-110
        log on CIFAR-10 that ends 27 % above its best, reached at the first drop.
        """
        if rise.relative < self.clear_rise or rise.low < self.clear_rise / 2:
            return False
        even = smooth(rows.curves["val_loss"])[rise.best - 1 :]
        gradual = float(np.diff(even).max()) <= 0.5 * float(even[-1] - even[0])
        return gradual and train_falls(rows, rise.best)


def train_falls(rows: Rows, best: int) -> bool:
    """Whether the training loss fell on after the best validation loss (True if not logged)."""
    train = rows.get("train_loss")
    if train is None:
        return True
    return float(train[-3:].mean()) < float(train[best : best + 3].mean())


def _fields(view: RunView, rows: Rows, rise: Rise, check: Overfitting) -> dict[str, Any]:
    after = [d for d in place_drops(view) if -3 <= rise.onset - d.row <= max(3, len(rows) // 8)]
    drop = after[-1] if after else None
    train = rows.get("train_loss")
    facts = {
        "best": row_place(view, rise.best),
        "best_epoch": float(rows.position[rise.best]),
        "best_value": rise.best_value,
        "last_value": rise.last_value,
        "onset": row_place(view, rise.onset),
        "train_fall": _fall(train, rise.best),
        "cost": _accuracy_cost(rows, rise.best),
        "relation": ""
        if drop is None
        else f" It began after drop {drop.number} of the rate ({row_place(view, drop.row)}).",
    }
    return {
        "observed": rise.relative,
        "threshold": check.min_rise,
        "unit": UNIT,
        "interval": finite((rise.low, rise.high)),
        "p_value": rise.p_value,
        "points": len(rows),
        "first_step": int(rows.step[rise.onset]),
        "last_step": int(rows.step[-1]),
        "tags": tags_of(view, "val_loss", "train_loss"),
        "drop": None if drop is None else drop.number,
        "facts": facts,
        "suggested": {"checkpoint_step": int(rows.step[rise.best])},
    }


def _fall(train: FloatArray | None, best: int) -> str:
    if train is None or train[best] <= 0:
        return ""
    fall = 1.0 - float(train[-3:].mean()) / float(train[best])
    return f", while training loss went on falling by {fall:.0%}" if fall > 0 else ""


def _accuracy_cost(rows: Rows, best: int) -> str:
    accuracy = rows.get("val_accuracy")
    if accuracy is None:
        return ""
    there = accuracy[max(0, best - 1) : best + 2]
    change = float(accuracy[-3:].mean() - there.mean())
    if abs(change) < STILL:
        return ""
    gained = " (where only the class counts and no probability, keep the last)"
    return f" and changes validation accuracy by {change:+.1%}{gained if change >= GAIN else ''}"
