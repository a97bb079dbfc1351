"""The accuracy paradox: high accuracy while most of the cases that matter are missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lrdiag.checks.evidence import finite, not_judged, tags_of, verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.recall import Recall, recall_of
from lrdiag.checks.rows import Rows, rows_of
from lrdiag.checks.scorecard_judgement import row_place
from lrdiag.checks.stages import place_drops
from lrdiag.runs import FloatArray
from lrdiag.statistics.change import level_change
from lrdiag.statistics.correlated_noise import stretch_noise
from lrdiag.statistics.distributions import t_quantile_975
from lrdiag.view import RunView

UNIT = "recall at the end of the run"
CLEAR, NEAR = 0.99, 0.92
"""Confidence where the interval of the recall excludes the limit, and where it does not: all 142
and all 10 such findings on 3,119 labelled trainings were right (docs/accuracy.md), by the rule of
succession (Laplace): (n + 1) / (n + 2)."""
ROUNDING = 1e-6  # of a recall logged as float32
LAST = 5  # rows averaged: recall on few positives jumps from epoch to epoch
NOISE_ROWS = 15  # of which the noise is taken: five alone cannot tell noise from trend


@dataclass(frozen=True, slots=True)
class AccuracyParadox:
    """Recall against accuracy at the end of a run.

    Weighted recall equals accuracy (scikit-learn PR 20076) and is refused. Where only training
    accuracy was logged, it is enough: a model that misses most positives is not made fit by it.

    Attributes:
        min_accuracy: accuracy from which recall is looked at (fraction).
        max_recall: recall up to which half of the cases or more are missed (fraction; the corpus:
            0.5). Of few positives it is often met exactly: all 4 such labelled trainings are right.
        max_macro_recall: the same for a macro average, whose majority classes lift it.
    """

    kind: ClassVar[str] = "accuracy_paradox"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = (("val_accuracy", "train_accuracy"),)

    min_accuracy: float = 0.9
    max_recall: float = 0.5
    max_macro_recall: float = 0.6

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        rows = rows_of(view)
        role = "val_accuracy" if rows.get("val_accuracy") is not None else "train_accuracy"
        accuracy = rows.get(role)
        found = recall_of(view, rows)
        if accuracy is None:
            yield not_judged("The accuracy has no finite value.")
        elif isinstance(found, str):
            yield not_judged(found)
        else:
            yield self._judge(view, rows, role, found)

    def _judge(self, view: RunView, rows: Rows, role: str, recall: Recall) -> Evidence:
        accuracy = float(rows.curves[role][-3:].mean())
        last = recall.value[-LAST:]
        level = float(last.mean())
        limit = self.max_macro_recall if recall.macro else self.max_recall
        failed = accuracy >= self.min_accuracy and level <= limit + ROUNDING
        half = _half_width(recall.value)
        return verdict(
            failed,
            observed=level,
            threshold=limit,
            unit=UNIT,
            interval=finite((max(0.0, level - half), min(1.0, level + half))),
            confidence=_confidence(level, limit, half) if failed else None,
            points=len(last),
            first_step=int(rows.step[-len(last)]),
            last_step=int(rows.step[-1]),
            tags=(*recall.tags, *tags_of(view, role)),
            facts=_facts(view, rows, role, accuracy, recall),
        )


def _half_width(recall: FloatArray) -> float:
    """Half the 95 % interval of the mean of the last rows; infinite where they are too few."""
    noise = stretch_noise(recall[-NOISE_ROWS:])[0]
    if noise is None:
        return float("inf")
    return t_quantile_975(noise.freedom) * noise.mean_error(min(LAST, len(recall)))


def _confidence(level: float, limit: float, half: float) -> float:
    return CLEAR if level + half < limit else NEAR


def _facts(
    view: RunView, rows: Rows, role: str, accuracy: float, recall: Recall
) -> dict[str, object]:
    majority = view.task.get("majority_rate")
    return {
        "accuracy": accuracy,
        "accuracy_role": role.replace("_", " "),
        "how": recall.how,
        "missed": 1.0 - float(recall.value[-LAST:].mean()),
        "bound": ""
        if majority is None
        else f" Always naming the majority class gives {float(majority):.1%} accuracy.",
        "trend": _trend(view, rows, recall),
    }


def _trend(view: RunView, rows: Rows, recall: Recall) -> str:
    """What each drop did to recall, in a sentence; empty without drops."""
    told = []
    for drop in place_drops(view)[:4]:
        if min(drop.row - drop.since, drop.until - drop.row) < 3:
            continue
        change = level_change(recall.value, drop.since, drop.row, drop.until)
        told.append(f"{change.value:+.1%} after the drop at {row_place(view, drop.row)}")
    return f" Recall went {', '.join(told)}." if told else ""
