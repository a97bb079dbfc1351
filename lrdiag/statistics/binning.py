"""Reduce a long noisy series to a bounded number of rows, in one pass."""

from __future__ import annotations

import numpy as np

from lrdiag.runs import FloatArray


def merge_equal(position: FloatArray, value: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Average the points that share a position; sorted by position.

    Args:
        position: float64[n], any order. value: float64[n], NaN are left out.

    Returns:
        position float64[m] strictly increasing, value float64[m]; m <= n.
    """
    keep = np.isfinite(value) & np.isfinite(position)
    position, value = position[keep], value[keep]
    if len(position) > 1 and not np.all(np.diff(position) > 0):
        position, inverse = np.unique(position, return_inverse=True)
        total = np.bincount(inverse, weights=value, minlength=len(position))
        value = total / np.bincount(inverse, minlength=len(position))
    return position, value


def mean_between(position: FloatArray, value: FloatArray, edges: FloatArray) -> FloatArray:
    """Mean of the finite values in each half-open bin (edges[i], edges[i + 1]].

    Args:
        position: float64[n], value: float64[n]. edges: float64[k + 1], increasing.

    Returns:
        float64[k]; NaN where a bin is empty. O(n), unsorted positions O(n log k).
    """
    if _increases(position) and np.isfinite(value).all():
        return _mean_between_sorted(position, value, edges)
    keep = np.isfinite(value) & np.isfinite(position)
    index = np.searchsorted(edges, position[keep], side="left") - 1
    inside = (index >= 0) & (index < len(edges) - 1)
    count = np.bincount(index[inside], minlength=len(edges) - 1)
    total = np.bincount(index[inside], weights=value[keep][inside], minlength=len(edges) - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(count > 0, total / count, np.nan))


def _increases(position: FloatArray) -> bool:
    """Whether positions are finite and in order (a NaN compares as out of it)."""
    ends = position[[0, -1]] if len(position) else position
    return bool(len(ends) and np.isfinite(ends).all() and np.all(position[1:] >= position[:-1]))


def _mean_between_sorted(position: FloatArray, value: FloatArray, edges: FloatArray) -> FloatArray:
    """The same where positions increase and all values are finite: a bin is a stretch."""
    first = np.searchsorted(position, edges, side="right")
    starts, count = first[:-1], np.diff(first)
    full = np.flatnonzero(count)
    result = np.full(len(edges) - 1, np.nan)
    if len(full):
        inside = value[: first[-1]]
        result[full] = np.add.reduceat(inside, starts[full]) / count[full]
    return result


def fill_gaps(value: FloatArray) -> FloatArray:
    """NaN replaced by linear interpolation between neighbours (held at both ends)."""
    known = np.isfinite(value)
    if known.all() or not known.any():
        return value
    at = np.arange(len(value), dtype=np.float64)
    return np.asarray(np.interp(at, at[known], value[known]))
