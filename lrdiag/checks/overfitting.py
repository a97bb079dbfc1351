"""Overfitting: the validation loss ends above its best while the training loss fell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrdiag.checks.answers import not_judged, tags_of, verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.rows import Rows, rows_of
from lrdiag.runs import FloatArray
from lrdiag.view import RunView


@dataclass(frozen=True, slots=True)
class Overfitting:
    """Rise of the smoothed validation loss over its best.

    Attributes:
        min_rise: smallest relative rise that counts (fraction of the best).
        min_rows: rows needed to judge.
    """

    kind: ClassVar[str] = "overfitting"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("val_loss",)

    min_rise: float = 0.1
    min_rows: int = 6

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        rows = rows_of(view)
        val = rows.get("val_loss")
        if val is None or len(rows) < self.min_rows:
            yield not_judged(f"{len(rows)} rows of validation loss; at least {self.min_rows} are needed.")
            return
        smooth = np.convolve(val, np.ones(3) / 3, "valid")
        best = int(smooth.argmin())
        rise = float((smooth[-1] - smooth[best]) / max(abs(smooth[best]), 1e-12))
        train = rows.get("train_loss")
        fell = train is None or float(train[-3:].mean()) < 0.98 * float(train[min(best + 1, len(train) - 1)])
        at = best + 1
        yield verdict(
            rise > self.min_rise and fell,
            observed=rise, threshold=self.min_rise, unit="relative rise of val_loss over its best",
            points=len(rows), first_step=int(rows.step[at]), last_step=int(rows.step[-1]),
            tags=tags_of(view, "val_loss", "train_loss"), confidence=0.9,
            facts={"best_epoch": float(rows.position[at]), "axis": rows.unit, "role": "val_loss"},
        )
