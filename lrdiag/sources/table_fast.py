"""Large, clean tables at once: checked in bulk, then parsed by pandas (or in plain Python).

A table is only read here if the check proves that row by row reading would give the same;
everything else is left to `table_reader`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lrdiag.runs import FloatArray, IntArray
from lrdiag.sources.rows import Rows
from lrdiag.sources.table_cells import number
from lrdiag.sources.table_columns import Columns

if TYPE_CHECKING:
    import pandas as pd

BoolArray = npt.NDArray[np.bool_]

PYTHON_BYTES = 1_500_000
"""Bytes a process parses in plain Python before it pays for importing pandas. Measured: pandas
takes 0.4 s to import and then parses 9 times as fast, so the costs meet at about 7 MB; the
limit is lower so that a folder of many files does not pay for both."""

_SMALL_FILE = 30_000
"""Below, plain Python beats a call of pandas even when it is imported (0.7 ms a call)."""

_SLICE = 1 << 18

_parsed_in_python = 0


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Parsed rows of a clean table.

    Attributes:
        columns: float64[rows] of each column; NaN in blank cells and where NaN is written.
        present: bool[rows] of each column, None: no blank cell.
    """

    columns: Sequence[FloatArray]
    present: Sequence[BoolArray | None]
    rows: int


def parse_block(
    body: bytes, start: int, delimiter: str, width: int, skip: frozenset[int]
) -> Block | None:
    """Rows of numbers, or None if they are not certainly clean.

    `body`: whole lines as UTF-8, the header not among those from byte `start` on. `skip`:
    columns that hold text.
    """
    if not is_regular(body, start, delimiter, width):
        return None
    if _use_pandas(len(body)):
        return _by_pandas(_Source(body, start, delimiter, width), skip)
    return _by_python(body[start:], delimiter, width, skip)


def is_regular(body: bytes, start: int, delimiter: str, width: int) -> bool:
    """Whether every line has as many cells as the header and none needs a closer look.

    The number of delimiters is compared in total; that no line has more is left to the parser,
    and if none has more and the total is right, none has fewer.
    """
    if not body.endswith(b"\n"):
        return False
    if any(body.find(sign, start) >= 0 for sign in (b'"', b"\0", b"_", b"u", b"U")):
        return False
    rows = _count(body, start, "\n")
    if body.find(b"\r", start) >= 0 and not (
        body.count(b"\r", start) == body.count(b"\r\n", start) == rows
    ):
        return False
    if width == 1:
        first = body[start : start + 1]
        return body.find(b"\n\n", start) < 0 and first not in b"\r\n" and b"\n\r" not in body
    return _count(body, start, delimiter) == rows * (width - 1)


def _count(body: bytes, start: int, sign: str) -> int:
    """Occurrences of a character, in slices that fit the processor's cache."""
    data = np.frombuffer(body, np.uint8, offset=start)
    code = ord(sign)
    slices = range(0, len(data), _SLICE)
    return sum(int(np.count_nonzero(data[at : at + _SLICE] == code)) for at in slices)


def _use_pandas(size: int) -> bool:
    global _parsed_in_python  # noqa: PLW0603 - what counts is the process, not the file
    if size < _SMALL_FILE:
        return False
    if "pandas" in sys.modules or _parsed_in_python + size > PYTHON_BYTES:
        return True
    _parsed_in_python += size
    return False


