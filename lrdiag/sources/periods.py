"""Runs of frames that repeat: a loop logs the same tags each step.

A stretch of such frames is a matrix of bytes, one row a step. Showing once that all rows agree
in every byte that is not a wall time, step, value or checksum replaces parsing each frame.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lrdiag.sources.checksums import Bytes
from lrdiag.sources.decoding import Flags, Points, common_bytes, decode, decode_steps
from lrdiag.sources.templates import Template

_TRIED = 4
_FIRST_ROWS = 96


class Period(NamedTuple):
    """`lead` frames, then the layouts that repeat."""

    lead: int
    templates: list[Template]


class Row:
    """The layouts of one row: `templates`, and row, varying and fixed bytes of all together."""

    def __init__(self, templates: Sequence[Template]) -> None:
        self.templates = tuple(templates)
        self.example = np.concatenate([t.row for t in templates])
        self.varies = np.concatenate([t.varies for t in templates])
        self.fixed = np.flatnonzero(~self.varies)

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
    for some in (rows[:_FIRST_ROWS], rows):
        common = common_bytes(some)
        odd = np.flatnonzero(~(common | row.varies))
        if len(odd):
            good = int(np.argmax((some[:, odd] != rows[0, odd]).any(axis=1)))
            return first_rows(Rows(rows, common), good)
    return Rows(rows, common)


def first_rows(found: Rows, count: int) -> Rows:
    """The first `count` rows."""
    rows = found.rows[:count]
    return Rows(rows, common_bytes(rows) if count else found.common)


def decode_rows(found: Rows, templates: Sequence[Template]) -> list[Points]:
    """Columns of every layout of the period, in order."""
    points: list[Points] = []
    at = 0
    first = templates[0]
    steps = decode_steps(first, found.rows[:, : first.size], found.common[: first.size])
    for template in templates:
        rows = found.rows[:, at : at + template.size]
        common = found.common[at : at + template.size]
        same = template is first or _same_steps(found.rows, first, template, at)
        points.append(decode(template, rows, common, steps if same else None))
        at += template.size
    return points


def _same_steps(rows: Bytes, first: Template, other: Template, at: int) -> bool:
    size = first.step_size
    if size != other.step_size:
        return False
    one = rows[:, first.step_at : first.step_at + size]
    two = rows[:, at + other.step_at : at + other.step_at + size]
    return bool((one == two).all())
