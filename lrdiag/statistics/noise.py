"""How much a curve jitters around its own trend, and how independent its points are."""

from __future__ import annotations

import math

import numpy as np

from lrdiag.runs import FloatArray

MAD_TO_SIGMA = 1.4826  # normal-consistent scale of the median absolute deviation


def noise_level(value: FloatArray) -> float:
    """Robust standard deviation of a point around its local trend.

    Median absolute second difference / sqrt(6), scaled to the normal: second differences
    remove a level and a slope, the median ignores a few jumps (Rousseeuw & Croux 1993;
    Gasser, Sroka & Jennen-Steinmetz 1986). NaN below 4 points.
    """
    if len(value) < 4:
        return float("nan")
    second = value[2:] - 2 * value[1:-1] + value[:-2]
    robust = MAD_TO_SIGMA * float(np.median(np.abs(second))) / math.sqrt(6.0)
    if robust > 0:
        return robust
    return float(np.sqrt(np.mean(second**2) / 6.0))


def autocorrelation(residual: FloatArray) -> float:
    """Lag-1 autocorrelation, bounded to [0, 0.9]; 0 below 5 points."""
    if len(residual) < 5:
        return 0.0
    centred = residual - residual.mean()
    power = float(centred @ centred)
    if power <= 0:
        return 0.0
    return float(np.clip((centred[1:] @ centred[:-1]) / power, 0.0, 0.9))


def effective_count(residual: FloatArray) -> float:
    """Effective number of independent points: n (1 - r) / (1 + r) for an AR(1) residual."""
    r = autocorrelation(residual)
    return max(1.0, len(residual) * (1 - r) / (1 + r))
