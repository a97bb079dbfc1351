"""Rows of a text log that is followed for days, thinned so that memory stays bounded.

Rows are thinned, not series: what their index means (iterations that start again in each
epoch, restarts) is worked out over the whole log at every look.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lrdiag.runs import FloatArray
from lrdiag.sources.rows import RowRecorder, Rows
from lrdiag.watching.bounded import BoolArray, kept, points_a_tag


class BoundedRows:
    """Keeps the rows of a recorder few; `count` rows were read in all."""

    def __init__(self) -> None:
        self.count = 0
        self.thinned = False
        self._held = 0
        self._counted = False

    def bound(self, recorder: RowRecorder) -> RowRecorder:
        """The recorder to go on with: the same, or one with fewer rows."""
        rows = recorder.rows()
        self.count += len(rows.line) - self._held
        limit = points_a_tag(len(rows.cells))
        if any(len(at) > limit for at, _ in rows.cells.values()):
            rows = self._thin(self._numbered(rows), limit // 2)
            recorder = RowRecorder()
            recorder.add(rows)
        elif self._counted and len(rows.line) > self._held:
            rows = self._numbered(rows)
            recorder = RowRecorder()
            recorder.add(rows)
        self._held = len(rows.line)
        return recorder

    def _numbered(self, rows: Rows) -> Rows:
        """Rows without an index get their number as step, which survives the thinning."""
        self._counted = self._counted or (rows.step is None and rows.epoch is None)
        if not self._counted:
            return rows
        step = np.full(len(rows.line), np.nan) if rows.step is None else rows.step.copy()
        fresh = len(rows.line) - self._held
        if fresh:
            step[-fresh:] = np.arange(self.count - fresh, self.count)
        step[: self._held] = np.where(
            np.isnan(step[: self._held]), np.arange(self._held), step[: self._held]
        )
        return replace(rows, step=step)

    def _thin(self, rows: Rows, count: int) -> Rows:
        self.thinned = True
        cells = {}
        used = np.zeros(len(rows.line), np.bool_)
        for tag, (at, value) in rows.cells.items():
            keep: Any = kept(rows.line[at], value, count) if len(at) > 2 * count else slice(None)
            cells[tag] = (at[keep], value[keep])
            used[at[keep]] = True
        number = np.cumsum(used) - 1
        return Rows(
            rows.line[used],
            _taken(rows.step, used),
            _taken(rows.epoch, used),
            _taken(rows.wall_time, used),
            {tag: (number[at], value) for tag, (at, value) in cells.items()},
        )


def _taken(values: FloatArray | None, used: BoolArray) -> FloatArray | None:
    return None if values is None else values[used]
