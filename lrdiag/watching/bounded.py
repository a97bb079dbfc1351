"""Columns of a log that is followed for days: memory stays bounded, what matters survives."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lrdiag.runs import FloatArray, IntArray, Series

MAX_POINTS = 50_000
"""Points kept a tag: 1.2 MB, and 25 times what the statistics bin a series into."""

FEW_CHANGES = 0.05
"""A series that changes at fewer points than this share is a staircase, such as a rate."""

BoolArray = npt.NDArray[np.bool_]


class BoundedColumn:
    """Step, wall time and value of one tag; thinned by half whenever it is full.

    `thinned` tells whether points were left out, `superseded` counts those purged.
    """

    def __init__(self, limit: int = MAX_POINTS) -> None:
        self.limit = max(limit, 100)
        self.step: IntArray = np.zeros(0, np.int64)
        self.wall_time: FloatArray = np.zeros(0)
        self.value: FloatArray = np.zeros(0)
        self.superseded = 0
        self.restarts: tuple[int, ...] = ()
        self.thinned = False

    def append(self, step: IntArray, wall_time: FloatArray, value: FloatArray) -> None:
        """Add points in the order they were written."""
        self.step = np.concatenate([self.step, step])
        self.wall_time = np.concatenate([self.wall_time, wall_time])
        self.value = np.concatenate([self.value, value])
        while len(self.step) > self.limit:
            self._thin()

    def purge(self, step: int) -> None:
        """A writer logs anew from `step` on: what was logged from there is superseded."""
        keep = self.step < step
        gone = len(keep) - int(keep.sum())
        if gone:
            self.superseded += gone
            self.restarts = (*(r for r in self.restarts if r < step), step)
            self._select(keep)

    def _thin(self) -> None:
        self._select(kept(self.value))
        self.thinned = True

    def _select(self, keep: BoolArray) -> None:
        self.step, self.wall_time = self.step[keep], self.wall_time[keep]
        self.value = self.value[keep]

    def series(self, tag: str) -> Series:
        """The points as a Series."""
        return Series(tag, self.step, self.wall_time, self.value, self.superseded, self.restarts)


def kept(value: FloatArray) -> BoolArray:
    """bool[n]: every second point, the ends, both extremes and what is not finite.

    Of a staircase both sides of every change are kept, so that drops stay where they were.
    """
    keep = np.zeros(len(value), np.bool_)
    keep[::2] = True
    keep[[0, -1]] = True
    finite = np.flatnonzero(np.isfinite(value))
    if len(finite):
        keep[finite[np.argmin(value[finite])]] = True
        keep[finite[np.argmax(value[finite])]] = True
    for extra in (_beside_changes(value), ~np.isfinite(value)):
        if extra.mean() < FEW_CHANGES:
            keep |= extra
    return keep


def _beside_changes(value: FloatArray) -> BoolArray:
    beside = np.zeros(len(value), np.bool_)
    changed = np.diff(value) != 0
    beside[:-1] |= changed
    beside[1:] |= changed
    return beside
