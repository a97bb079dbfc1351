"""One gamma that explains every change of a rate, and how surely."""

from __future__ import annotations

import numpy as np

from lrdiag.runs import IntArray
from lrdiag.schedule.short_decimals import shortest_between, significant_digits
from lrdiag.schedule.steps import Steps

# A factor above this is no drop that anyone configures; one that printing blurs by a thousandth
# must be further from 1 to be told from the steps of a printed decay.
LARGEST_GAMMA = 0.995
_LARGEST_BLURRED = 0.985
_BLURRED = 1e-3
# Drops that one change may merge where the ticks between two rows are known.
_MAX_MULTIPLE = 6
# The same where only the powers tell, and how many parts of the smallest change are tried.
_MAX_POWER = 40
_MAX_DIVISOR = 6
# Agreement that chance makes once in two to the power of this is no chance.
SURE_BITS = 10.0
_SURE_WITHOUT_ROOM = 24.0


def common_gamma(steps: Steps, per_tick: float) -> tuple[float, IntArray] | None:
    """Gamma below 1 that explains every change, and how many drops each change merges.

    Args:
        steps: the changes. per_tick: logged steps a scheduler tick.

    Returns:
        Gamma and int64[k]; None if no gamma explains all.
    """
    if not len(steps.rows) or np.any(steps.low >= _largest(steps)):
        return None
    ones = np.ones(len(steps.rows), np.int64)
    low, high = float(steps.low.max()), float(steps.high.min())
    if low <= high:
        return _gamma_between(low, high), ones
    room = np.floor((steps.right - steps.left) / per_tick + 1e-9)
    return _merged(steps, np.minimum(np.maximum(room, 1), _MAX_MULTIPLE), 3)


def _largest(steps: Steps) -> float:
    blurred = float(np.max(steps.high - steps.low)) > _BLURRED
    return _LARGEST_BLURRED if blurred else LARGEST_GAMMA


def powers_of_one_gamma(steps: Steps) -> tuple[float, IntArray] | None:
    """The same where ticks between rows are unknown: finely logged ratios alone must tell."""
    if not len(steps.rows) or np.any(steps.low >= _largest(steps)):
        return None
    found = _merged(steps, np.full(len(steps.rows), _MAX_POWER), _MAX_DIVISOR)
    return found if found is not None and bits_of(steps, *found) >= _SURE_WITHOUT_ROOM else None


def bits_of(steps: Steps, gamma: float, multiple: IntArray) -> float:
    """How surely the changes are powers of gamma, as the logarithm to 2 of the odds by chance.

    A ratio whose logarithm is known within w falls on a multiple of log(gamma) by chance with
    the probability w / |log(gamma)|; a gamma of d digits is one of 10**d.
    """
    seen = steps.low > 0
    width = np.log(steps.high[seen] / steps.low[seen])
    chance = np.clip(width / abs(np.log(gamma)), 1e-12, 1.0)
    spent = significant_digits(gamma) + np.log10(max(int(multiple.max()), 1))
    return float(-np.log2(chance).sum() - spent * np.log2(10))


def _merged(steps: Steps, most: IntArray, divisors: int) -> tuple[float, IntArray] | None:
    """Gamma where rows are missing, so that several drops may show as one."""
    middle = np.sqrt(np.maximum(steps.low, 1e-12) * np.maximum(steps.high, 1e-12))
    smallest = float(np.log(middle.max()))
    if smallest >= -1e-9:
        return None
    for divisor in range(1, divisors + 1):
        multiple = np.maximum(np.round(np.log(middle) / smallest * divisor), 1).astype(np.int64)
        if np.any(multiple > most):
            continue
        low = float((steps.low ** (1 / multiple)).max())
        high = float((steps.high ** (1 / multiple)).min())
        if low <= min(high, LARGEST_GAMMA):
            return _gamma_between(low, high), multiple
    return None


def _gamma_between(low: float, high: float) -> float:
    return shortest_between(max(low, 1e-12), min(high, LARGEST_GAMMA))
