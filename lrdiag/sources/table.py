"""Tables: CSV, TSV, semicolons, pipes, aligned columns; one row a step or epoch.

Damaged rows are stepped over and reported with their line; what is left is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import ClassVar

from lrdiag.errors import SourceError
from lrdiag.findings import SourceSummary
from lrdiag.runs import Run, Series
from lrdiag.sources.index_names import is_index, is_metric
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.rows_resume import RowsReading
from lrdiag.sources.table_dialect import (
    SAMPLE_LINES,
    SPACES,
    Dialect,
    find_dialect,
)
from lrdiag.sources.table_kinds import compares_settings, names_its_rows, only_numbers
from lrdiag.sources.table_reader import TableReader
from lrdiag.sources.text_lines import Line, head_text, is_gzip, lines_in

BLOCK_BYTES = 96 << 20
"""Bytes of a table parsed at once: bounds memory, large enough for one call a file."""

SNIFF_BYTES = 16_384
"""Enough for the first SAMPLE_LINES lines of nearly every table."""

_TABLE_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".tab", ".psv")


class TableSource:
    """CSV, TSV and other tables, one row a step or epoch."""

    name: ClassVar[str] = "csv"
    per_directory: ClassVar[bool] = False
    priority: ClassVar[int] = 20

    def sniff(self, path: Path, head: bytes) -> bool:
        """A table with a header that names an index or a metric; by name also an empty one."""
        named = path.name.lower().endswith(_TABLE_SUFFIXES)
        if path.name.lower().startswith("readme"):
            return False
        if not head:
            return named
        text = head_text(head if is_gzip(head) else head[:SNIFF_BYTES])
        if not text.strip() or text.lstrip()[0] in "{[<":
            return named and not text.strip()
        if text.count("\n") < 2 and len(text) >= SNIFF_BYTES // 2:
            text = head_text(head)
            if text.count("\n") < 2:
                return named and _wide_header(text)
        sample = _whole_lines(text)
        dialect = find_dialect(sample)
        return dialect is not None and _is_log(dialect, sample, named=named)

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read one table.

        Raises:
            SourceError: the file cannot be opened.
        """
        path = files[0]
        log = ProblemLog(str(path))
        reader = TableReader(log)
        try:
            series = _series(path, reader)
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror or error}.") from error
        points = sum(len(s) for s in series.values())
        source = SourceSummary(str(path), self.name, points)
        return Run(name, series, (source,), log.problems(), texts=tuple(reader.texts))


def _is_log(dialect: Dialect, sample: Sequence[str], *, named: bool) -> bool:
    if not dialect.header:
        return named and dialect.delimiter != SPACES and only_numbers(dialect, sample)
    if not any(is_index(name) or is_metric(name) for name in dialect.header):
        return False
    return not (names_its_rows(dialect, sample) or compares_settings(dialect, sample))


def _wide_header(text: str) -> bool:
    """Whether a header that is longer than what is sniffed names an index (10,000 columns)."""
    line = text.split("\n", 1)[0]
    return any(is_index(n) for d in (",", ";", "\t", "|") if d in line for n in line.split(d)[:-1])


def _whole_lines(text: str) -> list[str]:
    found = text.split("\n")
    if len(found) > 1:
        found.pop()
    return [line for line in found if line.strip()][:SAMPLE_LINES]


def _series(path: Path, reader: TableReader) -> dict[str, Series]:
    reading = RowsReading(path, TableSource.name, reader, reader.log, BLOCK_BYTES)
    blocks = reading.blocks()
    if reading.resumed:
        for number, data in blocks:
            reader.block(number, data)
        return reader.finish()
    sampled = ProblemLog(reader.log.file)
    reading.may_keep = False
    first, sample = _first_lines(blocks, sampled)
    reading.may_keep = len(sample) >= SAMPLE_LINES  # fewer do not settle how it is written
    dialect = find_dialect([line.text for line in sample])
    if dialect is None:
        reader.report_no_table(sample)
        return {}
    reader.begin(dialect, sample)
    header = sample[dialect.header_line].number if dialect.header_line >= 0 else 0
    reader.log.add_all(p for p in sampled.problems() if (p.line or 0) <= header)
    for number, data in chain(first, blocks):
        reader.block(*_below(number, data, header))
    return reader.finish()


def _first_lines(
    blocks: Iterator[tuple[int, bytes]], log: ProblemLog
) -> tuple[list[tuple[int, bytes]], list[Line]]:
    """The blocks with the first SAMPLE_LINES lines, and these lines."""
    taken: list[tuple[int, bytes]] = []
    sample: list[Line] = []
    for number, data in blocks:
        taken.append((number, data))
        end = 0
        for _ in range(SAMPLE_LINES - len(sample)):
            end = data.find(b"\n", end) + 1 or len(data)
        sample += lines_in(data[:end], number, log)
        if len(sample) >= SAMPLE_LINES:
            break
    return taken, sample


def _below(number: int, data: bytes, header: int) -> tuple[int, bytes, int]:
    """(line, block, byte in it) where the rows below the header's line begin."""
    start = 0
    while number <= header and start < len(data):
        start = data.find(b"\n", start) + 1 or len(data)
        number += 1
    return number, data, start
