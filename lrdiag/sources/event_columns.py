"""The points of an event file, tag by tag, in growing columns."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from lrdiag.runs import FloatArray, IntArray

_FIRST_ROOM = 256
_Number = TypeVar("_Number", np.int64, np.float64)


class Column:
    """Growing step, wall time and value of one tag; room that is not used costs no memory."""

    __slots__ = ("_arrays", "_waiting", "length")

    def __init__(self) -> None:
        self.length = 0
        self._arrays: tuple[IntArray, FloatArray, FloatArray] | None = None
        self._waiting: list[tuple[int, float, float]] = []

    def add(self, step: IntArray, wall: FloatArray, value: FloatArray, expected: int) -> None:
        """Append points; `expected` is how many there may be in all."""
        self._settle()
        self._append(step, wall, value, expected)

    def add_one(self, step: int, wall: float, value: float) -> None:
        """Append one point."""
        self._waiting.append((step, wall, value))
        if len(self._waiting) >= 4096:
            self._settle()

    def arrays(self) -> tuple[IntArray, FloatArray, FloatArray]:
        """Step int64[n], wall time float64[n], value float64[n]."""
        self._settle()
        if self._arrays is None:
            return np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
        step, wall, value = self._arrays
        return step[: self.length], wall[: self.length], value[: self.length]

    def _settle(self) -> None:
        if not self._waiting:
            return
        step, wall, value = zip(*self._waiting, strict=True)
        self._waiting = []
        self._append(np.array(step, np.int64), np.array(wall, float), np.array(value, float), 0)

    def _append(self, step: IntArray, wall: FloatArray, value: FloatArray, expected: int) -> None:
        if self._arrays is None and expected <= len(step):
            self._arrays, self.length = (step, wall, value), len(step)
            return
        start, end = self.length, self.length + len(step)
        self._make_room(end, expected)
        assert self._arrays is not None
        for whole, part in zip(self._arrays, (step, wall, value), strict=True):
            whole[start:end] = part
        self.length = end

    def _make_room(self, needed: int, expected: int) -> None:
        room = 0 if self._arrays is None else len(self._arrays[0])
        if needed <= room:
            return
        room = max(expected, needed + needed // 2, _FIRST_ROOM)
        old = self._arrays or (np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
        self._arrays = (
            _longer(old[0], room, self.length),
            _longer(old[1], room, self.length),
            _longer(old[2], room, self.length),
        )


def _longer(old: npt.NDArray[_Number], room: int, used: int) -> npt.NDArray[_Number]:
    new = np.empty(room, old.dtype)
    new[:used] = old[:used]
    return new


class EventColumns:
    """All tags of a file. A session start is remembered with the points before it."""

    def __init__(self) -> None:
        self.by_tag: dict[bytes, Column] = {}
        self.session_starts: list[tuple[int, dict[bytes, int]]] = []
        self.share = 1.0
        """Part of the file read so far, to guess how much room a column needs."""

    def column(self, tag: bytes) -> Column:
        """The column of a tag, new if need be."""
        found = self.by_tag.get(tag)
        if found is None:
            found = self.by_tag[tag] = Column()
        return found

    def add(self, tag: bytes, step: IntArray, wall: FloatArray, value: FloatArray) -> None:
        """Append points of one tag."""
        if not len(step):
            return
        column = self.column(tag)
        length = column.length + len(step)
        expected = int(length / self.share * 1.05) + 16 if self.share < 0.95 else length
        column.add(step, wall, value, expected)

    def start_session(self, step: int) -> None:
        """A writer says that everything from `step` on is logged anew."""
        before = {tag: len(column.arrays()[0]) for tag, column in self.by_tag.items()}
        self.session_starts.append((step, before))
