"""Change of level and slope from one stretch to the next, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdiag.runs import FloatArray
from lrdiag.statistics.distributions import t_quantile_975, t_tail
from lrdiag.statistics.noise import effective_count, noise_level

WINDOW = 3  # rows averaged to a level: less is noise, more is trend


@dataclass(frozen=True, slots=True)
class Change:
    """A difference of two levels (after minus before).

    Attributes:
        value: the difference. low, high: its 95 % interval. error: its standard error.
        p_value: probability of a difference at least this far up by noise alone (one-sided).
        effective: effective number of points behind the noise.
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
    that of the two stretches around their own trend; neighbouring rows are not independent, so
    it counts an effective number of points.
    """
    before = curve[max(since, row - WINDOW) : row]
    first = min(row + 1, until - 1)
    after = curve[max(first, until - WINDOW) : until]
    return difference(before, after, curve[since:row], curve[first:until])


def difference(
    before: FloatArray, after: FloatArray, around_before: FloatArray, around_after: FloatArray
) -> Change:
    """Difference of two mean levels given the stretches they stand in."""
    noise, effective = _noise(around_before, around_after)
    value = float(after.mean() - before.mean())
    error = noise * float(np.sqrt(1.0 / len(before) + 1.0 / len(after)))
    if not np.isfinite(error):
        return Change(value, -float("inf"), float("inf"), float("nan"), 1.0, effective)
    half = t_quantile_975(max(effective - 2.0, 1.0)) * error
    p_value = t_tail(value / error, max(effective - 2.0, 1.0)) if error > 0 else float(value <= 0)
    return Change(value, value - half, value + half, error, p_value, effective)


def _noise(*stretches: FloatArray) -> tuple[float, float]:
    """Pooled noise level and effective number of points; NaN without a stretch of 4 rows."""
    levels = [(noise_level(s), effective_count(np.diff(s))) for s in stretches if len(s) >= 4]
    if not levels:
        return float("nan"), 1.0
    total = sum(n for _, n in levels)
    pooled = np.sqrt(sum(n * level**2 for level, n in levels) / total)
    return float(pooled), float(total)
