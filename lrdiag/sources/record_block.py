"""Many flat records at once: a block of JSON lines as columns, where that gives the same rows.

Taking the fields of one record at a time costs five times what `json.loads` does. A block is
taken at once only if each of its lines is one object of numbers and words, and no row depends on
the record before it; otherwise the caller reads line by line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lrdiag.runs import FloatArray, IntArray
from lrdiag.sources.json_text import MAX_RECORD
from lrdiag.sources.records import SPLIT_WORDS, RecordNames, RecordRows, as_number
from lrdiag.sources.rows import Rows
from lrdiag.sources.table_cells import epoch_seconds, wall_time

_NUMBERS = frozenset((int, float))
_MAX_SHAPES = 8
"""Sets of keys in a block; more are read one by one."""


class Column(NamedTuple):
    """float64[n] values, bool[n] where there is a number (None: everywhere), words as written."""

    values: FloatArray
    present: npt.NDArray[np.bool_] | None = None
    words: Sequence[str] = ()


def add_block(rows: RecordRows, number: int, data: bytes) -> bool:
    """Add the records of whole lines (the first is line `number`); False if none was added."""
    records = flat_records(data)
    if records is None:
        return False
    groups: dict[tuple[str, ...], list[int]] = {}
    for row, keys in enumerate(map(tuple, records)):
        groups.setdefault(keys, []).append(row)
    if len(groups) > _MAX_SHAPES or not rows.independent(groups):
        return False
    block = _Block(len(records))
    for keys, at in groups.items():
        columns = _columns(keys, records if len(groups) == 1 else [records[row] for row in at])
        if columns is None or not block.add(columns, np.array(at, np.int64), rows):
            return False
    rows.add_rows(block.rows(number))
    return True


def flat_records(data: bytes) -> list[dict[str, Any]] | None:
    """The objects of lines that hold one flat object each; None if one is anything else.

    The lines are made into one array. No JSON string may hold a bare line end, and no value here
    an opening bracket, so that no object can go on over two lines.
    """
    data = data.replace(b"\r\n", b"\n")
    if len(data) > MAX_RECORD or not data.startswith(b"{") or not data.endswith(b"}\n"):
        return None
    count = data.count(b"\n")
    if data.count(b"}\n{") != count - 1 or data.count(b"{") != count or b"[" in data:
        return None
    try:
        records: list[dict[str, Any]] = json.loads(
            "[" + data[:-1].decode().replace("\n", ",\n") + "]"
        )
    except (ValueError, RecursionError):
        return None
    return records if len(records) == count else None


def _columns(
    keys: tuple[str, ...], records: Sequence[Mapping[str, Any]]
) -> dict[str, Column] | None:
    """A column a key; None if one holds words in some rows only, or an integer beyond float64."""
    found: dict[str, Column] = {}
    for key, values in zip(keys, zip(*(r.values() for r in records), strict=True), strict=True):
        kinds = set(map(type, values))
        if str in kinds and len(kinds) > 1:
            return None
        try:
            found[key] = _column(values, kinds)
        except OverflowError:
            return None
    return found


def _column(values: Sequence[Any], kinds: set[type]) -> Column:
    if kinds <= _NUMBERS:
        return Column(np.array(values, np.float64))
    words: Sequence[str] = values if str in kinds else ()
    meant = {word: as_number(word) for word in set(words)}
    known = [meant[v] for v in words] or [v if type(v) in _NUMBERS else None for v in values]
    return Column(np.array(known, np.float64), np.array([v is not None for v in known]), words)


class _Block:
    """The rows of a block, filled by the records of one set of keys after another."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._index: dict[str, FloatArray] = {}
        self._cells: dict[str, list[tuple[IntArray, FloatArray]]] = {}

    def add(self, columns: dict[str, Column], at: IntArray, known: RecordRows) -> bool:
        """Add records at rows `at`; False if only some have the index, or words say what it is."""
        names = known.names_of(tuple(columns))
        if _says_more(columns, names):
            return False
        for key in names.wall:
            self._put_times(columns[key], at)
        for kind, wanted in (("step", names.step), ("epoch", names.epoch)):
            key = next((name for name in wanted if _somewhere(columns[name])), "")
            if key:
                values, present, _ = columns.pop(key)
                if present is not None and not present.all():
                    return False
                self._of(kind)[at] = values
        for tag, (values, present, _) in columns.items():
            rows = at if present is None else at[present]
            if len(rows):
                part = (rows, values if present is None else values[present])
                self._cells.setdefault(tag, []).append(part)
        return True

    def _of(self, kind: str) -> FloatArray:
        return self._index.setdefault(kind, np.full(self._count, np.nan))

    def _put_times(self, column: Column, at: IntArray) -> None:
        every = self._of("wall")
        for i in np.flatnonzero(np.isnan(every[at])).tolist():
            if column.words:
                seconds = wall_time(column.words[i][:40])
            else:
                seconds = epoch_seconds(float(column.values[i]))
            every[at[i]] = np.nan if seconds is None else seconds

    def rows(self, number: int) -> Rows:
        """The rows; the first is line `number`."""
        wall = self._index.get("wall")
        return Rows(
            np.arange(number, number + self._count),
            self._index.get("step"),
            self._index.get("epoch"),
            None if wall is None or np.isnan(wall).all() else wall,
            dict(sorted(map(_cell, self._cells.items()), key=lambda cell: int(cell[1][0][0]))),
        )


def _says_more(columns: Mapping[str, Column], names: RecordNames) -> bool:
    """Whether a word says of which split or tag a record is."""
    if names.tag and names.value and columns[names.tag].words:
        return True
    return any(
        word.lower() in SPLIT_WORDS for key in names.split for word in set(columns[key].words)
    )


def _somewhere(column: Column) -> bool:
    return column.present is None or bool(column.present.any())


def _cell(
    item: tuple[str, list[tuple[IntArray, FloatArray]]],
) -> tuple[str, tuple[IntArray, FloatArray]]:
    """The rows and values of a tag, in order, from those of each set of keys."""
    tag, parts = item
    if len(parts) == 1:
        return tag, parts[0]
    at = np.concatenate([rows for rows, _ in parts])
    order = np.argsort(at)
    return tag, (at[order], np.concatenate([values for _, values in parts])[order])
