"""Where a curve was best, how far it ends above that, and where the rise began."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lrdiag.runs import FloatArray
from lrdiag.statistics.correlated_noise import Noise, stretch_noise
from lrdiag.statistics.distributions import t_quantile_975, t_tail
from lrdiag.statistics.noise import noise_level

AROUND = 6  # half as many rows as count from the best on and at the end: about a line for long


@dataclass(frozen=True, slots=True)
class Rise:
    """The end of a lower-is-better curve against its best.

    Attributes:
        relative: rise over the best, relative to the best (to the range where values are not
            positive). low, high: its 95 % interval. p_value: by noise alone, one-sided.
        best: row of the best smoothed value. onset: first row from which the smoothed curve
            stays above the best by more than its noise. rows_since: rows after the best.
        best_value, last_value: smoothed values.
    """

    relative: float
    low: float
    high: float
    p_value: float
    best: int
    onset: int
    rows_since: int
    best_value: float
    last_value: float


def rise_over_best(curve: FloatArray) -> Rise:
    """Rise of the end of a curve over its best, both means of three neighbouring rows.

    Args:
        curve: float64[n], n >= 4, finite.

    The standard error counts the noise of both means, whose rows hang together
    (`correlated_noise`); the best of many is picked, which pulls it down, so the rise is compared
    with what picking the lowest of n noisy means gives: sqrt(2 ln n) standard errors (Cramer
    1946).
    """
    even = np.convolve(curve, np.ones(3) / 3, "valid")
    best = int(even.argmin())
    scale = _scale(curve, float(even[best]))
    noise = _noise(curve, best + 1)
    mean_error = noise.mean_error(3) / scale
    error = mean_error * math.sqrt(2.0)
    relative = float(even[-1] - even[best]) / scale
    half = t_quantile_975(noise.freedom) * error
    lucky = mean_error * math.sqrt(2.0 * math.log(max(len(even), 1)))
    z = (relative - lucky) / error if error > 0 else (0.0 if relative <= 0 else 1e3)
    return Rise(
        relative=relative,
        low=relative - half,
        high=relative + half,
        p_value=t_tail(z, noise.freedom),
        best=best + 1,
        onset=_onset(even, best, noise_level(curve)) + 1,
        rows_since=len(even) - 1 - best,
        best_value=float(even[best]),
        last_value=float(even[-1]),
    )


def _noise(curve: FloatArray, best: int) -> Noise:
    """The noise from the best on and about the end, the larger one; not that of the descent.

    The best often follows a drop of the rate: rows before it have the noise of another rate.
    """
    near, end = curve[max(0, best - 1) : best + 2 * AROUND], curve[-2 * AROUND :]
    known = [n for n in stretch_noise(near, end) if n is not None]
    return max(known, key=lambda n: n.sigma, default=Noise(noise_level(curve), 0.0, 1.0))


def _scale(curve: FloatArray, best: float) -> float:
    if curve.min() > 0:
        return best
    return float(np.ptp(curve)) or 1.0


def _onset(even: FloatArray, best: int, noise: float) -> int:
    below = np.flatnonzero(even[best:] <= even[best] + noise / np.sqrt(3.0))
    return best + int(below[-1]) if len(below) else best
