"""Logged rates, cleaned: finite, in order of step, the last row of a step wins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lrdiag.runs import FloatArray, IntArray, Series
from lrdiag.schedule.resolution import Resolution, half_widths, resolution, tells_apart

BoolArray = npt.NDArray[np.bool_]

PROBE_ROWS = 24
"""Rows that every hypothesis meets before it is computed in full."""


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """One param group's rate as it was logged.

    Attributes:
        step: int64[n], strictly increasing. rate: float64[n], finite.
        half_width: float64[n], how far the true rate may lie from the printed one.
        fine_width: the same, if round values are taken for exact.
        how: the resolution found.
        restarts: steps from which a later writer took over.
        dropped: rows that were not finite.
        dips: rows that showed gamma squared for gamma, as `get_lr()` tells it; mended.
    """

    step: IntArray
    rate: FloatArray
    half_width: FloatArray
    fine_width: FloatArray
    how: Resolution
    restarts: tuple[int, ...] = ()
    dropped: int = 0
    dips: int = 0

    def __len__(self) -> int:
        return len(self.step)

    @property
    def changed(self) -> BoolArray:
        """bool[n-1]: rows whose rate differs from the row before beyond float noise."""
        return tells_apart(self.rate, self.how)


def clean_rates(series: Series) -> Rates:
    """Rates of a series; steps that go back in an unsorted log become restarts."""
    finite = np.isfinite(series.value)
    step, rate = series.step[finite], series.value[finite].astype(np.float64)
    back = step[1:][np.diff(step) <= 0] if len(step) else step
    restarts = tuple(sorted({*series.restarts, *(int(s) for s in back)}))
    # np.unique on the reversed array keeps the last row of each step.
    if len(back):
        step, index = np.unique(step[::-1], return_index=True)
        rate = rate[::-1][index]
    rate, dips = _mended(rate)
    width, fine = half_widths(rate)
    dropped = int((~finite).sum())
    return Rates(
        step.astype(np.int64), rate, width, fine, resolution(rate), restarts, dropped, dips
    )


def _mended(rate: FloatArray) -> tuple[FloatArray, int]:
    """Rates with dips of gamma squared replaced by the rate that follows, and the dips' rows.

    `scheduler.get_lr()` applies gamma once more in the step of a milestone
    (pytorch/pytorch#20486); the optimizer never had that rate. A log by epoch shows it in one
    row, a log by step for a whole epoch: then only where several dips are equally long, as a
    change by hand may look like one of them.
    """
    if len(rate) < 4 or np.any(rate <= 0):
        return rate, 0
    first = np.concatenate([[0], np.flatnonzero(rate[1:] != rate[:-1]) + 1])
    if len(first) < 3:
        return rate, 0
    length, value = np.diff(np.append(first, len(rate))), rate[first]
    before, here, after = value[:-2], value[1:-1], value[2:]
    square = np.abs(here * before - after**2) <= 1e-3 * after**2
    dip = square & (here < 0.98 * after) & (after < 0.98 * before)
    short = dip & (length[1:-1] == 1) & (length[2:] > 1)
    dip = short | (dip & _equally_long(length, dip))
    mended = rate.copy()
    for run in np.flatnonzero(dip) + 1:
        mended[first[run] : first[run + 1]] = value[run + 1]
    rows = int(length[1:-1][dip].sum())
    return (mended, rows) if rows else (rate, 0)


def _equally_long(length: IntArray, dip: BoolArray) -> BoolArray:
    """bool[runs - 2]: several dips, equally long to a row, each short beside what is around it."""
    inner = length[1:-1]
    candidate = dip & (2 * inner <= np.minimum(length[:-2], length[2:]))
    if np.count_nonzero(candidate) < 2 or np.ptp(inner[candidate]) > 1:
        return np.zeros_like(dip)
    return candidate


def probe_rows(rates: Rates, compare: IntArray) -> IntArray:
    """Some rows that tell the most: the ends, both sides of changes, and an even spread."""
    if len(compare) <= PROBE_ROWS:
        return compare
    size = np.abs(np.diff(rates.rate[compare]))
    biggest = np.argsort(size)[-PROBE_ROWS // 3 :]
    even = np.linspace(0, len(compare) - 1, PROBE_ROWS // 2).astype(int)
    return np.asarray(compare[np.unique(np.concatenate([biggest, biggest + 1, even]))], np.int64)
