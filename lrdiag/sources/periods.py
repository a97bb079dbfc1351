"""Runs of frames that repeat: a loop logs the same tags each step.

A stretch of such frames is a matrix of bytes, one row a step. Showing once that all rows agree
in every byte that is not a wall time, step, value or checksum replaces parsing each frame.
"""

from __future__ import annotations

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


def find_period(layouts: Sequence[Template | None]) -> Period | None:
    """The first stretch of layouts that is at once followed by the same stretch again."""
    found = list(layouts)
    for lead, template in enumerate(found):
        if template is None:
            continue
        again = lead
        for _ in range(_TRIED):
            try:
                again = found.index(template, again + 1)
            except ValueError:
                break
            once = found[lead:again]
            if None not in once and once == found[again : 2 * again - lead]:
                return Period(lead, [t for t in once if t is not None])
    return None


class Rows(NamedTuple):
    """uint8[n, period] rows that repeat, and which bytes are the same in all."""

    rows: Bytes
    common: Flags


def repeated_rows(buffer: Bytes, at: int, stop: int, templates: Sequence[Template]) -> Rows:
    """The longest run of rows from `at` that agree in all fixed bytes with the first row.

    The first row is known to match the templates.
    """
    size = sum(t.size for t in templates)
    count = (stop - at) // size
    rows = buffer[at : at + count * size].reshape(count, size)
    varies = np.concatenate([t.varies for t in templates])
    for some in (rows[:_FIRST_ROWS], rows):
        common = common_bytes(some)
        odd = np.flatnonzero(~(common | varies))
        if len(odd):
            good = int(np.argmax((some[:, odd] != rows[0, odd]).any(axis=1)))
            return Rows(rows[:good], common_bytes(rows[:good]))
    return Rows(rows, common)


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
