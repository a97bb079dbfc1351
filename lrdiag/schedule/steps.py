"""The changes of a logged rate with the intervals that its printing leaves open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdiag.runs import FloatArray, IntArray
from lrdiag.schedule.points import Rates
from lrdiag.schedule.warmup import warmup_rows


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Where a rate changes and by how much.

    Attributes:
        rows: int64[k] rows with a new rate. before, after: float64[k] rates.
        low, high: float64[k] interval of each ratio after/before.
        left, right: float64[k] logged steps between which each change lies (left, right].
        warmup: rows of an initial rise, which are no changes.
    """

    rows: IntArray
    before: FloatArray
    after: FloatArray
    low: FloatArray
    high: FloatArray
    left: FloatArray
    right: FloatArray
    warmup: int


def steps_of(rates: Rates, width: FloatArray | None = None) -> Steps:
    """The changes of a log after its warm-up; `width`: half-widths, the log's if not given."""
    width = rates.half_width if width is None else width
    warmup = warmup_rows(rates)
    rows = np.flatnonzero(rates.changed) + 1
    rows = rows[rows > warmup]
    before, after = rates.rate[rows - 1], rates.rate[rows]
    wide_before, wide_after = width[rows - 1], width[rows]
    low = np.maximum(after - wide_after, 0.0) / (before + wide_before)
    high = (after + wide_after) / np.maximum(before - wide_before, 1e-300)
    left, right = rates.step[rows - 1].astype(float), rates.step[rows].astype(float)
    return Steps(rows, before, after, low, high, left, right, warmup)
