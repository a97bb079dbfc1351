"""How much a curve jitters from row to row around its own trend."""

from __future__ import annotations

import math

import numpy as np

from lrdiag.runs import FloatArray

MAD_TO_SIGMA = 1.4826  # normal-consistent scale of the median absolute deviation
MOST = 50_000  # points; a million take no longer


def noise_level(value: FloatArray) -> float:
    """Robust size of the jitter from row to row, as the standard deviation of independent noise.

    Median absolute second difference / sqrt(6), scaled to the normal: second differences
    remove a level and a slope, the median ignores a few jumps (Rousseeuw & Croux 1993;
    Gasser, Sroka & Jennen-Steinmetz 1986). NaN below 4 points. Of noise whose neighbours hang
    together it shows only what changes between them: a description of a curve, the width of no
    interval (`correlated_noise` is made for that). Of more than `MOST` points that many are looked
    at, evenly spread: the median of so many is known to 1 %.
    """
    if len(value) < 4:
        return float("nan")
    if len(value) > MOST:
        at = np.linspace(1, len(value) - 2, MOST).astype(np.int64)
        second = value[at + 1] - 2 * value[at] + value[at - 1]
    else:
        second = value[2:] - 2 * value[1:-1] + value[:-2]
    robust = MAD_TO_SIGMA * float(np.median(np.abs(second))) / math.sqrt(6.0)
    if robust > 0:
        return robust
    return float(np.sqrt(np.mean(second**2) / 6.0))
