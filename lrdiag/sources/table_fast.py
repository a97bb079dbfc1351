"""Large, clean tables at once: checked in bulk, then parsed by Arrow, pandas or plain Python.

A table is only read here if the check proves that row by row reading would give the same;
everything else is left to `table_reader`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

import numpy as np

from lrdiag.runs import FloatArray
from lrdiag.sources.table_arrow import parse as by_arrow
from lrdiag.sources.table_block import NO_VALUES, Block, BlockText, BoolArray
from lrdiag.sources.table_cells import number
from lrdiag.sources.table_pandas import parse as by_pandas

PYTHON_BYTES = 1_000_000
"""Bytes a process parses in plain Python before it pays for importing a parser. Measured:
pandas takes 0.4 s to import (pyarrow 0.07 s) and both parse about 9 times as fast."""

_SMALL_FILE = 30_000
"""Below, plain Python beats a call of a parser even when it is imported (0.7 ms a call)."""

_SLICE = 1 << 18

_parsed_in_python = 0


def parse_block(text: BlockText) -> Block | None:
    """Rows of numbers, or None if they are not certainly clean."""
    if not text.body.endswith(b"\n"):
        return None
    parser = _parser(len(text.body) - text.start)
    regular = has_plain_ends(text) if parser is by_arrow else is_regular(text)
    return parser(text) if regular else None


def has_plain_ends(text: BlockText) -> bool:
    """Whether every line ends in a line feed and none in a lone carriage return.

    All that Arrow does not check itself: it takes no quotes, words or other widths.
    """
    body, start = text.body, text.start
    if body.find(b"\r", start) < 0:
        return True
    return body.count(b"\r", start) == body.count(b"\r\n", start)


def is_regular(text: BlockText) -> bool:
    """Whether every line has as many cells as the header and none needs a closer look.

    The number of delimiters is compared in total; that no line has more is left to the parser,
    and if none has more and the total is right, none has fewer.
    """
    body, start = text.body, text.start
    if any(body.find(sign, start) >= 0 for sign in (b'"', b"\0", b"_", b"u", b"U")):
        return False
    rows = _count(body, start, "\n")
    if body.find(b"\r", start) >= 0 and not (
        body.count(b"\r", start) == body.count(b"\r\n", start) == rows
    ):
        return False
    if text.width == 1:
        first = body[start : start + 1]
        return body.find(b"\n\n", start) < 0 and first not in b"\r\n" and b"\n\r" not in body
    return _count(body, start, text.delimiter) == rows * (text.width - 1)


def _count(body: bytes, start: int, sign: str) -> int:
    """Occurrences of a character, in slices that fit the processor's cache."""
    data = np.frombuffer(body, np.uint8, offset=start)
    code = ord(sign)
    slices = range(0, len(data), _SLICE)
    return sum(int(np.count_nonzero(data[at : at + _SLICE] == code)) for at in slices)


def _parser(size: int) -> Callable[[BlockText], Block | None]:
    """The cheapest parser for a block, given what this process has parsed and imported."""
    global _parsed_in_python  # noqa: PLW0603 - what counts is the process, not the file
    name = "pyarrow" if _has_pyarrow() else "pandas"
    if size < _SMALL_FILE:
        return _by_python
    if name not in sys.modules:
        _parsed_in_python += size
        if _parsed_in_python <= PYTHON_BYTES:
            return _by_python
    if name == "pyarrow":
        return by_arrow
    return by_pandas


@cache
def _has_pyarrow() -> bool:
    return find_spec("pyarrow") is not None


def _by_python(source: BlockText) -> Block | None:
    delimiter, width = source.delimiter, source.width
    text = source.body[source.start :].decode("utf-8", "replace").replace("\r", "")
    if not _equal_widths(text, delimiter, width):
        return None
    cells = text.replace("\n", delimiter).split(delimiter)
    cells.pop()
    columns = [NO_VALUES] * width
    present: list[BoolArray | None] = [None] * width
    for at in range(width):
        own = cells[at::width]
        if at in source.skip:
            if any(number(cell) is not None for cell in own):
                return None
            continue
        parsed = _column(own)
        if parsed is None:
            return None
        columns[at], present[at] = parsed
    return Block(columns, present, len(cells) // width)


def _equal_widths(text: str, delimiter: str, width: int) -> bool:
    lines = text.split("\n")
    lines.pop()
    return all(line.count(delimiter) == width - 1 for line in lines)


def _column(cells: list[str]) -> tuple[FloatArray, BoolArray | None] | None:
    try:
        return np.array([float(cell) for cell in cells]), None
    except ValueError:
        pass
    present = np.array([bool(cell.strip()) for cell in cells])
    try:
        return np.array([float(cell) if cell.strip() else np.nan for cell in cells]), present
    except ValueError:
        return None
