"""Rows of a clean table parsed at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lrdiag.runs import FloatArray, IntArray
from lrdiag.sources.rows import Rows
from lrdiag.sources.table_columns import Columns

BoolArray = npt.NDArray[np.bool_]

NO_VALUES: FloatArray = np.zeros(0)


@dataclass(frozen=True, slots=True)
class BlockText:
    """What is to be parsed: whole lines of `body` from byte `start` on, `width` columns.

    `skip`: positions of columns that hold text.
    """

    body: bytes
    start: int
    delimiter: str
    width: int
    skip: frozenset[int] = frozenset()

    @property
    def numbers(self) -> list[int]:
        """Positions of the columns to parse."""
        return [at for at in range(self.width) if at not in self.skip]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Parsed rows of a clean table.

    Attributes:
        columns: float64[rows] of each column; NaN in blank cells and where NaN is written.
        present: bool[rows] of each column, None: no blank cell.
    """

    columns: Sequence[FloatArray]
    present: Sequence[BoolArray | None]
    rows: int


def rows_of(block: Block, columns: Columns, number: int) -> Rows:
    """A parsed block as rows; `number` is the line of its first row."""
    every = np.arange(block.rows)
    cells: dict[str, tuple[IntArray, FloatArray]] = {}
    for tag, value, present in zip(columns.tags, block.columns, block.present, strict=True):
        if not tag or len(value) < block.rows:
            continue
        at = every if present is None else np.flatnonzero(present)
        if len(at):
            cells[tag] = (at, value if present is None else value[at])
    wall = _index(block, columns.wall_time)
    return Rows(
        every + number,
        _index(block, columns.step),
        _index(block, columns.epoch),
        None if wall is None else seconds(wall),
        cells,
    )


def _index(block: Block, at: int | None) -> FloatArray | None:
    return None if at is None or len(block.columns[at]) < block.rows else block.columns[at]


def seconds(times: FloatArray) -> FloatArray:
    """Time stamps in seconds or milliseconds as float64 seconds; NaN for durations."""
    if len(times) and times.min() > 3e8 and times.max() < 1e10:
        return times
    times = np.where((times > 3e11) & (times < 1e13), times / 1000, times)
    return np.where((times > 3e8) & (times < 1e10), times, np.nan)


def pieces(number: int, data: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """(first line, whole lines) of about `size` bytes each."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start + size) + 1 or len(data)
        piece = data[start:end]
        yield number, piece
        number += piece.count(b"\n")
        start = end
