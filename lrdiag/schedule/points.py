"""Logged rates, cleaned: finite, in order of step, the last row of a step wins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdiag.runs import FloatArray, IntArray, Series
from lrdiag.schedule.resolution import half_widths


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """One param group's rate as it was logged.

    Attributes:
        step: int64[n], strictly increasing. rate: float64[n], finite.
        half_width: float64[n], how far the true rate may lie from the printed one.
        restarts: steps from which a later writer took over.
        dropped: rows that were not finite.
    """

    step: IntArray
    rate: FloatArray
    half_width: FloatArray
    restarts: tuple[int, ...] = ()
    dropped: int = 0

    def __len__(self) -> int:
        return len(self.step)

    @property
    def changed(self) -> FloatArray:
        """bool[n-1]: rows whose rate differs from the row before beyond the resolution."""
        room = self.half_width[1:] + self.half_width[:-1]
        return np.asarray(np.abs(np.diff(self.rate)) > room)


def clean_rates(series: Series) -> Rates:
    """Rates of a series; steps that go back in an unsorted log become restarts."""
    finite = np.isfinite(series.value)
    step, rate = series.step[finite], series.value[finite].astype(np.float64)
    back = step[1:][np.diff(step) <= 0] if len(step) else step
    restarts = tuple(sorted({*series.restarts, *(int(s) for s in back)}))
    # np.unique on the reversed array keeps the last row of each step.
    unique, index = np.unique(step[::-1], return_index=True)
    rate = rate[::-1][index]
    width = half_widths(rate)
    return Rates(unique.astype(np.int64), rate, width, restarts, int((~finite).sum()))
