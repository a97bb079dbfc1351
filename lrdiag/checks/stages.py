"""The changes of the learning rate placed on the rows, and the stretches between them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from lrdiag.checks.rows import Rows, rows_of
from lrdiag.schedule.values import Change
from lrdiag.view import RunView

MOST_DROPS = 4  # a decay in more steps is gradual: its single steps are too short to judge


@dataclass(frozen=True, slots=True)
class PlacedChange:
    """A change and the first row trained with the new rate.

    `number` is 1-based among the drops (or among the rises). `until` is the row of the next
    change, or the number of rows.
    """

    change: Change
    number: int
    row: int
    since: int
    until: int


def place_drops(view: RunView) -> list[PlacedChange]:
    """Drops inside the run, by row."""
    return _place(view, view.schedule.drops)


def place_rises(view: RunView) -> list[PlacedChange]:
    """Rises inside the run, by row."""
    return _place(view, view.schedule.rises)


def _place(view: RunView, changes: tuple[Change, ...]) -> list[PlacedChange]:
    rows = rows_of(view)
    if not len(rows):
        return []
    every = sorted({row_of(rows, c) for c in (*view.schedule.drops, *view.schedule.rises)})
    placed = []
    for number, change in enumerate(changes, 1):
        row = row_of(rows, change)
        if 0 < row < len(rows):
            here = bisect_left(every, row)
            since = every[here - 1] if here else 0
            until = every[here + 1] if here + 1 < len(every) else len(rows)
            placed.append(PlacedChange(change, number, row, since, until))
    return placed


def row_of(rows: Rows, change: Change) -> int:
    """First row whose training used the new rate."""
    if rows.unit == "epoch" and change.epoch is not None:
        return int(np.searchsorted(rows.position, change.epoch - 1e-6))
    return int(np.searchsorted(rows.step, change.step))
