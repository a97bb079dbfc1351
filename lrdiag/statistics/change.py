"""Change of level and slope from one stretch to the next, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdiag.runs import FloatArray
from lrdiag.statistics.correlated_noise import stretch_noise
from lrdiag.statistics.distributions import t_quantile_975, t_tail

WINDOW = 3  # rows averaged to a level: less is noise, more is trend


@dataclass(frozen=True, slots=True)
class Change:
    """A difference of two levels (after minus before).

    Attributes:
        value: the difference. low, high: its 95 % interval. error: its standard error.
        p_value: probability of a difference at least this far up by noise alone (one-sided).
        effective: degrees of freedom of the error, which neighbouring rows that hang together
            and short stretches make few.
    """

    value: float
    low: float
    high: float
    error: float
    p_value: float
    effective: float


def level_change(curve: FloatArray, since: int, row: int, until: int) -> Change:
    """Level at the end of the stretch after a change against the level just before it.

    Args:
        curve: float64[n], finite. since, row, until: rows where the stretch before begins, where
            the change stands, and where the stretch after ends (half-open).

    The row of the change belongs to neither level (it may be logged one row early). The noise is
    that of the two stretches around their own trends, correlated from row to row
    (`correlated_noise`).
    """
    before = curve[max(since, row - WINDOW) : row]
    first = min(row + 1, until - 1)
    after = curve[max(first, until - WINDOW) : until]
    return difference(before, after, curve[since:row], curve[first:until])


def difference(
    before: FloatArray, after: FloatArray, around_before: FloatArray, around_after: FloatArray
) -> Change:
    """Difference of two mean levels given the stretches they stand in.

    Each level has the noise of its own stretch (that of the other where it is too short), both
    the same correlation; the degrees of freedom are combined (Welch 1947, Satterthwaite 1946).
    """
    value = float(after.mean() - before.mean())
    own = stretch_noise(around_before, around_after)
    noises = [n or other for n, other in zip(own, own[::-1], strict=True)]
    parts = [
        (n.mean_error(len(rows)) ** 2, n.freedom)
        for n, rows in zip(noises, (before, after), strict=True)
        if n is not None
    ]
    if not parts:
        return Change(value, -float("inf"), float("inf"), float("nan"), 1.0, 1.0)
    error = float(np.sqrt(sum(variance for variance, _ in parts)))
    if error == 0:
        return Change(value, value, value, 0.0, float(value <= 0), parts[0][1])
    freedom = error**4 / sum(variance**2 / free for variance, free in parts)
    half = t_quantile_975(freedom) * error
    return Change(value, value - half, value + half, error, t_tail(value / error, freedom), freedom)
