"""The points of an event file, tag by tag, in growing columns."""

from __future__ import annotations

import numpy as np

from lrdiag.runs import FloatArray, IntArray

_SMALL = 1 << 15
"""Points up to which the parts of a column are kept as they came and joined at the end."""
_Arrays = tuple[IntArray, FloatArray, FloatArray]


class Column:
    """Growing step, wall time and value of one tag; room that is not used costs no memory."""

    __slots__ = ("_parts", "_room", "_waiting", "length")

    def __init__(self) -> None:
        self.length = 0
        self._parts: list[_Arrays] = []
        self._room: _Arrays | None = None
        self._waiting: list[tuple[int, float, float]] = []

    def add(self, step: IntArray, wall: FloatArray, value: FloatArray, expected: int) -> None:
        """Append points; `expected` is how many there may be in all."""
        if self._waiting:
            self._settle()
        self._append((step, wall, value), expected)

    def add_one(self, step: int, wall: float, value: float) -> None:
        """Append one point."""
        self._waiting.append((step, wall, value))
        if len(self._waiting) >= 4096:
            self._settle()

    def __len__(self) -> int:
        """Points so far."""
        return self.length + len(self._waiting)

    def arrays(self) -> _Arrays:
        """Step int64[n], wall time float64[n], value float64[n]."""
        self._settle()
        if self._room is not None:
            step, wall, value = self._room
            return step[: self.length], wall[: self.length], value[: self.length]
        if not self._parts:
            return np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
        if len(self._parts) > 1:
            steps, walls, values = zip(*self._parts, strict=True)
            self._parts = [(np.concatenate(steps), np.concatenate(walls), np.concatenate(values))]
        return self._parts[0]

    def _settle(self) -> None:
        if not self._waiting:
            return
        step, wall, value = zip(*self._waiting, strict=True)
        self._waiting = []
        self._append((np.array(step, np.int64), np.array(wall, float), np.array(value, float)), 0)

    def _append(self, part: _Arrays, expected: int) -> None:
        start, self.length = self.length, self.length + len(part[0])
        if self._room is None and max(self.length, expected) <= _SMALL:
            self._parts.append(part)
            return
        if self._room is None or len(self._room[0]) < self.length:
            room = max(expected, self.length + self.length // 2)
            self._make_room(room, start)
        assert self._room is not None
        for whole, some in zip(self._room, part, strict=True):
            whole[start : self.length] = some

    def _make_room(self, room: int, used: int) -> None:
        if self._room is None:
            parts, self._parts = self._parts, []
            self._room = _columns(room)
            at = 0
            for part in parts:
                for whole, some in zip(self._room, part, strict=True):
                    whole[at : at + len(some)] = some
                at += len(part[0])
            return
        old, self._room = self._room, _columns(room)
        for whole, some in zip(self._room, old, strict=True):
            whole[:used] = some[:used]


def _columns(room: int) -> _Arrays:
    """Three columns in one piece: the system hands out large pieces at less cost a page."""
    whole = np.empty((3, room))
    return whole[0].view(np.int64), whole[1], whole[2]


class EventColumns:
    """All tags of a file.

    A session start is remembered with the points before it, of those tags that have new points
    since the start before: a file of many starts must not cost their number times that of tags.
    """

    def __init__(self) -> None:
        self.by_tag: dict[bytes, Column] = {}
        self.session_starts: list[tuple[int, dict[bytes, int]]] = []
        self._grown: set[bytes] = set()
        self.share = 1.0
        """Part of the file read so far, to guess how much room a column needs."""

    def column(self, tag: bytes) -> Column:
        """The column of a tag to append to, new if need be."""
        self._grown.add(tag)
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
        grown = {tag: len(self.by_tag[tag]) for tag in self._grown if tag in self.by_tag}
        self._grown.clear()
        self.session_starts.append((step, grown))
