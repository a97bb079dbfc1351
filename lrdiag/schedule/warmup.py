"""Where a warm-up ends in logged rates."""

from __future__ import annotations

import itertools

import numpy as np

from lrdiag.runs import FloatArray, IntArray
from lrdiag.schedule.points import Rates

# A warm-up longer than this part of the log is the schedule itself.
_LONGEST = 0.5
# So few rises are a ramp only if they lie on a line, or follow one another row by row.
_FEW_RISES = 3
# A rise that comes after so many times the longest wait before it is no part of the ramp.
_LONG_WAIT = 3.0
# A last stair that doubles the rate looks like a change by hand: no ramp of fewer stairs is seen.
_FEWEST_STAIRS = 3
# Rises that differ by less than this share are equal: steps of a line.
_EQUAL = 1e-3


def warmup_rows(rates: Rates, base_lr: float | None = None) -> int:
    """Rows of an initial rise; 0 if the log does not begin with one.

    The rise ends at the log's highest rate, or before a rise that comes much later than those
    before it (a jump of its own).

    Args:
        rates: logged rates.
        base_lr: the configured base rate; a first row that has it already is no warm-up.
    """
    rate = rates.rate
    top = int(np.argmax(rate))
    if top == 0 or top > _LONGEST * len(rate):
        return 0
    if base_lr is not None and abs(rate[0] - base_lr) <= rates.half_width[0]:
        return 0
    rising = np.diff(rate[: top + 1])
    if np.any(rising < 0) or rate[0] >= rate[top]:
        return 0
    rows = _without_late_rise(rates, np.flatnonzero(rising > 0) + 1)
    return int(rows[-1]) if _is_warmup(rates, rows) else 0


def _without_late_rise(rates: Rates, rows: IntArray) -> IntArray:
    """The rises without a last one that waited much longer than all before it."""
    wait = np.diff(rates.step[rows])
    if len(rows) > 2 and wait[-1] > _LONG_WAIT * max(
        wait[:-1].max(), rates.step[rows[0]] - rates.step[0]
    ):
        return rows[:-1]
    return rows


def _is_warmup(rates: Rates, rows: IntArray) -> bool:
    """Whether rises make a ramp: many, row by row, on a line, or one from nothing or at row 1."""
    rate, last = rates.rate, int(rows[-1])
    if len(rows) > _FEW_RISES or rate[0] == 0.0:
        return True
    if len(rows) == 1:
        # One rise alone is a change by hand, unless only drops follow it.
        falls = bool(np.all(np.diff(rate[last:]) <= 0))
        return falls and (_from_the_start(rates) if last == 1 else _ends_a_staircase(rates, last))
    return len(rows) == last or _on_a_line(rates, rows)


def _from_the_start(rates: Rates) -> bool:
    """Whether a ramp through the first two rows was not below zero when the training began.

    A log without its first rows that rises once shows a change by hand. A stair of the ramp may
    take up to twice the distance of rows, so that half of the rise is its slope.
    """
    (first, second), (low, high) = rates.step[:2].astype(float), rates.rate[:2]
    slope = 0.5 * (high - low) / (second - first)
    return bool(low >= slope * (first - max(second - first, 1.0)))


def _ends_a_staircase(rates: Rates, row: int) -> bool:
    """Whether a rise is the last stair of a ramp from nothing whose other stairs were not logged.

    A ramp of n equal stairs rises by n / (n - 1) at last, and the stair before that came at
    (n - 1) / n of the way: before the first row, since it is not seen.
    """
    ratio = float(rates.rate[row] / rates.rate[row - 1])
    stairs = round(ratio / (ratio - 1.0))
    blur = float(np.sum(rates.half_width[row - 1 : row + 1] / rates.rate[row - 1 : row + 1]))
    if stairs < _FEWEST_STAIRS or abs(ratio * (stairs - 1) / stairs - 1.0) > _EQUAL + blur:
        return False
    return bool(rates.step[0] > 1 and rates.step[row - 1] * (stairs - 1) / stairs <= rates.step[0])


def _on_a_line(rates: Rates, rows: IntArray) -> bool:
    """Whether few rises are equal, or leave a line by no more than the smallest of them."""
    move = rates.rate[rows] - rates.rate[rows - 1]
    if np.ptp(move) <= _EQUAL * move.max() + 4 * rates.half_width[rows[-1]]:
        return True
    edges = np.unique(np.concatenate([[0], rows - 1, rows]))
    step, rate = rates.step[edges].astype(np.float64), rates.rate[edges]
    return _closest_line(step, rate) <= float(move.min()) * (1 + _EQUAL)


def _closest_line(step: FloatArray, rate: FloatArray) -> float:
    """Range of the distances in rate from the line, of those through two points, that fits best."""
    slopes = [
        (rate[j] - rate[i]) / (step[j] - step[i])
        for i, j in itertools.combinations(range(len(step)), 2)
    ]
    return float(min(np.ptp(rate - slope * step) for slope in slopes))
