"""Rows of frames of one layout → columns, every checksum verified."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lrdiag.runs import FloatArray, IntArray
from lrdiag.sources.checksums import Bytes, crc32c, distance_table, masked, masked_words
from lrdiag.sources.framing import HEADER
from lrdiag.sources.templates import Template

Flags = npt.NDArray[np.bool_]
_FEW = 24
"""Rows up to which a checksum a row is cheaper than table columns (measured)."""

_PASS = 4096
"""Bytes of rows that are compared in one stride (measured)."""


class Points(NamedTuple):
    """Columns of n frames: `step`, `wall`, one float64[n] in `values` for each scalar.

    `keep`: bool[n], False where a frame must be looked at on its own (its checksum is wrong,
    or its step has another length); None if all are fine.
    """

    step: IntArray
    wall: FloatArray
    values: tuple[FloatArray, ...]
    keep: Flags | None


def common_bytes(rows: Bytes) -> Flags:
    """bool[size]: bytes that are the same in all rows of contiguous uint8[n, size]."""
    count, size = rows.shape
    together = _PASS // size
    if count < 4 * together or together < 2:
        return np.asarray(np.logical_and.reduce(rows == rows[0], axis=0))
    # Several rows at a time: longer strides cost less than short ones.
    even = count - count % together
    wide = rows[:even].reshape(-1, together * size)
    either = np.bitwise_or.reduce(wide, axis=0).reshape(together, size)
    both = np.bitwise_and.reduce(wide, axis=0).reshape(together, size)
    either = np.bitwise_or.reduce(np.concatenate([either, rows[even:]]), axis=0)
    both = np.bitwise_and.reduce(np.concatenate([both, rows[even:]]), axis=0)
    return np.asarray(either == both)


def matches(template: Template, first: Bytes, common: Flags) -> bool:
    """Whether rows with these common bytes all have the layout of `template`."""
    fixed = template.fixed
    if not common[fixed].all():
        return False
    return bool((first[fixed] == template.row[fixed]).all())


Steps = tuple[IntArray, Flags | None]


def decode(template: Template, rows: Bytes, common: Flags) -> Points:
    """Columns of rows (contiguous uint8[n, size]) that match `template`."""
    steps, fits = decode_steps(template, rows, common)
    sound = checksums_hold(rows, common)
    return points_of(template, rows, 0, steps, sound if fits is None else sound & fits)


def points_of(
    template: Template, rows: Bytes, at: int, steps: IntArray, keep: Flags | None
) -> Points:
    """Wall times and values of the frames that begin at column `at` of contiguous rows."""
    wall = _column(rows, at + template.wall_at, "d")
    values = tuple([_column(rows, at + place, code) for _, place, code in template.values])
    return Points(steps, wall, values, None if keep is None or keep.all() else keep)


def _column(rows: Bytes, at: int, code: str) -> FloatArray:
    kind = "<f4" if code == "f" else "<f8"
    field: FloatArray = np.ndarray((len(rows),), kind, rows, at, (rows.shape[1],))
    return field.astype(np.float64)


def decode_steps(template: Template, rows: Bytes, common: Flags) -> Steps:
    """Steps (int64[n]) from their varints, and where the varint has the template's length."""
    at, size = template.step_at, template.step_size
    steps = np.zeros(len(rows), np.int64)
    fixed = 0
    fits: Flags | None = None
    for k in range(size):
        more = 0x80 if k < size - 1 else 0
        if common[at + k]:
            byte = int(rows[0, at + k])
            good = byte & 0x80 == more
            fits = fits if good else np.zeros(len(rows), bool)
            fixed += (byte - more) << (7 * k)
            continue
        column = rows[:, at + k]
        right = column >= 0x80 if more else column < 0x80
        if not right.all():
            fits = right if fits is None else fits & right
        steps += column.astype(np.int64) << np.int64(7 * k)
        fixed -= more << (7 * k)
    fixed &= 0xFFFFFFFFFFFFFFFF
    if fixed:
        steps += np.int64(fixed - (1 << 64) if fixed >> 63 else fixed)
    return steps, fits


def checksums_hold(rows: Bytes, common: Flags) -> Flags:
    """bool[n]: which rows have the payload checksum that they carry.

    Exact for every row: the checksum of what the rows have in common, XORed with a table entry
    for each byte that differs (see `checksums`).
    """
    if len(rows) <= _FEW:
        return np.array([_holds(row) for row in rows])
    end = rows.shape[1] - 4
    varying = np.flatnonzero(~common[HEADER:end]) + HEADER
    reference = rows[0].copy()
    reference[varying] = 0
    base = crc32c(reference[HEADER:end])
    crc: npt.NDArray[np.uint32] | None = None
    for at in varying.tolist():
        part = distance_table(end - 1 - at).take(rows[:, at], mode="clip")
        if crc is None:
            crc = part
        else:
            crc ^= part
    if crc is None:
        crc = np.zeros(len(rows), np.uint32)
    crc ^= np.uint32(base)
    return np.asarray(masked_words(crc) == rows[:, end:].view("<u4")[:, 0])


def _holds(row: Bytes) -> bool:
    frame = row.tobytes()
    return masked(crc32c(frame[HEADER:-4])) == int.from_bytes(frame[-4:], "little")
