"""Columns of a log that is followed for days: memory stays bounded, what matters survives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from lrdiag.findings import Problem
from lrdiag.runs import FloatArray, IntArray, Series

MAX_POINTS = 50_000
"""Points kept a tag: 1.6 MB, and 25 times what the statistics bin a series into."""

ALL_POINTS = 3_000_000
"""Points kept of all tags of a file together (about 100 MB)."""

LEAST_POINTS = 100
"""Points kept a tag however many tags there are."""

FEW_CHANGES = 0.05
"""A series that changes at fewer points than this share is a staircase, such as a rate."""

BoolArray = npt.NDArray[np.bool_]


def points_a_tag(tags: int) -> int:
    """How many points of each of so many tags are kept."""
    return max(min(MAX_POINTS, ALL_POINTS // max(tags, 1)), LEAST_POINTS)


class BoundedColumn:
    """Step, wall time and value of one tag; thinned to half the limit whenever it is full.

    `thinned` tells whether points were left out, `superseded` counts those purged.
    """

    def __init__(self, limit: int = MAX_POINTS) -> None:
        self.limit = max(limit, LEAST_POINTS)
        self.step: IntArray = np.zeros(0, np.int64)
        self.wall_time: FloatArray = np.zeros(0)
        self.value: FloatArray = np.zeros(0)
        self.superseded = 0
        self.restarts: tuple[int, ...] = ()
        self.thinned = False
        self._place: IntArray = np.zeros(0, np.int64)
        self._count = 0

    def append(self, step: IntArray, wall_time: FloatArray, value: FloatArray) -> None:
        """Add points in the order they were written."""
        places = np.arange(self._count, self._count + len(step))
        self._count += len(step)
        self._place = np.concatenate([self._place, places])
        self.step = np.concatenate([self.step, step])
        self.wall_time = np.concatenate([self.wall_time, wall_time])
        self.value = np.concatenate([self.value, value])
        if len(self.step) > self.limit:
            self._select(kept(self._place, self.value, self.limit // 2))
            self.thinned = True

    def purge(self, step: int) -> None:
        """A writer logs anew from `step` on: what was logged from there is superseded."""
        keep = self.step < step
        gone = len(keep) - int(keep.sum())
        if gone:
            self.superseded += gone
            self.restarts = (*(r for r in self.restarts if r < step), step)
            self._select(keep)

    def _select(self, keep: BoolArray) -> None:
        self.step, self.wall_time = self.step[keep], self.wall_time[keep]
        self.value, self._place = self.value[keep], self._place[keep]

    def series(self, tag: str) -> Series:
        """The points as a Series."""
        return Series(tag, self.step, self.wall_time, self.value, self.superseded, self.restarts)


def kept(place: IntArray, value: FloatArray, count: int) -> BoolArray:
    """bool[n]: about `count` points spread evenly over the log, and those that matter.

    These are the ends, both extremes and, where they are few, what is not finite and both sides
    of every change of a staircase, so that drops stay where they were. `place` int64[n] rises:
    where in the log each point stood, so that what was thinned before is not thinned more than
    the rest.
    """
    span = int(place[-1] - place[0]) + 1
    bucket = (place - place[0]) * count // span
    keep = np.ones(len(value), np.bool_)
    keep[1:] = np.diff(bucket) != 0
    keep[-1] = True
    finite = np.flatnonzero(np.isfinite(value))
    if len(finite):
        keep[finite[np.argmin(value[finite])]] = True
        keep[finite[np.argmax(value[finite])]] = True
    for extra in (_beside_changes(value), ~np.isfinite(value)):
        if extra.sum() < FEW_CHANGES * max(len(value), 2 * count):
            keep |= extra
    return keep


def _beside_changes(value: FloatArray) -> BoolArray:
    beside = np.zeros(len(value), np.bool_)
    changed = np.diff(value) != 0
    beside[:-1] |= changed
    beside[1:] |= changed
    return beside


def thinned(path: Path) -> Problem:
    """What is said of a log that outgrew the memory set aside for it."""
    message = f"older points are thinned to keep at most {MAX_POINTS} a tag while it is followed"
    return Problem(str(path), "thinned", "info", message)
