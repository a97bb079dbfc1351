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

    A later point that steps back supersedes what was logged from its step on (a restart).
    `thinned` tells whether points were left out, `superseded` counts those replaced.
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
        starts = np.flatnonzero(np.diff(step) < 0) + 1
        for part in np.split(np.arange(len(step)), starts):
            self._add(step[part], wall_time[part], value[part])
        if len(self.step) > self.limit:
            self._thin()

    def _add(self, step: IntArray, wall_time: FloatArray, value: FloatArray) -> None:
        if not len(step):
            return
        keep = int(np.searchsorted(self.step, step[0]))
        if keep < len(self.step):
            first = int(step[0])
            self.superseded += len(self.step) - keep
            self.restarts = (*(r for r in self.restarts if r < first), first)
        self.step = np.concatenate([self.step[:keep], step])
        self.wall_time = np.concatenate([self.wall_time[:keep], wall_time])
        self.value = np.concatenate([self.value[:keep], value])

    def _thin(self) -> None:
        keep = kept(self.value)
        self.step, self.wall_time = self.step[keep], self.wall_time[keep]
        self.value = self.value[keep]
        self.thinned = True

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
