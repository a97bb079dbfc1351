"""From the index cells of a log's rows to steps: missing cells, resets, restarts, order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from lrdiag.runs import FloatArray, IntArray
from lrdiag.sources.quick_checks import maybe_nan

BoolArray = npt.NDArray[np.bool_]
Cells = Mapping[str, tuple[IntArray, FloatArray]]

UNORDERED_SHARE = 0.25
"""Rows that step back, above which a file counts as unordered (a shuffled one has a half;
files of nine resumed trainings have under a hundredth)."""

_NONE: IntArray = np.zeros(0, np.int64)
_LARGEST = 2.0**62


@dataclass(frozen=True, slots=True, eq=False)
class RowSteps:
    """Steps of the rows of a file.

    Attributes:
        step: float64[n] step of each row, NaN where the row has none; None without a column.
        epoch: float64[n] likewise; None unless every epoch is a whole number and rows are
            about one an epoch.
        count: number of rows.
        every: int64[n] step (or epoch) of each row if none is missing.
        by_epoch: a tag whose rows have an epoch but no step counts in epochs; else its rows
            take the last step before them.
        kept: bool[n], False where a later writer superseded the row; None: all kept.
        restarts: steps at which a later writer took over. restart_rows: int64[r] their rows.
        unordered_rows: int64[u] rows that step back without a restart.
        rising: `every` is known to go up or stay from row to row.
    """

    step: FloatArray | None
    epoch: FloatArray | None
    count: int
    every: IntArray | None = None
    by_epoch: bool = False
    kept: BoolArray | None = None
    restarts: tuple[int, ...] = ()
    restart_rows: IntArray = field(default_factory=lambda: _NONE)
    unordered_rows: IntArray = field(default_factory=lambda: _NONE)
    rising: bool = False

    def of(self, tag: str, at: IntArray) -> tuple[IntArray, str]:
        """(int64 steps, what they count) of a tag's rows."""
        if self.every is not None:
            every = self.every if len(at) == self.count else self.every[at]
            return every, "epoch" if self.step is None else "step"
        if self.step is not None:
            step = self.step[at]
            missing = np.isnan(step)
            if not missing.any():
                return step.astype(np.int64), "step"
            if missing.all() and self.by_epoch and self.epoch is not None and tag != "epoch":
                epoch = self.epoch[at]
                if not np.isnan(epoch).any():
                    return epoch.astype(np.int64), "epoch"
            return _filled(self.step)[at].astype(np.int64), "step"
        if self.epoch is not None:
            return _filled(self.epoch)[at].astype(np.int64), "epoch"
        return at.astype(np.int64), "row"


def row_steps(
    step: FloatArray | None,
    epoch: FloatArray | None,
    cells: Cells,
    count: int,
    *,
    keep_all: bool = False,
    by_epoch: bool = False,
) -> RowSteps:
    """Work out the step of every row and which rows a restart superseded.

    `step`, `epoch`: float64[count] as logged, NaN where blank. `cells`: see `rows.Rows`.
    """
    usable = _usable_step(step, epoch)
    whole = _usable_epoch(epoch, cells, alone=usable is None)
    key = usable if usable is not None else epoch
    plain = RowSteps(
        usable, whole, count, _every(usable if usable is not None else whole), by_epoch
    )
    if key is None or count < 2 or _is_rising(key):
        return replace(plain, rising=plain.every is not None)
    if keep_all:
        return plain
    filled = _filled(key)
    back = _rows_back(filled, cells)
    if not len(back):
        return plain
    if len(back) > UNORDERED_SHARE * count:
        return replace(plain, unordered_rows=back)
    return _with_restarts(plain, filled, back)


def _is_rising(key: FloatArray) -> bool:
    known = key[~np.isnan(key)] if maybe_nan(key) else key
    return not (known[1:] < known[:-1]).any()


def _every(index: FloatArray | None) -> IntArray | None:
    if index is None or maybe_nan(index):
        return None
    return index.astype(np.int64)


def _is_whole(values: FloatArray) -> bool:
    known = values[~np.isnan(values)] if maybe_nan(values) else values
    if not len(known) or not -_LARGEST < known.min() <= known.max() < _LARGEST:
        return False
    return bool((known == np.floor(known)).all())


