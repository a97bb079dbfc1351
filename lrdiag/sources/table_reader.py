"""Rows of a table into series: in bulk where they are clean, else line by line."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from lrdiag.runs import Series
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.rows import NAN, RowRecorder, series_of
from lrdiag.sources.table_block import BlockText, pieces, rows_of
from lrdiag.sources.table_cells import is_missing, is_number, number, number_list, wall_time
from lrdiag.sources.table_columns import Columns, columns_of, text_columns
from lrdiag.sources.table_dialect import FIT_ROWS, Dialect, is_rule
from lrdiag.sources.table_ending import looks_whole
from lrdiag.sources.table_fast import parse_block
from lrdiag.sources.table_quotes import whole_rows
from lrdiag.sources.text_lines import Line, lines_in

FAST_BYTES = 10_000
"""Blocks below are read line by line; there is nothing to gain."""
PIECE_BYTES = 1 << 20
"""A block with damage is cut into pieces of this size, so that only one is read slowly."""
_TAIL_BYTES = 8_192
_ROWS_ABOVE = 20
_SPLITS = frozenset(("train", "training", "val", "valid", "validation", "test", "eval", "dev"))


class TableReader:
    """Reads one table line by line."""

    def __init__(self, log: ProblemLog) -> None:
        self.log = log
        self.texts: list[str] = []
        self.recorder = RowRecorder()
        self._tail = b""
        self._last: deque[list[str]] = deque(maxlen=_ROWS_ABOVE)
        self._numbers: dict[int, int] = {}
        self._bad: dict[int, tuple[int, int, str]] = {}
        self._missing: dict[int, tuple[int, int]] = {}

    def block(self, number: int, data: bytes, start: int = 0) -> None:
        """Read whole lines: at once if they are clean, smaller pieces if not, then by line.

        `number` is the line at byte `start` of `data`.
        """
        if start >= len(data) or self._at_once(number, data, start):
            return
        for at, piece in pieces(number, data[start:], PIECE_BYTES):
            if len(piece) < len(data) and self._at_once(at, piece, 0):
                continue
            lines = lines_in(piece, at, self.log)
            for line in whole_rows(lines, self._dialect.split, lambda: self._width):
                self._line(line)

    def _at_once(self, number: int, data: bytes, start: int) -> bool:
        if len(data) < FAST_BYTES or not self._simple:
            return False
        text = self._text_columns
        source = BlockText(data, start, self._dialect.delimiter, self._width, text)
        found = parse_block(source)
        if found is None:
            return False
        self.recorder.add(rows_of(found, self._columns, number))
        for at in range(self._width):
            if at not in text:
                self._numbers[at] = self._numbers.get(at, 0) + found.rows
        self._tail = data[-_TAIL_BYTES:]
        return True

    def _cells_above(self) -> list[str]:
        """The last cells of the rows read last."""
        lines = self._tail.decode("utf-8", "replace").split("\n")[1:-1]
        rows = [self._dialect.split(line.removesuffix("\r")) or [] for line in lines]
        recent = [*rows, *self._last][-_ROWS_ABOVE:]
        return [row[-1] for row in recent if len(row) == self._width]

    def report_no_table(self, sample: Sequence[Line]) -> None:
        """Say that the file is empty or holds no table."""
        if not any(line.text.strip() for line in sample):
            self.log.add("empty-file", "the file is empty: no header, no rows")
            return
        action = "Give it a header line and one row a step or epoch."
        self.log.add(
            "not-a-table",
            "no table was found: no header line with rows of numbers",
            severity="error",
            line=sample[0].number,
            action=action,
        )

    def begin(self, dialect: Dialect, sample: Sequence[Line]) -> None:
        """Take the dialect and header found in the first lines."""
        self._dialect = dialect
        before = sample[: max(dialect.header_line, 0)]
        self.texts += [line.text for line in before if "Namespace(" in line.text]
        header: Sequence[str] = dialect.header
        if not header:
            header = self._invented_header(dialect, sample)
        if dialect.has_commas and dialect.style.decimal_comma:
            self.log.add("number-format", "numbers are read with a decimal comma", severity="info")
        self._use(header, sample[dialect.header_line + 1 :])

    def _invented_header(self, dialect: Dialect, sample: Sequence[Line]) -> list[str]:
        first = next(line for line in sample if line.text.strip())
        width = len(dialect.split(first.text) or ())
        self.log.add(
            "no-header",
            "the table has no header line: columns are called column_1, column_2, …",
            line=first.number,
            action="Write the column names into the first line.",
        )
        return [f"column_{i + 1}" for i in range(width)]

    def _use(self, header: Sequence[str], sample: Sequence[Line] = ()) -> None:
        self._header = [name.strip() for name in header]
        self._columns: Columns = columns_of(self._header, self.log)
        self._width = len(self._header)
        rows = [self._dialect.split(line.text) or [] for line in sample[:FIT_ROWS]]
        text = self._text_columns = text_columns(rows, self._width)
        columns = self._columns
        special = {columns.step, columns.epoch, columns.wall_time}
        self._simple = (
            self._dialect.delimiter in (",", ";", "\t")
            and not self._dialect.style.decimal_comma
            and columns.split is None
            and columns.tag is None
            and not special & text
        )
        for at in text if self._simple else ():
            self._bad.setdefault(at, (0, sample[0].number, ""))

    def _line(self, line: Line) -> None:
        text = line.text
        if not text.strip() or text.lstrip().startswith("#") or is_rule(text):
            return
        if "Namespace(" in text:
            self.texts.append(text)
            return
        cells = self._dialect.split(text)
        if cells is None:
            self._report_quote(line)
        elif self._is_header(cells):
            self._repeated_header(cells, line)
        else:
            self._cells(cells, line)

    def _report_quote(self, line: Line) -> None:
        if not line.ended:
            self._report_incomplete(line)
            return
        message = f"line {line.number} has a quote that is not closed; the row is left out"
        self.log.add("unbalanced-quote", message, line=line.number, lost=1)

    def _is_header(self, cells: Sequence[str]) -> bool:
        first = cells[0].strip()
        if not first or number(first) is not None:
            return False
        names = [c.strip() for c in cells if c.strip()]
        known = set(self._header)
        same = sum(1 for n in names if n in known)
        return 2 * same > len(names) and not any(is_number(n) and n not in known for n in names)

    def _repeated_header(self, cells: Sequence[str], line: Line) -> None:
        names = [c.strip() for c in cells]
        while names and not names[-1]:
            names.pop()
        if names == self._header[: len(names)] and (line.ended or len(names) == self._width):
            message = f"line {line.number} repeats the header (as after a resume); it is no row"
        elif line.ended:
            message = f"line {line.number} is a new header; the rows below are read by it"
            self._use(names)
        else:
            self._report_incomplete(line)
            return
        self.log.add("repeated-header", message, severity="info", line=line.number)

    def _cells(self, cells: list[str], line: Line) -> None:
        if len(cells) > self._width:
            if any(c.strip() for c in cells[self._width :]):
                self._report_width(cells, line, "left out")
                return
            del cells[self._width :]
        elif len(cells) < self._width and line.ended:
            self._report_width(cells, line, "the missing ones are taken as blank")
        if not line.ended:
            self._cut_open_end(cells, line)
        if cells:
            self._row(cells, line.number)
            self._last.append(cells)

    def _report_width(self, cells: Sequence[str], line: Line, outcome: str) -> None:
        message = (
            f"line {line.number} has {len(cells)} fields where the header has {self._width};"
            f" {outcome}"
        )
        action = "Look at how the row was written."
        self.log.add("ragged-row", message, line=line.number, lost=1, action=action)

    def _cut_open_end(self, cells: list[str], line: Line) -> None:
        """The last line has no line end: its last cell may be half a number."""
        if len(cells) == self._width and looks_whole(cells[-1], self._cells_above()):
            return
        cells.pop()
        self._report_incomplete(line)

    def _report_incomplete(self, line: Line) -> None:
        message = (
            f"line {line.number} is incomplete (no line end): the writer is still at it or was"
            " stopped; its last value is not used"
        )
        self.log.add("incomplete-line", message, severity="info", line=line.number, lost=1)

    def _row(self, cells: list[str], line: int) -> None:
        columns = self._columns
        step = self._index(cells, columns.step)
        epoch = self._index(cells, columns.epoch)
        wall = NAN
        if columns.wall_time is not None and columns.wall_time < len(cells):
            wall = wall_time(cells[columns.wall_time]) or NAN
        self.recorder.start(line, step, epoch, wall)
        prefix = self._prefix(cells)
        if columns.tag is not None and columns.value is not None:
            self._long_row(cells, prefix, line)
            return
        for at, cell in enumerate(cells):
            tag = columns.tags[at]
            if tag and cell:
                self._cell(prefix + tag, at, cell, line)

    def _index(self, cells: Sequence[str], at: int | None) -> float:
        if at is None or at >= len(cells):
            return NAN
        value = number(cells[at], self._dialect.style)
        return NAN if value is None else value

    def _prefix(self, cells: Sequence[str]) -> str:
        at = self._columns.split
        if at is None or at >= len(cells):
            return ""
        word = cells[at].strip().lower()
        return word + "/" if word in _SPLITS else ""

    def _long_row(self, cells: Sequence[str], prefix: str, line: int) -> None:
        tag_at, value_at = self._columns.tag, self._columns.value
        assert tag_at is not None and value_at is not None
        if max(tag_at, value_at) < len(cells):
            self._cell(prefix + cells[tag_at].strip(), value_at, cells[value_at], line)

    def _cell(self, tag: str, at: int, cell: str, line: int) -> None:
        value = number(cell, self._dialect.style)
        if value is not None:
            self.recorder.put(tag, value)
            self._numbers[at] = self._numbers.get(at, 0) + 1
        else:
            self._no_number(tag, at, cell, line)

    def _no_number(self, tag: str, at: int, cell: str, line: int) -> None:
        if is_missing(cell):
            if cell.strip():
                count, first = self._missing.get(at, (0, line))
                self._missing[at] = (count + 1, first)
            return
        listed = number_list(cell)
        if listed is None:
            bad, first, text = self._bad.get(at, (0, line, cell.strip()))
            self._bad[at] = (bad + 1, first, text)
            return
        self._numbers[at] = self._numbers.get(at, 0) + 1
        for i, value in enumerate(listed):
            self.recorder.put(f"{tag}/{i}", value)

    def finish(self) -> dict[str, Series]:
        """The series of everything read; what was odd about the cells goes into the log."""
        self._report_missing()
        self._report_bad_cells()
        rows = self.recorder.rows()
        if not len(rows.line):
            message = "the table has a header but no rows"
            self.log.add("no-rows", message, action="Nothing was logged yet, or the log was cut.")
        return series_of(rows, self.log, by_epoch=True)

    def _name(self, at: int) -> str:
        return repr(self._header[at]) if at < len(self._header) else f"{at + 1}"

    def _report_missing(self) -> None:
        for at, (count, line) in self._missing.items():
            message = f"column {self._name(at)}: {count} cells say that the value is missing"
            self.log.add("missing-values", message, severity="info", line=line)

    def _report_bad_cells(self) -> None:
        for at, (count, line, text) in self._bad.items():
            if at in (self._columns.split, self._columns.wall_time):
                continue
            if not self._numbers.get(at):
                message = f"column {self._name(at)} holds text, no numbers; it is left out"
                self.log.add("text-column", message, severity="info", line=line)
                continue
            message = f"column {self._name(at)}: {count} cells are no numbers, first {text[:40]!r}"
            self.log.add("bad-cell", message, line=line, lost=count)
