"""False discoveries among many tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def expected_false(confidences: Sequence[float]) -> float:
    """Expected number of false findings among reported ones: the sum of 1 - confidence.

    Each confidence is the probability that its finding is right, so that 1 - confidence is its
    local false discovery rate (Efron, Tibshirani, Storey and Tusher 2001); sums of it hold
    whatever was tested besides and whether or not the findings depend on each other.
    """
    return float(sum(1.0 - confidence for confidence in confidences))


def adjusted_p_values(p_values: Sequence[float]) -> list[float]:
    """Benjamini-Hochberg adjusted p-values (1995), in the order given.

    Rejecting where the adjusted value is at most q keeps the expected share of false
    rejections at q for independent or positively dependent tests.
    """
    p = np.asarray(p_values, np.float64)
    if not len(p):
        return []
    order = np.argsort(p)
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    best = np.minimum.accumulate(scaled[::-1])[::-1]
    result = np.empty(len(p))
    result[order] = np.minimum(best, 1.0)
    return [float(x) for x in result]