def _by_python(body: bytes, delimiter: str, width: int, skip: frozenset[int]) -> Block | None:
    text = body.decode("utf-8", "replace").replace("\r", "")
    if not _equal_widths(text, delimiter, width):
        return None
    cells = text.replace("\n", delimiter).split(delimiter)
    cells.pop()
    columns: list[FloatArray] = []
    present: list[BoolArray | None] = []
    for at in range(width):
        own = cells[at::width]
        if at in skip and any(number(cell) is not None for cell in own):
            return None
        parsed = _EMPTY if at in skip else _column(own)
        if parsed is None:
            return None
        columns.append(parsed[0])
        present.append(parsed[1])
    return Block(columns, present, len(cells) // width)


_EMPTY: tuple[FloatArray, BoolArray | None] = (np.zeros(0), None)


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


@dataclass(frozen=True, slots=True)
class _Source:
    """What pandas is to read: `body` from byte `start` on, `width` columns."""

    body: bytes
    start: int
    delimiter: str
    width: int

    def frame(self, columns: Sequence[int], dtype: Any) -> pd.DataFrame:
        """Some columns as float64 (blank, nan and NaN become NaN) or as text."""
        import pandas as pd

        options: dict[str, Any] = {}
        if tuple(int(n) for n in pd.__version__.split(".")[:2]) < (3, 1):
            options["float_precision"] = "round_trip"
        file = BytesIO(self.body)
        file.seek(self.start)
        frame: pd.DataFrame = pd.read_csv(
            file,
            sep=self.delimiter,
            header=None,
            names=list(range(self.width)),
            usecols=None if len(columns) == self.width else list(columns),
            dtype=dtype,
            keep_default_na=False,
            na_values=["", "nan", "NaN"] if dtype is np.float64 else [],
            skip_blank_lines=False,
            low_memory=False,
            engine="c",
            **options,
        )
        return frame

    def texts(self, at: int) -> pd.Series[str]:
        """The cells of a column as text."""
        return self.frame([at], str).iloc[:, 0]


def _by_pandas(source: _Source, skip: frozenset[int]) -> Block | None:
    import pandas as pd

    numbers = [at for at in range(source.width) if at not in skip]
    try:
        if any(_has_numbers(source.texts(at)) for at in skip):
            return None
        frame = source.frame(numbers, np.float64)
    except (pd.errors.ParserError, ValueError, OverflowError):
        return None
    if not isinstance(frame.index, pd.RangeIndex):
        return None
    columns = [_EMPTY[0]] * source.width
    present: list[BoolArray | None] = [None] * source.width
    written = any(source.body.find(sign, source.start) >= 0 for sign in (b"n", b"N"))
    for at in numbers:
        columns[at] = frame[at].to_numpy()
        if np.isnan(columns[at].sum()):  # infinities of both signs also end here
            present[at] = _present(source, at, columns[at], written=written)
    return Block(columns, present, len(frame))


def _has_numbers(cells: pd.Series[str]) -> bool:
    import pandas as pd

    return bool(pd.to_numeric(cells, errors="coerce").notna().any())


def _present(source: _Source, at: int, values: FloatArray, *, written: bool) -> BoolArray | None:
    """bool[rows]: whether a cell is not blank, None if none is; NaN may be written in it."""
    present: BoolArray = ~np.isnan(values)
    if written:
        present = np.asarray(source.texts(at).str.strip().to_numpy() != "", np.bool_)
    return None if present.all() else present


def rows_of(block: Block, columns: Columns, number: int) -> Rows:
    """A parsed block as rows; `number` is the line of its first row."""
    every = np.arange(block.rows)
    cells: dict[str, tuple[IntArray, FloatArray]] = {}
    for tag, value, present in zip(columns.tags, block.columns, block.present, strict=True):
        if not tag or len(value) < block.rows:
            continue
        at = every if present is None else np.flatnonzero(present)
        if len(at):
            cells[tag] = (at, value if present is None else value[at])
    wall = _index(block, columns.wall_time)
    return Rows(
        every + number,
        _index(block, columns.step),
        _index(block, columns.epoch),
        None if wall is None else seconds(wall),
        cells,
    )


def _index(block: Block, at: int | None) -> FloatArray | None:
    return None if at is None or len(block.columns[at]) < block.rows else block.columns[at]


def seconds(times: FloatArray) -> FloatArray:
    """Time stamps in seconds or milliseconds as float64 seconds; NaN for durations."""
    if len(times) and times.min() > 3e8 and times.max() < 1e10:
        return times
    times = np.where((times > 3e11) & (times < 1e13), times / 1000, times)
    return np.where((times > 3e8) & (times < 1e10), times, np.nan)


def pieces(number: int, data: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """(first line, whole lines) of about `size` bytes each."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start + size) + 1 or len(data)
        piece = data[start:end]
        yield number, piece
        number += piece.count(b"\n")
        start = end
