"""Level and slope of a stretch, robustly, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdiag.runs import FloatArray
from lrdiag.statistics.distributions import t_quantile_975
from lrdiag.statistics.noise import effective_count

MAX_POINTS = 120  # pairs are quadratic; callers bin longer stretches


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through a stretch.

    Attributes:
        level: value of the line at the stretch's end. slope: change a unit of position.
        slope_error: standard error of the slope with an effective number of points.
        noise: standard deviation around the line. effective: effective number of points.
        points: number of points used.
    """

    level: float
    slope: float
    slope_error: float
    noise: float
    effective: float
    points: int

    def slope_interval(self) -> tuple[float, float]:
        """95 % interval of the slope."""
        half = t_quantile_975(max(self.effective - 2, 1.0)) * self.slope_error
        return self.slope - half, self.slope + half


def theil_sen(position: FloatArray, value: FloatArray) -> tuple[float, float]:
    """Median of pairwise slopes and the intercept's median (Theil 1950, Sen 1968).

    Args:
        position, value: float64[n], n >= 2, finite, positions increasing; longer stretches
            than MAX_POINTS are thinned evenly.

    Returns:
        (slope, level at the last position).
    """
    if len(value) > MAX_POINTS:
        pick = np.linspace(0, len(value) - 1, MAX_POINTS).astype(int)
        position, value = position[pick], value[pick]
    i, j = np.triu_indices(len(value), 1)
    run = position[j] - position[i]
    slope = float(np.median((value[j] - value[i])[run > 0] / run[run > 0]))
    level = float(np.median(value - slope * (position - position[-1])))
    return slope, level


def fit_trend(position: FloatArray, value: FloatArray) -> Trend | None:
    """The robust line through a stretch, None below 3 points."""
    keep = np.isfinite(value)
    position, value = position[keep], value[keep]
    if len(value) < 3:
        return None
    slope, level = theil_sen(position, value)
    residual = value - level - slope * (position - position[-1])
    effective = effective_count(residual)
    noise = float(np.sqrt(np.sum(residual**2) / max(len(value) - 2, 1)))
    spread = float(np.std(position)) * np.sqrt(max(effective, 1.0))
    error = noise / spread if spread > 0 else float("inf")
    return Trend(level, slope, error, noise, effective, len(value))
