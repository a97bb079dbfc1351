"""Thin a curve for a picture so that extremes, drops and gaps survive."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


def thin(
    step: IntArray, value: FloatArray, keep_steps: Iterable[int] = (), limit: int = 400
) -> IntArray:
    """Indices of the points to keep, in order.

    The curve is cut into `limit / 4` stretches of equal numbers of points; of each the first,
    last, lowest and highest finite point stay (the M4 aggregation of Jugel et al., VLDB 2014,
    which draws the same line as all points at one stretch a pixel column), so that no extreme is
    lost. So do the first non-finite point of every gap (up to `limit / 4` gaps) and, for every
    step of `keep_steps`, the last point before it and the first at or after it, so that a drop
    stays as sharp as it was logged.

    Args:
        step: int64[n], non-decreasing.
        value: float64[n], NaN and infinities allowed.
        keep_steps: steps whose neighbourhood must stay: drops, findings, best checkpoints.
        limit: about how many points to keep, at least 8; never fewer than the kept steps need.

    Returns:
        int64[m] increasing indices; all of them when n <= limit. At most `limit` plus two for
        each of the first `limit` kept steps plus two for each of `limit / 4` gaps.

    Raises:
        ValueError: `step` and `value` differ in length or `limit` is under 8.

    >>> import numpy as np
    >>> step = np.arange(1000)
    >>> value = np.zeros(1000); value[617] = 9.0
    >>> 617 in thin(step, value, limit=40)
    True
    """
    if len(step) != len(value):
        raise ValueError(f"step has {len(step)} points, value {len(value)}")
    if limit < 8:
        raise ValueError(f"limit must be at least 8, not {limit}")
    count = len(step)
    if count <= limit:
        return np.arange(count, dtype=np.int64)
    kept = [_extremes(value, limit // 4), _gaps(value, limit // 4)]
    kept.append(_around(step, list(keep_steps)[:limit]))
    return np.unique(np.concatenate(kept)).astype(np.int64)


def _extremes(value: FloatArray, stretches: int) -> IntArray:
    edges = np.linspace(0, len(value), stretches + 1).astype(np.int64)
    kept = [*edges[:-1].tolist(), *(edges[1:] - 1).tolist()]
    for start, end in pairwise(edges.tolist()):  # slices: no copy of a long log
        cell = value[start:end]
        lowest, highest = int(cell.argmin()), int(cell.argmax())  # a NaN is both
        if not (math.isfinite(cell[lowest]) and math.isfinite(cell[highest])):
            finite = np.isfinite(cell)
            if not finite.any():
                continue
            lowest = int(np.where(finite, cell, np.inf).argmin())
            highest = int(np.where(finite, cell, -np.inf).argmax())
        kept += [start + lowest, start + highest]
    return np.array(kept, np.int64)


def _gaps(value: FloatArray, limit: int) -> IntArray:
    broken = ~np.isfinite(value)
    starts = np.flatnonzero(broken & ~np.concatenate([[False], broken[:-1]]))[:limit]
    return np.concatenate([starts, np.maximum(starts - 1, 0)])


def _around(step: IntArray, keep_steps: list[int]) -> IntArray:
    at = np.searchsorted(step, np.asarray(keep_steps, np.int64), side="left")
    both = np.clip(np.concatenate([at - 1, at]), 0, len(step) - 1)
    return np.asarray(both, np.int64)
