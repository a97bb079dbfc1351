"""Level and slope of a stretch, robustly, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdiag.runs import FloatArray
from lrdiag.statistics.correlated_noise import NEEDED, Noise, stretch_noise
from lrdiag.statistics.distributions import t_quantile_975

MAX_POINTS = 120  # pairs are quadratic; callers bin longer stretches


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through a stretch.

    Attributes:
        level: value of the line at the stretch's end. slope: change a unit of position.
        level_error, slope_error: their standard errors with correlated noise; infinite below
            `correlated_noise.NEEDED` points.
        noise: standard deviation around the line. effective: degrees of freedom of the errors.
        points: number of points used.
    """

    level: float
    slope: float
    level_error: float
    slope_error: float
    noise: float
    effective: float
    points: int

    def slope_interval(self) -> tuple[float, float]:
        """95 % interval of the slope."""
        half = t_quantile_975(self.effective) * self.slope_error
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
    noise = stretch_noise(residual)[0] if len(value) >= NEEDED else None
    level_error, slope_error = (float("inf"),) * 2 if noise is None else _errors(position, noise)
    spread = float(np.sqrt(np.sum(residual**2) / max(len(value) - 2, 1)))
    freedom = 1.0 if noise is None else noise.freedom
    return Trend(level, slope, level_error, slope_error, spread, freedom, len(value))


def _errors(position: FloatArray, noise: Noise) -> tuple[float, float]:
    """Standard errors of the level at the end and of the slope of a least-squares line.

    Both are weighted sums of the rows: weights @ covariance @ weights with the covariance of
    AR(1). Theil-Sen has 0.95 of the efficiency for normal noise (Sen 1968), which the cautious
    correlation covers.
    """
    centred = position - position.mean()
    power = float(centred @ centred)
    if power <= 0:
        return float("inf"), float("inf")
    row = np.arange(len(position))
    for_slope = centred / power
    for_level = 1.0 / len(position) + (position[-1] - position.mean()) * for_slope
    covariance = noise.rho ** np.abs(np.subtract.outer(row, row))
    level, slope = (float(w @ covariance @ w) for w in (for_level, for_slope))
    return noise.sigma * level**0.5, noise.sigma * slope**0.5
