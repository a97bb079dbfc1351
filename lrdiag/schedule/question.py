"""A log and a configuration to reconcile it with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrdiag.runs import FloatArray, IntArray
from lrdiag.schedule.hypotheses import Frame, Hypothesis, simulate
from lrdiag.schedule.points import Rates


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A log and a configuration to reconcile it with; `compare`: bool[n] rows that count."""

    rates: Rates
    frame: Frame
    family: str
    parameters: Mapping[str, Any]
    unit: str
    epochs: int | None
    compare: IntArray
    probe: IntArray
    width: FloatArray

    def simulated(self, h: Hypothesis, rows: IntArray | None = None) -> FloatArray | None:
        """Rates of some rows (all that count, by default) under a hypothesis."""
        frame = self.frame.at(self.compare if rows is None else rows)
        return simulate(h, self.family, self.parameters, frame, self.unit)

    def fits(self, h: Hypothesis) -> bool:
        """Whether a hypothesis rebuilds every row that counts."""
        return self._agrees(h, self.probe) and self._agrees(h, self.compare)

    def _agrees(self, h: Hypothesis, rows: IntArray) -> bool:
        rates = self.simulated(h, rows)
        if rates is None or np.any(self.misses(rates, rows) > 1.0):
            return False
        if self.family not in ("step", "multistep") or self.rates.how.fine:
            return True
        # A rate that stays is printed in the same way in every row.
        seen = self.rates.rate[rows]
        return not np.any((seen[1:] != seen[:-1]) & (rates[1:] == rates[:-1]))

    def misses(self, rates: FloatArray, rows: IntArray) -> FloatArray:
        """Distance of simulated from logged rates in half-widths."""
        return np.asarray(np.abs(rates - self.rates.rate[rows]) / self.width[rows])
