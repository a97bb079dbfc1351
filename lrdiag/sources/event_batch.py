"""Frames in any order, read in bulk: grouped by layout, given back in order of position."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from lrdiag.runs import FloatArray, IntArray
from lrdiag.sources.checksums import Bytes, Positions
from lrdiag.sources.decoding import Points, common_bytes, decode, matches
from lrdiag.sources.event_columns import EventColumns
from lrdiag.sources.templates import Template, Templates

_FEW = 6
"""Frames of one layout up to which reading each on its own is cheaper (measured)."""
_LARGEST = 1024
"""Frames above this size are read one by one here; they are rarely scalars."""
_LEARNT_AT_ONCE = 64
_Piece = tuple[Positions, IntArray, FloatArray, FloatArray]


class Batch:
    """Points of a stretch of frames, by tag, each with its position in the buffer.

    Attributes:
        rejected: positions and sizes of frames to be looked at one by one, in order.
        frames: how many frames were read in bulk.
    """

    def __init__(self) -> None:
        self.pieces: dict[bytes, list[_Piece]] = {}
        self.frames = 0
        self._single: dict[bytes, list[tuple[int, int, float, float]]] = {}
        self.rejected: list[tuple[int, int]] = []

    def read(self, buffer: Bytes, starts: Positions, sizes: Positions, known: Templates) -> None:
        """Read frames in bulk; what fits no layout goes to `rejected`."""
        small = sizes <= _LARGEST
        self._reject(starts[~small], sizes[~small])
        starts, sizes = starts[small], sizes[small].astype(np.uint16)
        order = np.argsort(sizes, kind="stable")
        starts, sizes = starts[order], sizes[order]
        edges = [0, *(np.flatnonzero(np.diff(sizes)) + 1).tolist(), len(sizes)]
        for first, end in pairwise(edges):
            if end > first:
                self._read_size(buffer, starts[first:end], int(sizes[first]), known)
        self.rejected.sort()
        self.frames = len(small) - len(self.rejected)

    def add_one(self, tag: bytes, place: int, step: int, wall: float, value: float) -> None:
        """Take one point of the frame at a position."""
        self._single.setdefault(tag, []).append((place, step, wall, value))

    def add(self, where: Positions, template: Template, points: Points) -> None:
        """Take the points of frames of one layout, in order of position."""
        step, wall, keep = points.step, points.wall, points.keep
        if keep is not None:
            where, step, wall = where[keep], step[keep], wall[keep]
        for (tag, _, _), value in zip(template.values, points.values, strict=True):
            chosen = value if keep is None else value[keep]
            self.pieces.setdefault(tag, []).append((where, step, wall, chosen))

    def write(self, columns: EventColumns) -> None:
        """Append all points to their columns, in order of position."""
        for tag, rows in self._single.items():
            self.pieces.setdefault(tag, []).append(_piece(rows))
        for tag, pieces in self.pieces.items():
            columns.add(tag, *_in_order(pieces))

    def _reject(self, starts: Positions, sizes: Positions) -> None:
        self.rejected += zip(starts.tolist(), sizes.tolist(), strict=True)

    def _read_size(self, buffer: Bytes, starts: Positions, size: int, known: Templates) -> None:
        if len(starts) <= _FEW:
            self._reject(starts, np.full(len(starts), size))
            return
        rows = _gather(buffer, starts, size)
        labels = _labels(rows, known)
        index = known.index(size)
        order = np.argsort(labels.astype(np.int16), kind="stable")
        edges = np.flatnonzero(np.diff(labels[order])) + 1
        for chosen in np.split(order, edges):
            label = int(labels[chosen[0]])
            if label < 0 or index is None:
                self._reject(starts[chosen], np.full(len(chosen), size))
            else:
                self._read_layout(rows[chosen], starts[chosen], index.templates[label])

    def _read_layout(self, rows: Bytes, starts: Positions, template: Template) -> None:
        common = common_bytes(rows)
        if not matches(template, rows[0], common):
            fixed = template.fixed
            fits = (rows[:, fixed] == template.row[fixed]).all(axis=1)
            self._reject(starts[~fits], np.full(int((~fits).sum()), template.size))
            rows, starts = rows[fits], starts[fits]
            if not len(rows):
                return
            common = common_bytes(rows)
        points = decode(template, rows, common)
        if points.keep is not None:
            bad = starts[~points.keep]
            self._reject(bad, np.full(len(bad), template.size))
        self.add(starts, template, points)


def _gather(buffer: Bytes, starts: Positions, size: int) -> Bytes:
    """uint8[n, size]: the frames as rows."""
    whole = np.ndarray((len(buffer) - size + 1,), f"V{size}", buffer, 0, (1,))
    return whole[starts].view(np.uint8).reshape(len(starts), size)


def _labels(rows: Bytes, known: Templates) -> Positions:
    """Layout of each row as an index into the templates of this size, -1 for none.

    Layouts that are new are learnt from the first row that shows them.
    """
    size = rows.shape[1]
    odd = np.zeros(len(rows), bool)
    labels = np.full(len(rows), -1, np.int64)
    for _ in range(_LEARNT_AT_ONCE):
        index = known.index(size)
        if index is not None:
            labels = index.labels(rows)
        unknown = np.flatnonzero((labels < 0) & ~odd)
        if not len(unknown):
            break
        if known.of(rows[unknown[0]].tobytes()) is None:
            odd[unknown[0]] = True
    return labels


def _piece(rows: Sequence[tuple[int, int, float, float]]) -> _Piece:
    place, step, wall, value = zip(*rows, strict=True)
    return (
        np.array(place, np.int64), np.array(step, np.int64),
        np.array(wall, np.float64), np.array(value, np.float64),
    )  # fmt: skip


def _in_order(pieces: Sequence[_Piece]) -> tuple[IntArray, FloatArray, FloatArray]:
    if len(pieces) == 1:
        return pieces[0][1:]
    where, step, wall, value = (np.concatenate(column) for column in zip(*pieces, strict=True))
    order = np.argsort(where, kind="stable")
    return step[order], wall[order], value[order]
