"""Rows of a table into series: in bulk where they are clean, else line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lrdiag.runs import Series
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.rows import NAN, RowRecorder, series_of
from lrdiag.sources.table_block import BlockText, pieces, rows_of
from lrdiag.sources.table_cells import is_missing, number, number_list, wall_time
from lrdiag.sources.table_columns import Columns, columns_of, text_columns
from lrdiag.sources.table_dialect import FIT_ROWS, Dialect, is_rule
from lrdiag.sources.table_ending import looks_whole
from lrdiag.sources.table_fast import parse_block
from lrdiag.sources.table_kinds import is_header_again
from lrdiag.sources.table_odd_cells import OddCells
from lrdiag.sources.table_quotes import whole_rows
from lrdiag.sources.table_rows_above import RowsAbove
from lrdiag.sources.text_lines import Line, lines_in

FAST_BYTES = 10_000
"""Blocks below are read line by line; there is nothing to gain."""
PIECE_BYTES = 1 << 20
"""A block with damage is cut into pieces of this size, so that only one is read slowly."""
_SPLITS = frozenset(("train", "training", "val", "valid", "validation", "test", "eval", "dev"))


class TableReader:
    """Reads one table line by line."""

    def __init__(self, log: ProblemLog) -> None:
        self.log = log
        self.texts: list[str] = []
        self.recorder = RowRecorder()
        self._above = RowsAbove()
        self._odd = OddCells()
        self._open_quotes = False

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
            for line in whole_rows(lines, self._split, lambda: self._width):
                self._line(line)

    def _split(self, text: str) -> list[str] | None:
        cells = self._dialect.split(text)
        self._open_quotes |= cells is None
        return cells

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
                self._odd.number(at, found.rows)
        self._above.add_block(data, start)
        return True

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
        rows = [self._dialect.split(line.text) or [] for line in sample[:FIT_ROWS]]
        names = [name.strip() for name in header]
        text = text_columns(rows, len(names))
        self._take(names, columns_of(names, self.log), text)
        if self._simple and text:
            self._odd.text_columns(text, sample[0].number)

    def _take(self, header: list[str], columns: Columns, text: frozenset[int]) -> None:
        self._header, self._columns, self._text_columns = header, columns, text
        self._width = len(header)
        self._simple = (
            self._dialect.delimiter in (",", ";", "\t")
            and not self._dialect.style.decimal_comma
            and columns.split is None
            and columns.tag is None
            and not {columns.step, columns.epoch, columns.wall_time} & text
        )

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
        elif is_header_again(cells, self._header):
            self._repeated_header(cells, line)
        else:
            self._cells(cells, line)

    def _report_quote(self, line: Line) -> None:
        if not line.ended:
            self._report_incomplete(line)
            return
        message = f"line {line.number} has a quote that is not closed; the row is left out"
        self.log.add("unbalanced-quote", message, line=line.number, lost=1)

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
            self._above.add(cells)

    def _report_width(self, cells: Sequence[str], line: Line, outcome: str) -> None:
        message = (
            f"line {line.number} has {len(cells)} fields where the header has {self._width};"
            f" {outcome}"
        )
        action = "Look at how the row was written."
        self.log.add("ragged-row", message, line=line.number, lost=1, action=action)

    def _cut_open_end(self, cells: list[str], line: Line) -> None:
        """The last line has no line end: its last cell may be half a number."""
        if len(cells) == self._width and looks_whole(cells[-1], self._last_cells()):
            return
        cells.pop()
        self._report_incomplete(line)

    def _last_cells(self) -> list[str]:
        return self._above.last_cells(self._dialect.split, self._width)

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
            self._odd.number(at)
        else:
            self._no_number(tag, at, cell, line)

    def _no_number(self, tag: str, at: int, cell: str, line: int) -> None:
        if is_missing(cell):
            if cell.strip():
                self._odd.missing(at, line)
            return
        listed = number_list(cell)
        if listed is None:
            self._odd.bad(at, line, cell.strip())
            return
        self._odd.number(at)
        for i, value in enumerate(listed):
            self.recorder.put(f"{tag}/{i}", value)

    def finish(self) -> dict[str, Series]:
        """The series of everything read; what was odd about the cells goes into the log."""
        self._odd.report(self._header, (self._columns.split, self._columns.wall_time), self.log)
        rows = self.recorder.rows()
        if not len(rows.line):
            message = "the table has a header but no rows"
            self.log.add("no-rows", message, action="Nothing was logged yet, or the log was cut.")
        return series_of(rows, self.log, by_epoch=True)

    def state(self) -> dict[str, Any] | None:
        """What is known besides the rows, as JSON has it.

        None where a row may go on in lines that are not written yet.
        """
        if self._open_quotes:
            return None
        return {
            "dialect": asdict(self._dialect),
            "header": self._header,
            "text_columns": sorted(self._text_columns),
            "odd": self._odd.state(),
            "above": self._above.rows(self._dialect.split),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken; the rows are the caller's.

        Raises:
            KeyError, TypeError, ValueError: the state is not one of a table.
        """
        self._dialect = Dialect.of(state["dialect"])
        header = list(state["header"])
        columns = columns_of(header, ProblemLog(self.log.file))  # its problems are known
        self._take(header, columns, frozenset(state["text_columns"]))
        self._odd = OddCells.of(state["odd"])
        self._above.restore(state["above"])
