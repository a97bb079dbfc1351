"""What a change in mid-run does to the training loss, as numbers for each place of the curve."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lrdiag.runs import FloatArray, IntArray
from lrdiag.schedule.from_loss_windows import (
    above_the_rest,
    around,
    falls,
    lines_after,
    scatter_before,
)
from lrdiag.statistics.noise import MAD_TO_SIGMA

PARTS = 4
"""Equal parts of an epoch whose mean losses are looked at where points are logged by step."""

# Points an epoch from which the points inside it are looked at.
_FEWEST_INSIDE = 4
# Scatter of a log loss added to every scale, so that a loss without noise divides by something.
_LEAST_NOISE = 1e-4
_LEAST_FALL = 2e-3


@dataclass(frozen=True, slots=True, eq=False)
class Binned:
    """Training loss by epoch (or by equal stretches), in logarithms.

    `step`: float64[n], first step of each. `level`: float64[n], log of the mean loss.
    `parts`: float64[4 n], log of the mean loss of each quarter of an epoch; `scatter`:
    float64[n], log of the standard deviation of the points of an epoch; `points`: float64[n],
    their number. `parts` and `scatter` are empty where epochs hold fewer than four points.
    `coarse`: epochs are unknown or hold few sampled steps, so that little can be believed.
    """

    step: FloatArray
    level: FloatArray
    parts: FloatArray
    scatter: FloatArray
    points: FloatArray
    coarse: bool = False


def binned(step: FloatArray, value: FloatArray, number: FloatArray) -> Binned:
    """Collect points into epochs.

    Args:
        step: float64[m] increasing. value: float64[m] losses, positive.
        number: float64[m], the epoch (or stretch) of each point, not decreasing.
    """
    _, first, place, count = np.unique(
        number, return_index=True, return_inverse=True, return_counts=True
    )
    mean = np.bincount(place, weights=value) / count
    level = np.log(mean)
    empty = np.zeros(0)
    if np.median(count) < _FEWEST_INSIDE:
        return Binned(step[first], level, empty, empty, count.astype(np.float64))
    square = np.bincount(place, weights=(value - mean[place]) ** 2) / np.maximum(count - 1, 1)
    part = place * PARTS + (np.arange(len(value)) - first[place]) * PARTS // count[place]
    return Binned(
        step[first],
        level,
        _parts(value, part, level),
        np.log(np.sqrt(square) + 1e-6 * mean),
        count.astype(np.float64),
    )


def _parts(value: FloatArray, part: IntArray, level: FloatArray) -> FloatArray:
    """Log mean of each part; of its whole epoch where a part has no point."""
    size = PARTS * len(level)
    total = np.bincount(part, weights=value, minlength=size)
    count = np.bincount(part, minlength=size)
    whole = np.repeat(level, PARTS)
    return np.where(
        count > 0, np.log(np.where(count > 0, total / np.maximum(count, 1), 1.0)), whole
    )


def features(curve: Binned) -> dict[str, FloatArray]:
    """Name to float64[n]: signs of a sudden, lasting fall right before each epoch.

    They were chosen among some 190 by their contribution in cross-validation on small real
    trainings (docs/schedules.md). NaN where there are too few points to tell.
    """
    return {**_between_epochs(curve.level), **_inside_epochs(curve)}


def _between_epochs(level: FloatArray) -> dict[str, FloatArray]:
    fall = np.concatenate([[0.0], -np.diff(level)])
    noise = _noise(level)
    bend6, bend6_gain = falls(level, 6, degree=2)
    slope, scatter = lines_after(level, 10)[0], lines_after(level, 8)[1]
    before = scatter_before(level, 8)
    return {
        "step_over_error": falls(level, 5)[0],
        "approach_over_error": falls(level, 4, approach=1.0)[0],
        "step_beside_bend": bend6,
        "step_beside_bend_gain": bend6_gain,
        "fall_among_neighbours": _among_neighbours(fall),
        "fall_above_later": fall - _largest_later(fall),
        "approach_above_rest": above_the_rest(falls(level, 6, approach=1.0)[0], 3),
        "step_beside_bend_above_rest": above_the_rest(falls(level, 12, degree=2)[0], 3),
        "gap_of_3_over_noise": _gap(level, 3) / noise,
        "gap_of_5": _gap(level, 5),
        "slope_after": slope,
        "scatter_shrinks": np.log((before + _LEAST_NOISE) / (scatter + _LEAST_NOISE)),
    }


def _inside_epochs(curve: Binned) -> dict[str, FloatArray]:
    if not len(curve.parts):
        unknown = np.full(len(curve.level), np.nan)
        return dict.fromkeys(_INSIDE, unknown)
    relative = curve.scatter - curve.level
    error = np.exp(relative) / np.sqrt(curve.points)
    values = (
        falls(curve.parts, 20, every=PARTS)[1],
        falls(curve.parts, 20, degree=2, every=PARTS)[1],
        falls(curve.parts, 12, approach=4.0, every=PARTS)[0],
        _mean_before(curve.scatter, 6) - _mean_after(curve.scatter, 6),
        _mean_before(relative, 6) - _mean_after(relative, 6),
        np.log(np.nanmean(around(error, 4, 4, np.nan), axis=1) + 0.1 * _LEAST_NOISE),
    )
    return dict(zip(_INSIDE, values, strict=True))


_INSIDE = (
    "step_in_parts_gain",
    "step_in_parts_beside_bend_gain",
    "approach_in_parts_over_error",
    "points_calm_down",
    "points_calm_down_relative",
    "error_of_a_mean",
)


def _noise(level: FloatArray) -> float:
    """Noise of a curve from its second differences, which a smooth trend does not reach."""
    second = np.diff(level, 2)
    return MAD_TO_SIGMA * float(np.median(np.abs(second))) / math.sqrt(6.0) + _LEAST_NOISE


def _among_neighbours(fall: FloatArray) -> FloatArray:
    """Each fall against the six falls before and after it, in their standard deviations."""
    near = around(fall, 6, 7, np.nan).copy()
    near[:, 6] = np.nan
    rows = np.arange(len(fall))[:, None] + np.arange(-6, 7)
    near[rows == 0] = np.nan
    middle = np.nanmedian(near, axis=1)
    spread = np.nanmedian(np.abs(near - middle[:, None]), axis=1)
    return np.asarray((fall - middle) / (MAD_TO_SIGMA * spread + _LEAST_FALL))


def _largest_later(fall: FloatArray) -> FloatArray:
    largest = np.maximum.accumulate(fall[::-1])[::-1]
    return np.concatenate([largest[1:], largest[-1:]])


def _gap(level: FloatArray, width: int) -> FloatArray:
    """Lowest of the epochs before less the highest of those after: above 0 they are apart."""
    low = around(level, width, 0, np.inf).min(axis=1)
    high = around(level, 0, width, -np.inf).max(axis=1)
    return np.where(np.isfinite(low), low - high, np.nan)


def _mean_before(value: FloatArray, width: int) -> FloatArray:
    """Mean of the `width` epochs before each; of the first epoch at the first."""
    near = around(value, width, 0, np.nan).copy()
    near[0] = value[0]
    return np.asarray(np.nanmean(near, axis=1))


def _mean_after(value: FloatArray, width: int) -> FloatArray:
    return np.asarray(np.nanmean(around(value, 0, width, np.nan), axis=1))
