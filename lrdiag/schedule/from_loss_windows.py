"""Sums over a window around every place of a curve, in time linear in its length."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lrdiag.runs import FloatArray, IntArray

# Variance of a log loss below which nothing is told apart: a thousandth of the loss, squared.
_FLOOR = 1e-6
_FEWEST_POINTS = 4


class Design(NamedTuple):
    """A smooth trend with and without a step, for one width of the window.

    `smooth` float64[w, q] and `stepped` float64[w, q + 1] are the bases, `fit_smooth` and
    `fit_stepped` their pseudo-inverses, `variance` that of the step for noise of variance one.
    """

    smooth: FloatArray
    fit_smooth: FloatArray
    stepped: FloatArray
    fit_stepped: FloatArray
    variance: float


@lru_cache(maxsize=2048)
def design(before: int, after: int, degree: int, approach: float) -> Design:
    """Bases of a polynomial of `degree` and of the same with a step after `before` points.

    The step comes at once where `approach` is 0, else as 1 - exp(-points / approach).
    """
    at = np.arange(-before, after) + 0.5
    smooth = np.stack([(at / max(before, after)) ** power for power in range(degree + 1)], axis=1)
    step = (at > 0).astype(np.float64)
    if approach:
        step *= 1.0 - np.exp(-np.maximum(at + 0.5, 0.0) / approach)
    stepped = np.column_stack([smooth, step])
    variance = float(np.linalg.pinv(stepped.T @ stepped)[-1, -1])
    return Design(smooth, _inverse(smooth), stepped, _inverse(stepped), variance)


def _inverse(basis: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.pinv(basis), np.float64)


def falls(
    level: FloatArray, window: int, degree: int = 1, approach: float = 0.0, every: int = 1
) -> tuple[FloatArray, FloatArray]:
    """How much a fall before each place is wanted beside a smooth trend.

    Args:
        level: float64[n], a curve. window: points used on either side, fewer at the ends.
        degree: of the polynomial trend. approach: see `design`.
        every: look at each place that is a multiple of it only.

    Returns:
        float64[ceil(n / every)] each, NaN where too few points lie around: the fall over its
        standard error (least squares), and the gain in log-likelihood, times two, with the
        sign of the fall.
    """
    t = np.full(-(-len(level) // every), np.nan)
    gain = t.copy()
    for before, after, places in _alike(len(level), window, every):
        if before + after < degree + 3:
            continue
        rows = sliding_window_view(level, before + after)[places - before]
        d = design(before, after, degree, approach)
        found = rows @ d.fit_stepped.T
        left = np.sum((rows - found @ d.stepped.T) ** 2, axis=1)
        without = np.sum((rows - rows @ d.fit_smooth.T @ d.smooth.T) ** 2, axis=1)
        freedom = max(before + after - degree - 2, 1)
        fall = -found[:, -1]
        t[places // every] = fall / np.sqrt((left / freedom + _FLOOR) * d.variance)
        more = np.log((without + _FLOOR) / (left + _FLOOR))
        gain[places // every] = (before + after) * more * np.sign(fall)
    return t, gain


def _alike(length: int, window: int, every: int) -> Iterator[tuple[int, int, IntArray]]:
    """Places with the same number of points on either side: points before, after, places."""
    places = np.arange(0, length, every)
    places = places[(places >= 2) & (places <= length - 2)]
    inner = (places >= window) & (places <= length - window)
    if inner.any():
        yield window, window, places[inner]
    for place in places[~inner].tolist():
        yield min(window, place), min(window, length - place), np.array([place])


def lines_after(level: FloatArray, width: int) -> tuple[FloatArray, FloatArray]:
    """Slope of a straight line through the `width` points from each place on, and the scatter.

    Returns:
        float64[n] each: slope a point, and standard deviation around the line; NaN where fewer
        than four points are left.
    """
    slope, scatter = np.full(len(level), np.nan), np.full(len(level), np.nan)
    full = len(level) - width + 1
    if full > 0:
        slope[:full], scatter[:full] = _lines(sliding_window_view(level, width))
    for place in range(max(full, 0), len(level) - _FEWEST_POINTS + 1):
        slope[place : place + 1], scatter[place : place + 1] = _lines(level[None, place:])
    return slope, scatter


def scatter_before(level: FloatArray, width: int) -> FloatArray:
    """Scatter around a line through the `width` points before each place, as `lines_after`."""
    _, backwards = lines_after(level[::-1], width)
    return np.concatenate([[np.nan], backwards[:0:-1]])


def _lines(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    count = rows.shape[1]
    at = np.arange(count) - (count - 1) / 2
    slope = rows @ at / (at @ at)
    rest = rows - rows.mean(axis=1, keepdims=True) - slope[:, None] * at
    return slope, np.sqrt(np.sum(rest**2, axis=1) / (count - 2))


def around(value: FloatArray, before: int, after: int, fill: float) -> FloatArray:
    """float64[n, before + after]: the points around each place, `fill` beyond the ends."""
    padded = np.concatenate([np.full(before, fill), value, np.full(max(after - 1, 0), fill)])
    return sliding_window_view(padded, before + after)[: len(value)]


def above_the_rest(value: FloatArray, apart: int) -> FloatArray:
    """How far each value is above the largest at least `apart` places away; 0 without any.

    The first `apart` places are no rivals: a window there lies almost on one side.
    """
    known = np.where(np.isfinite(value), value, -np.inf)
    known[:apart] = -np.inf
    left = np.full(len(known), -np.inf)
    right = left.copy()
    left[apart:] = np.maximum.accumulate(known)[:-apart]
    right[:-apart] = np.maximum.accumulate(known[::-1])[::-1][apart:]
    other = np.maximum(left, right)
    return np.where(np.isfinite(other), value - other, 0.0)