def _usable_step(step: FloatArray | None, epoch: FloatArray | None) -> FloatArray | None:
    if step is None or not _is_whole(step):
        return None
    known = step[~np.isnan(step)] if maybe_nan(step) else step
    if len(known) > 3 and known[0] == known[-1] and (known == known[0]).all():
        return None
    return _unwrapped(step, epoch)


def _unwrapped(step: FloatArray, epoch: FloatArray | None) -> FloatArray | None:
    """Steps that start again in every epoch, turned into steps of the whole training."""
    if _is_rising(step):
        return step
    known = np.flatnonzero(~np.isnan(step))
    back = np.flatnonzero(np.diff(step[known]) < 0) + 1
    cycle = _cycle_of_rows(step, epoch, known, back)
    if cycle is None:
        return step
    values = step[known]
    gaps = np.diff(values)
    stride = float(np.median(gaps[gaps > 0])) if (gaps > 0).any() else 1.0
    length = float(values.max() - values.min()) + stride
    unwrapped = step.copy()
    unwrapped[known] = (cycle - cycle.min()) * length + values
    return unwrapped


def _cycle_of_rows(
    step: FloatArray, epoch: FloatArray | None, known: IntArray, back: IntArray
) -> FloatArray | None:
    """float64 epoch of each known row if the step starts again with each epoch, else None."""
    if epoch is not None:
        filled = _filled(epoch)[known]
        rises = filled[back] > filled[back - 1]
        return np.floor(filled) if rises.mean() >= 0.9 else None
    starts = np.concatenate([[0], back])
    ends = np.concatenate([back, [len(known)]]) - 1
    values = step[known]
    same_start = (values[starts] == values[0]).all()
    if len(starts) < 4 or not same_start or len(np.unique(values[ends[:-1]])) > 1:
        return None
    return np.searchsorted(back, np.arange(len(known)), side="right").astype(np.float64)


def _usable_epoch(epoch: FloatArray | None, cells: Cells, *, alone: bool) -> FloatArray | None:
    """The epoch as a step: whole numbers, and about one point of a tag in each."""
    if epoch is None or not _is_whole(epoch):
        return None
    if not alone:
        return epoch
    filled = _filled(epoch)
    most = max((at for tag, (at, _) in cells.items() if tag != "epoch"), key=len, default=_NONE)
    crowded = len(most) > 3 and 2 * len(np.unique(filled[most])) <= len(most)
    return None if crowded else epoch


def _filled(values: FloatArray) -> FloatArray:
    """NaN replaced by the last value before, or the first one after at the start."""
    missing = np.isnan(values)
    if not missing.any():
        return values
    known = np.flatnonzero(~missing)
    last = np.searchsorted(known, np.arange(len(values)), side="right") - 1
    return values[known[np.maximum(last, 0)]]


def _rows_back(key: FloatArray, cells: Cells) -> IntArray:
    """Rows that step back from the row before and from their own tag's last value."""
    marked = np.zeros(len(key), np.bool_)
    for at, _ in cells.values():
        own = key[at]
        marked[at[1:][own[1:] < own[:-1]]] = True
    marked[1:] &= key[1:] < key[:-1]
    return np.flatnonzero(marked)


def _with_restarts(plain: RowSteps, key: FloatArray, back: IntArray) -> RowSteps:
    """Split the backward rows into restarts (they overlap what was logged) and disorder."""
    ends = np.append(back[1:], len(key))
    lowest = float(key[: back[0]].min())
    restarts: list[int] = []
    unordered: list[int] = []
    for row, end in zip(back.tolist(), ends.tolist(), strict=True):
        overlaps = float(key[row:end].max()) >= lowest
        (restarts if overlaps else unordered).append(row)
        lowest = min(lowest, float(key[row:end].min()))
    taken = np.array(restarts, np.int64)
    by_row = plain.step is None and plain.epoch is None
    return replace(
        plain,
        kept=_not_superseded(key, taken) if restarts else None,
        restarts=tuple(restarts if by_row else (int(key[row]) for row in restarts)),
        restart_rows=taken,
        unordered_rows=np.array(unordered, np.int64),
    )


def _not_superseded(key: FloatArray, restarts: IntArray) -> BoolArray:
    """A row stays if no later restart begins at or before its step."""
    limit = np.full(len(key) + 1, np.inf)
    limit[restarts] = key[restarts]
    after = np.minimum.accumulate(limit[::-1])[::-1][1:]
    return key < after
