"""Where a warm-up ends in logged rates."""

from __future__ import annotations

import numpy as np

from lrdiag.schedule.points import BoolArray, Rates

# A warm-up longer than this part of the log is the schedule itself.
_LONGEST = 0.5
# So few rises with more than so many rows to each are changes by hand.
_FEW_RISES = 3
_FLAT_ROWS = 6


def _climbs(risen: BoolArray) -> bool:
    """Whether rises follow one another as on a ramp: few, with long flat stretches, are by hand."""
    count = int(risen.sum())
    return count > _FEW_RISES or (count > 1 and count * _FLAT_ROWS >= len(risen))


def warmup_rows(rates: Rates, base_lr: float | None = None) -> int:
    """Rows of an initial rise to the log's highest rate; 0 if the log does not begin with one.

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
    # One rise alone is a change by hand, unless it starts from nothing or after the first row,
    # and only drops follow.
    alone = rate[0] == 0.0 or (top == 1 and bool(np.all(np.diff(rate[1:]) <= 0)))
    several = _climbs(rising > 0) or alone
    return top if several and np.all(rising >= 0) and rate[0] < rate[top] else 0
