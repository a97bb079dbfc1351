"""Intervals for shares, means and differences over runs, without importing scipy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from lrdiag.statistics.distributions import normal_tail, t_quantile_975

Z_975 = 1.959964
"""97.5 % quantile of the standard normal distribution."""


class Spread(NamedTuple):
    """Mean, standard deviation (n - 1) and number of values."""

    mean: float
    sd: float
    size: int


def spread(values: Sequence[float]) -> Spread:
    """Mean and standard deviation; the latter is NaN for fewer than two values."""
    count = len(values)
    mean = math.fsum(values) / count if count else math.nan
    if count < 2:
        return Spread(mean, math.nan, count)
    return Spread(mean, math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (count - 1)), count)


def wilson(failed: int, judged: int, z: float = Z_975) -> tuple[float, float]:
    """Wilson's score interval for a share (Wilson 1927); (0, 1) when nothing was judged."""
    if not judged:
        return 0.0, 1.0
    share, square = failed / judged, z * z
    centre = share + square / (2 * judged)
    half = z * math.sqrt(share * (1 - share) / judged + square / (4 * judged * judged))
    scale = 1 + square / judged
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % interval of the mean by Student's t; infinite for fewer than two values."""
    found = spread(values)
    if found.size < 2:
        return -math.inf, math.inf
    half = t_quantile_975(found.size - 1) * found.sd / math.sqrt(found.size)
    return found.mean - half, found.mean + half


def t_tail(t: float, degrees: float) -> float:
    """P(T > t) of Student's t by the normal approximation of Wallace (1959).

    Within 45 % of the exact value down to P = 0.0001 from 3 degrees of freedom on, and larger
    than it beyond: never a false alarm more.
    """
    z = math.sqrt(degrees * math.log1p(t * t / degrees)) * (8 * degrees + 1) / (8 * degrees + 3)
    return normal_tail(math.copysign(z, t))


class Difference(NamedTuple):
    """A difference with its 95 % interval, and how it was had."""

    value: float
    low: float
    high: float
    method: str

    @property
    def certain(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low > 0 or self.high < 0


def difference(before: Sequence[float], after: Sequence[float]) -> Difference | None:
    """Mean of `after` minus mean of `before`, with the run-to-run noise there is.

    Two groups: Welch's unequal variances t (Welch 1947). One run against a group: the
    group's prediction interval. One against one: no interval, the noise is not known.
    """
    if not before or not after:
        return None
    a, b = spread(before), spread(after)
    value = b.mean - a.mean
    if a.size < 2 and b.size < 2:
        return Difference(value, -math.inf, math.inf, "one run each")
    if a.size < 2 or b.size < 2:
        group = a if a.size > 1 else b
        half = t_quantile_975(group.size - 1) * group.sd * math.sqrt(1 + 1 / group.size)
        return Difference(value, value - half, value + half, "one run against a group")
    va, vb = a.sd**2 / a.size, b.sd**2 / b.size
    if va + vb == 0:
        return Difference(value, value, value, "no noise between runs")
    degrees = (va + vb) ** 2 / (va**2 / (a.size - 1) + vb**2 / (b.size - 1))
    half = t_quantile_975(degrees) * math.sqrt(va + vb)
    return Difference(value, value - half, value + half, "Welch's t")
