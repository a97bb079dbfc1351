"""Many rows of frames → columns, by machine words: each field is fetched once and serves both.

The bytes of a field (wall time, step, value) become a column of uint64. Its checksum is looked
up two bytes at a time: half the look-ups of `decoding.checksums_hold`, which pays for the larger
tables when there are many rows. Exact for every row, for the same reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lrdiag.runs import FloatArray, IntArray
from lrdiag.sources.checksums import Bytes, Words, crc32c, distance_table, masked_words
from lrdiag.sources.decoding import Flags, Points
from lrdiag.sources.framing import HEADER
from lrdiag.sources.templates import Template

MANY = 2048
"""Rows from which this pays (measured)."""
_LONGEST = 8
_TABLES = 40

Column = npt.NDArray[np.uint64]


class Part(NamedTuple):
    """One or two bytes (`size`) at byte `at` of a field that are not the same in all rows."""

    at: int
    size: int


class Field(NamedTuple):
    """A field of all rows: its `size` bytes as one number, and the parts of it that vary."""

    column: Column
    size: int
    parts: tuple[Part, ...]


@lru_cache(_TABLES)
def _pair_table(distance: int) -> Words:
    """uint32[65536]: what two bytes add to a checksum, the first `distance` bytes from the end."""
    low, high = distance_table(distance), distance_table(distance - 1)
    return (high[:, None] ^ low[None, :]).reshape(-1)


def fits_words(templates: Sequence[Template]) -> bool:
    """Whether all fields are at most eight bytes long (steps below zero are ten)."""
    return all(t.step_size <= _LONGEST for t in templates)


def decode_words(rows: Bytes, common: Flags, templates: Sequence[Template]) -> list[Points]:
    """Columns of every frame of contiguous rows (uint8[n, size]), which hold these layouts.

    `common`: bool[size], bytes that are the same in all rows. See `fits_words`.
    """
    points: list[Points] = []
    first: Field | None = None
    steps, fits = np.zeros(len(rows), np.int64), None
    at = 0
    for template in templates:
        step = _field(rows, common, at + template.step_at, template.step_size)
        alike = first is not None and first.size == step.size
        if first is None or not (alike and np.array_equal(step.column, first.column)):
            steps, fits = _steps(step.column, template.step_size)
            first = step
        points.append(_points(rows, common, at, template, step=first, steps=(steps, fits)))
        at += template.size
    return points


def _points(
    rows: Bytes,
    common: Flags,
    at: int,
    template: Template,
    *,
    step: Field,
    steps: tuple[IntArray, Flags | None],
) -> Points:
    wall = _field(rows, common, at + template.wall_at, 8)
    places = [(template.wall_at, wall), (template.step_at, step)]
    values: list[FloatArray] = []
    for _, place, code in template.values:
        value = _field(rows, common, at + place, 4 if code == "f" else 8)
        places.append((place, value))
        values.append(_numbers(value.column, code))
    frame = slice(at, at + template.size)
    keep = _checksums_hold(rows[:, frame], common[frame], places)
    if steps[1] is not None:
        keep &= steps[1]
    none = None if keep.all() else keep
    return Points(steps[0], wall.column.view(np.float64), tuple(values), none)


def _field(rows: Bytes, common: Flags, at: int, size: int) -> Field:
    """The `size` bytes, at most eight, at column `at`; zeros where there are none."""
    if not size:
        return Field(np.zeros(len(rows), np.uint64), 0, ())
    # Three bytes more than the field at most: the checksum behind every payload has four.
    kind = "<u4" if size <= 4 else "<u8"
    column = np.ndarray((len(rows),), kind, rows, at, (rows.shape[1],)).astype(np.uint64)
    if size not in (4, 8):
        column &= np.uint64((1 << 8 * size) - 1)
    return Field(column, size, tuple(_parts(~common[at : at + size])))


def _parts(varies: Flags) -> list[Part]:
    """Cut a field into pairs of bytes that vary, and single ones."""
    parts: list[Part] = []
    free = 0
    for at in np.flatnonzero(varies).tolist():
        if at < free:
            continue
        size = 2 if at + 1 < len(varies) and varies[at + 1] else 1
        parts.append(Part(at, size))
        free = at + size
    return parts


def _steps(column: Column, size: int) -> tuple[IntArray, Flags | None]:
    """`decoding.decode_steps` of the varints in a column."""
    steps = column & np.uint64(0x7F)
    for k in range(1, size):
        steps |= (column >> np.uint64(k)) & np.uint64(0x7F << 7 * k)
    more = sum(0x80 << 8 * k for k in range(size - 1))
    last = 0x80 << 8 * (size - 1) if size else 0
    fits = (column & np.uint64(more | last)) == np.uint64(more)
    return steps.view(np.int64), None if fits.all() else fits


def _numbers(column: Column, code: str) -> FloatArray:
    if code == "d":
        return column.view(np.float64)
    return column.astype(np.uint32).view(np.float32).astype(np.float64)


def _checksums_hold(frames: Bytes, common: Flags, fields: Sequence[tuple[int, Field]]) -> Flags:
    """bool[n]: which frames carry their payload's checksum; fields with their places in it."""
    end = frames.shape[1] - 4
    reference = np.where(common, frames[0], np.uint8(0))
    crc = np.full(len(frames), crc32c(reference[HEADER:end].tobytes()), np.uint32)
    index, part = np.empty(len(frames), np.uint64), np.empty(len(frames), np.uint32)
    for place, field in fields:
        for at, size in field.parts:
            taken = field.column
            if at:
                taken = np.right_shift(taken, np.uint64(8 * at), out=index)
            if at + size < field.size:
                taken = np.bitwise_and(taken, np.uint64((1 << 8 * size) - 1), out=index)
            distance = end - 1 - place - at
            table = distance_table(distance) if size == 1 else _pair_table(distance)
            crc ^= table.take(taken.view(np.int64), out=part, mode="clip")
    return np.asarray(masked_words(crc) == frames[:, end:].view("<u4")[:, 0])
