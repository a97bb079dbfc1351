"""Runs of frames that repeat: a loop logs the same tags each step.

A stretch of such frames is a matrix of bytes, one row a step. Showing once that all rows agree
in every byte that is not a wall time, step, value or checksum replaces parsing each frame.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lrdiag.sources.checksums import (
    Bytes,
    Positions,
    Words,
    crc32c,
    distance_table,
    masked_words,
)
from lrdiag.sources.decoding import (
    Flags,
    Points,
    checksums_hold,
    common_bytes,
    decode_steps,
    points_of,
)
from lrdiag.sources.framing import FRAME
from lrdiag.sources.templates import Template
from lrdiag.sources.word_columns import MANY, decode_words, fits_words

_TRIED = 4
_FEW_ROWS, _TABLE_ROWS = 24, 1024
"""Rows between which checksums of all frames of a row are worked out together (measured)."""


class Period(NamedTuple):
    """`lead` frames, then the layouts that repeat."""

    lead: int
    templates: list[Template]


class Row:
    """The layouts of one row: `templates`, and row, varying and fixed bytes of all together.

    `alone`: it came once, before the rows that repeat (step 0 has no step field).
    """

    def __init__(self, templates: Sequence[Template], *, alone: bool = False) -> None:
        self.templates = tuple(templates)
        self.alone = alone
        self.example = np.concatenate([t.row for t in templates])
        self.varies = np.concatenate([t.varies for t in templates])
        self.fixed = np.flatnonzero(~self.varies)
        starts = np.cumsum([0, *(t.size for t in self.templates[:-1])])
        self.steps_at = starts + np.array([t.step_at for t in self.templates])
        self._tables: tuple[Words, Positions, Positions] | None = None

    def checksum_tables(self) -> tuple[Words, Positions, Positions]:
        """Checksum tables (flat, 256 a byte) of the bytes that vary, these bytes, payload ends."""
        if self._tables is None:
            ends = np.cumsum([t.size for t in self.templates]) - 4
            payload = self.varies.copy()
            payload[(ends[:, None] + np.arange(4)).ravel()] = False
            places = np.flatnonzero(payload)
            after = ends[np.searchsorted(ends, places, side="right")] - 1 - places
            tables = np.concatenate([distance_table(k) for k in after.tolist()])
            self._tables = tables, places, ends
        return self._tables

    def begins(self, buffer: Bytes, at: int, stop: int) -> bool:
        """Whether a whole row of these layouts lies at `at`."""
        if at + len(self.example) > stop:
            return False
        there = buffer[at : at + len(self.example)]
        return bool((there[self.fixed] == self.example[self.fixed]).all())


_LOCAL = threading.local()
_REMEMBERED = 512


def remember_row(row: Row) -> None:
    """Keep a row for later files of this thread: the runs of a sweep log the same rows."""
    rows = _rows()
    if len(rows) >= _REMEMBERED:
        rows.clear()
    rows[row.templates[0]] = row


def remember_lead(layouts: Sequence[Template | None]) -> None:
    """Keep the layouts that came before the rows that repeat."""
    lead = [layout for layout in layouts if layout is not None]
    if len(lead) == len(layouts) and remembered_row(lead[0]) is None:
        remember_row(Row(lead, alone=True))


def row_of(templates: Sequence[Template]) -> Row:
    """The row of these layouts, the remembered one if it is the same."""
    known = remembered_row(templates[0])
    return known if known and known.templates == tuple(templates) else Row(templates)


def remembered_row(first: Template) -> Row | None:
    """The row that was last seen to begin with a layout."""
    return _rows().get(first)


def _rows() -> dict[Template, Row]:
    rows: dict[Template, Row] | None = getattr(_LOCAL, "rows", None)
    if rows is None:
        rows = _LOCAL.rows = {}
    return rows


def find_period(layouts: Sequence[Template | None]) -> Period | None:
    """The first stretch of layouts that is at once followed by the same stretch again."""
    found = list(layouts)
    places: dict[Template | None, list[int]] = {}
    for place, template in enumerate(found):
        places.setdefault(template, []).append(place)
    for lead, template in enumerate(found):
        if template is None:
            continue
        del places[template][0]
        for again in places[template][:_TRIED]:
            once = found[lead:again]
            if None not in once and once == found[again : 2 * again - lead]:
                return Period(lead, [t for t in once if t is not None])
    return None


class Rows(NamedTuple):
    """uint8[n, period] rows that repeat, and which bytes are the same in all."""

    rows: Bytes
    common: Flags


def repeated_rows(buffer: Bytes, at: int, stop: int, row: Row) -> Rows:
    """The longest run of rows from `at` that agree in all fixed bytes with the first row.

    The first row is known to have these layouts.
    """
    size = len(row.example)
    count = (stop - at) // size
    rows = buffer[at : at + count * size].reshape(count, size)
    while len(rows):
        rows = rows[: _likely_end(rows, row)]
        common = common_bytes(rows)
        odd = np.flatnonzero(~(common | row.varies))
        if not len(odd):
            return Rows(rows, common)
        rows = rows[: int(np.argmax((rows[:, odd] != rows[0, odd]).any(axis=1)))]
    return Rows(rows, row.varies)


def _likely_end(rows: Bytes, row: Row) -> int:
    """Where rows stop to agree with the first, by bisection: right if they agree up to there."""
    first = rows[0, row.fixed]
    low, high = 0, len(rows)
    if high > 1 and (rows[high - 1, row.fixed] == first).all():
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if (rows[middle, row.fixed] == first).all():
            low = middle
        else:
            high = middle
    return low + 1


def first_rows(found: Rows, count: int) -> Rows:
    """The first `count` rows."""
    rows = found.rows[:count]
    return Rows(rows, common_bytes(rows) if count else found.common)


def decode_rows(found: Rows, row: Row) -> list[Points]:
    """Columns of every layout of the period, in order."""
    rows, first = found.rows, row.templates[0]
    if len(rows) >= MANY and fits_words(row.templates):
        return decode_words(rows, found.common, row.templates)
    steps = decode_steps(first, rows[:, : first.size], found.common[: first.size])
    same = _same_steps(rows, row)
    sound = row_checksums_hold(rows, found.common, row) if _fits_table(rows) else None
    fine = sound is not None and bool(sound.all())
    points: list[Points] = []
    at = 0
    for k, template in enumerate(row.templates):
        place = slice(at, at + template.size)
        if not same and k:
            steps = decode_steps(template, rows[:, place], found.common[place])
        keep = None if fine else sound[k] if sound is not None else None
        if sound is None:
            keep = checksums_hold(rows[:, place], found.common[place])
        fits = steps[1]
        if fits is not None:
            keep = fits if keep is None else keep & fits
        points.append(points_of(template, rows, at, steps[0], keep))
        at += template.size
    return points


def _fits_table(rows: Bytes) -> bool:
    return _FEW_ROWS < len(rows) <= _TABLE_ROWS


def _same_steps(rows: Bytes, row: Row) -> bool:
    """Whether all frames of each row have the step of the first."""
    size = row.templates[0].step_size
    if any(t.step_size != size for t in row.templates):
        return False
    columns, first = rows.T, int(row.steps_at[0])
    if len(rows) <= _TABLE_ROWS:
        return all((columns[row.steps_at + k] == columns[first + k]).all() for k in range(size))
    return all(
        (columns[place + k] == columns[first + k]).all()
        for place in row.steps_at[1:].tolist()
        for k in range(size)
    )


def row_checksums_hold(rows: Bytes, common: Flags, row: Row) -> Flags:
    """bool[frames of a row, n]: `decoding.checksums_hold` of all frames of a row at once.

    Fewer, larger steps than frame by frame: it pays while the table of intermediate checksums
    fits the processor's cache.
    """
    tables, places, ends = row.checksum_tables()
    varying = ~common[places]
    chosen = places[varying]
    reference = rows[0].copy()
    reference[chosen] = 0
    base = [
        crc32c(reference[end - template.size + FRAME : end])
        for end, template in zip(ends.tolist(), row.templates, strict=True)
    ]
    crc = np.zeros((len(base), len(rows)), np.uint32)
    if len(chosen):
        columns = np.ascontiguousarray(rows.T[chosen])
        parts = tables.take(columns + (np.flatnonzero(varying) * 256)[:, None], mode="clip")
        start = 0
        for k, end in enumerate(np.searchsorted(chosen, ends).tolist()):
            np.bitwise_xor.reduce(parts[start:end], axis=0, out=crc[k])
            start = end
    crc ^= np.array(base, np.uint32)[:, None]
    stored_at = ends[:, None] + np.arange(4)
    stored = np.ascontiguousarray(rows[:, stored_at.ravel()]).view("<u4")
    return np.asarray(masked_words(crc) == stored.T)
