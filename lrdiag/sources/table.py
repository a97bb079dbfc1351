"""Tables: CSV, TSV, semicolons, pipes, aligned columns; one row a step or epoch.

Damaged rows are stepped over and reported with their line; what is left is read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import chain, islice
from pathlib import Path
from typing import ClassVar

from lrdiag.errors import SourceError
from lrdiag.findings import SourceSummary
from lrdiag.runs import Run, Series
from lrdiag.sources.index_names import is_index, is_metric
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.rows import NAN, RowRecorder, series_of
from lrdiag.sources.table_cells import is_missing, is_number, number, number_list, wall_time
from lrdiag.sources.table_columns import Columns, columns_of
from lrdiag.sources.table_dialect import (
    SAMPLE_LINES,
    SPACES,
    Dialect,
    find_dialect,
    is_rule,
)
from lrdiag.sources.table_ending import looks_whole
from lrdiag.sources.text_lines import Line, head_text, lines

_TABLE_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".tab", ".psv")
_SPLITS = frozenset(("train", "training", "val", "valid", "validation", "test", "eval", "dev"))


class TableSource:
    """CSV, TSV and other tables, one row a step or epoch."""

    name: ClassVar[str] = "csv"
    per_directory: ClassVar[bool] = False
    priority: ClassVar[int] = 20

    def sniff(self, path: Path, head: bytes) -> bool:
        """A table with a header that names an index or a metric; by name also an empty one."""
        named = path.name.lower().endswith(_TABLE_SUFFIXES)
        if not head:
            return named
        text = head_text(head)
        if not text.strip() or text.lstrip()[0] in "{[<":
            return named and not text.strip()
        dialect = find_dialect(_whole_lines(text))
        if dialect is None:
            return False
        if not dialect.header:
            return named and dialect.delimiter != SPACES
        return any(is_index(n) or is_metric(n) for n in dialect.header)

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read one table.

        Raises:
            SourceError: the file cannot be opened.
        """
        path = files[0]
        log = ProblemLog(str(path))
        reader = TableReader(log)
        try:
            series = reader.read(path)
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror or error}.") from error
        points = sum(len(s) for s in series.values())
        source = SourceSummary(str(path), self.name, points)
        return Run(name, series, (source,), log.problems(), texts=tuple(reader.texts))


def _whole_lines(text: str) -> list[str]:
    found = text.split("\n")
    if len(found) > 1:
        found.pop()
    return [line for line in found if line.strip()][:SAMPLE_LINES]


class TableReader:
    """Reads one table line by line."""

    def __init__(self, log: ProblemLog) -> None:
        self.log = log
        self.texts: list[str] = []
        self._rows = RowRecorder()
        self._last: deque[list[str]] = deque(maxlen=20)
        self._numbers: dict[int, int] = {}
        self._bad: dict[int, tuple[int, int, str]] = {}
        self._missing: dict[int, tuple[int, int]] = {}

    def read(self, path: Path) -> dict[str, Series]:
        """The series of a file; problems go into the log.

        Raises:
            OSError: the file cannot be opened or read.
        """
        source = lines(path, self.log)
        sample = list(islice(source, SAMPLE_LINES))
        dialect = find_dialect([line.text for line in sample])
        if dialect is None:
            self._report_no_table(sample)
            return {}
        self._begin(dialect, sample)
        for line in chain(sample[dialect.header_line + 1 :], source):
            self._line(line)
        return self._finish()

    def _report_no_table(self, sample: Sequence[Line]) -> None:
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

    def _begin(self, dialect: Dialect, sample: Sequence[Line]) -> None:
        self._dialect = dialect
        before = sample[: max(dialect.header_line, 0)]
        self.texts += [line.text for line in before if "Namespace(" in line.text]
        header: Sequence[str] = dialect.header
        if not header:
            header = self._invented_header(dialect, sample)
        if dialect.has_commas and dialect.style.decimal_comma:
            self.log.add("number-format", "numbers are read with a decimal comma", severity="info")
        self._use(header)

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

    def _use(self, header: Sequence[str]) -> None:
        self._header = [name.strip() for name in header]
        self._columns: Columns = columns_of(self._header, self.log)
        self._width = len(self._header)

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
        if len(cells) == self._width:
            above = [row[-1] for row in self._last if len(row) == self._width]
            if looks_whole(cells[-1], above):
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
        self._rows.start(line, step, epoch, wall)
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
            self._rows.put(tag, value)
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
            self._rows.put(f"{tag}/{i}", value)

    def _finish(self) -> dict[str, Series]:
        self._report_missing()
        self._report_bad_cells()
        rows = self._rows.rows()
        if not len(rows.line):
            message = "the table has a header but no rows"
            self.log.add("no-rows", message, action="Nothing was logged yet, or the log was cut.")
        return series_of(rows, self.log)

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
