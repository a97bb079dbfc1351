"""Distinct values of long columns, at the cost of one pass where a log allows it."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Number = TypeVar("Number", np.int64, np.float64)


def distinct(value: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """The values that occur, increasing.

    Logged steps increase and logged rates stay where they are for long: neighbours that repeat
    are left out first and what is left is sorted only where it must be. (`np.unique` hashes every
    value of long arrays since NumPy 2.3, a hundred times as slow on a million steps.)

    Args:
        value: integer or float [n], finite.

    Returns:
        [m] of the same type, m <= n.
    """
    kept = _without_repeats(value)
    if np.all(kept[1:] > kept[:-1]):
        return kept
    return _without_repeats(np.sort(kept))


def _without_repeats(value: npt.NDArray[Number]) -> npt.NDArray[Number]:
    if not len(value):
        return value
    return np.asarray(value[np.append(True, value[1:] != value[:-1])])
