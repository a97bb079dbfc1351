"""Tails and quantiles of the normal and Student's t distribution without importing scipy."""

from __future__ import annotations

import math


def normal_tail(z: float) -> float:
    """P(Z > z) of a standard normal."""
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def t_quantile_975(degrees: float) -> float:
    """The 97.5 % quantile of Student's t, for two-sided 95 % intervals.

    Cornish-Fisher expansion around the normal quantile (Abramowitz & Stegun 26.7.5), exact
    to 0.5 % from 3 degrees of freedom on; below that the tabulated values are used.
    """
    if degrees < 1.5:
        return 12.706
    if degrees < 2.5:
        return 4.303
    z = 1.959964
    first = (z**3 + z) / 4.0
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96.0
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384.0
    return z + first / degrees + second / degrees**2 + third / degrees**3


def t_tail(t: float, degrees: float) -> float:
    """P(T > t) of Student's t, by the normal approximation of Wallace (1959).

    Good to two digits from 2 degrees of freedom on, which is more than autocorrelated
    training curves allow one to claim.
    """
    degrees = max(degrees, 1.0)
    shrink = (8 * degrees + 1) / (8 * degrees + 3)
    z = shrink * math.sqrt(degrees * math.log1p(t * t / degrees))
    return normal_tail(math.copysign(z, t))
