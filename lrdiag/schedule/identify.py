"""Which family made a logged rate, and where its drops and rises lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.runs import IntArray
from lrdiag.schedule.points import Rates
from lrdiag.schedule.values import Family


@dataclass(frozen=True, slots=True, eq=False)
class Identified:
    """A family and the rows at which a drop or rise shows (int64, each from 1)."""

    family: Family
    rows: IntArray


def identify(rates: Rates, axis: EpochAxis, epochs: int | None = None) -> Identified:
    """The simplest family that rebuilds the log, with its drops and rises."""
    rows = np.flatnonzero(rates.changed) + 1
    if not len(rows):
        return Identified(Family("constant", {"base_lr": float(rates.rate[0])}, exact=True), rows)
    big = np.abs(
        np.log(np.maximum(rates.rate[rows], 1e-300) / np.maximum(rates.rate[rows - 1], 1e-300))
    )
    if len(rows) > 0.4 * (len(rates) - 1) and not np.all(big > 0.3):
        return Identified(Family("unknown", {}), np.zeros(0, np.int64))
    return Identified(Family("multistep", {}), rows)
