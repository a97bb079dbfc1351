"""Drop too late: the loss stood still and rough for long, and fell only when the rate did."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lrdiag.checks.evidence import verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.scorecard_judgement import Weighed, common, drop_place, weigh
from lrdiag.checks.traits import smooth
from lrdiag.runs import FloatArray
from lrdiag.statistics.noise import noise_level
from lrdiag.view import RunView


@dataclass(frozen=True, slots=True)
class DropTooLate:
    """An earlier drop would likely have reached the same in half the epochs.

    Attributes:
        min_probability: probability from which it is reported; 0 takes that of the fitted card.
        min_gain: smallest relative fall of the training loss at the last drop (sweep over the
            corpus: 99 % of the cases lie above 0.04).
    """

    kind: ClassVar[str] = "drop_too_late"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("train_loss", "val_loss")

    min_probability: float = 0.0
    min_gain: float = 0.03

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        weighed = weigh(view, "drop_too_late", self.min_probability)
        if isinstance(weighed, Evidence):
            yield weighed
            return
        if not weighed.shape.drops:
            yield verdict(False, observed=0.0, threshold=self.min_gain, unit=UNIT)
            return
        gain = -math.expm1(weighed.traits["last_train_jump"])
        found = weighed.failed and gain >= self.min_gain
        yield verdict(
            found,
            observed=gain,
            threshold=self.min_gain,
            unit=UNIT,
            facts=_facts(view, weighed) if found else {},
            suggested=_suggested(view, weighed) if found else {},
            drop=weighed.shape.drops[0].placed.number,
            **common(view, weighed),
        )


UNIT = "relative fall of train_loss at the drop"


def flat_from(curve: FloatArray, row: int) -> int:
    """First row from which the smoothed curve gained under 2 % (or its noise) until the drop."""
    if row < 6:
        return 0
    even = smooth(curve[:row])
    level = float(np.median(even[-max(3, row // 4) :]))
    above = np.flatnonzero(even > level + 0.02 + 2 * noise_level(curve[:row]))
    return int(above[-1]) + 1 if len(above) else 0


def _facts(view: RunView, weighed: Weighed) -> dict[str, Any]:
    shape = weighed.shape
    drop = shape.drops[0]
    flat = flat_from(shape.val, drop.row)
    return {
        "where": drop_place(view, shape, drop.row),
        "flat": (drop.row - flat) * shape.scale,
        "flat_from": drop_place(view, shape, flat),
        "unit_name": "epochs" if shape.rows.unit == "epoch" else "rows",
        "share": drop.row / len(shape),
        "target": drop_place(view, shape, _target(weighed)),
    }


def _target(weighed: Weighed) -> int:
    """Where the loss went flat, at the earliest at 0.4 of the way (the corpus's rerun)."""
    drop = weighed.shape.drops[0]
    return max(round(0.4 * drop.row), min(flat_from(weighed.shape.val, drop.row), drop.row - 1))


def _suggested(view: RunView, weighed: Weighed) -> dict[str, Any]:
    rows = weighed.shape.rows
    if rows.unit != "epoch":
        return {}
    at = rows.position[min(_target(weighed) * weighed.shape.scale, len(rows) - 1)]
    return {"first_milestone": round(float(view.axis.shown(float(at))))}
