"""The recall of a run, from whatever was logged: per class, counts, a recall or its miss rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdiag.checks.rows import Rows
from lrdiag.runs import FloatArray
from lrdiag.view import RunView

SAME = 1e-6  # a "recall" this close to the accuracy at every row is the weighted one


@dataclass(frozen=True, slots=True, eq=False)
class Recall:
    """Recall on the rows (float64[n], fraction), the tags behind it and how it was made.

    `macro`: an average over classes rather than the recall of one.
    """

    value: FloatArray
    tags: tuple[str, ...]
    how: str
    macro: bool = False


def recall_of(view: RunView, rows: Rows) -> Recall | str:
    """The recall that tells most, or why there is none to judge by."""
    for split in ("val", "train"):
        for found in (
            _per_class(view, rows, split), _counts(view, rows, split), _logged(view, rows, split),
        ):  # fmt: skip
            if found is not None:
                return found
    if any(f"{split}_recall_weighted" in view.curves for split in ("val", "train")):
        return (
            "Only recall weighted by class frequency was logged, which equals accuracy; log macro "
            "or per-class recall instead."
        )
    return (
        "No recall, false-negative count or confusion matrix was logged: high accuracy alone "
        "cannot show whether rare cases are found."
    )


def _per_class(view: RunView, rows: Rows, split: str) -> Recall | None:
    """The worst class."""
    names = [r for r in rows.curves if r.startswith(f"{split}_recall/")]
    if not names:
        return None
    worst = min(names, key=lambda r: float(rows.curves[r][-5:].mean()))
    label = worst.split("/", 1)[1]
    return Recall(rows.curves[worst], (view.curves[worst].tag,), f"recall of class {label}")


def _counts(view: RunView, rows: Rows, split: str) -> Recall | None:
    """TP / (TP + FN) from confusion counts."""
    hit, missed = rows.get(f"{split}_true_positives"), rows.get(f"{split}_false_negatives")
    if hit is None or missed is None:
        return None
    total = hit + missed
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(total > 0, hit / total, 0.0)
    if not float(total.max()) > 0:
        return None
    roles = (f"{split}_true_positives", f"{split}_false_negatives")
    return Recall(value, tuple(view.curves[r].tag for r in roles), "TP / (TP + FN)")


def _logged(view: RunView, rows: Rows, split: str) -> Recall | str | None:
    """A logged recall, unless it is the weighted one."""
    value = rows.get(f"{split}_recall")
    if value is None:
        return None
    curve = view.curves[f"{split}_recall"]
    accuracy = rows.get(f"{split}_accuracy")
    same = accuracy is not None and bool(np.all(np.abs(accuracy - value) < SAME))
    name = curve.tag.lower()
    if "weighted" in name or "micro" in name or (same and float(np.ptp(value)) > 0):
        return (
            f"{curve.tag} is recall weighted by class frequency, which equals accuracy; log macro "
            "or per-class recall instead."
        )
    how = "1 - miss rate" if "complement" in curve.conversion else "recall as logged"
    return Recall(value, (curve.tag,), how, macro="macro" in name)
