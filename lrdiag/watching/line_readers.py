"""What makes rows of the new lines of a log: one reader a text format."""

from __future__ import annotations

from typing import Protocol

from lrdiag.runs import Series
from lrdiag.sources.plain_text import TextReader
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.rows import RowRecorder
from lrdiag.sources.table_dialect import SAMPLE_LINES, find_dialect
from lrdiag.sources.table_reader import TableReader
from lrdiag.sources.text_lines import lines_in
from lrdiag.sources.text_patterns import user_patterns

MIN_LINES = 3
"""A header and two rows: before that the kind of table is not looked for."""

WAITING_BYTES = 1 << 20
"""Most bytes kept while no table is found in them."""


class LineReader(Protocol):
    """Reads whole lines into the rows of `recorder`, which may be replaced by a shorter one."""

    @property
    def texts(self) -> list[str]:
        """Texts that may hold the configuration."""
        ...

    @property
    def recorder(self) -> RowRecorder:
        """The rows so far."""
        ...

    @recorder.setter
    def recorder(self, recorder: RowRecorder) -> None: ...

    def block(self, number: int, data: bytes, log: ProblemLog) -> None:
        """Read whole lines; `number` is the first one's."""
        ...

    def series(self, log: ProblemLog) -> dict[str, Series]:
        """The series of the rows so far; what is odd about them goes into `log`."""
        ...


class TextLines(TextReader):
    """Rows among the output of a training script."""

    def __init__(self) -> None:
        super().__init__(user_patterns())

    def block(self, number: int, data: bytes, log: ProblemLog) -> None:
        """Read whole lines."""
        for line in lines_in(data, number, log):
            self.line(line)


class TableLines:
    """A table; its lines wait until its header and two rows are there."""

    def __init__(self) -> None:
        self.recorder = RowRecorder()
        self._reader: TableReader | None = None
        self._waiting = b""

    @property
    def texts(self) -> list[str]:
        """Texts that may hold the configuration."""
        return self._reader.texts if self._reader else []

    def block(self, number: int, data: bytes, log: ProblemLog) -> None:
        """Read whole lines."""
        if self._reader is None:
            self._waiting += data
            self._begin(number - (self._waiting.count(b"\n") - data.count(b"\n")), log)
            return
        self._use(self._reader, log)
        self._reader.block(number, data)

    def _begin(self, number: int, log: ProblemLog) -> None:
        """Find the table in the first lines."""
        data = self._waiting
        starts = _line_starts(data, SAMPLE_LINES)
        sample = [*lines_in(data[: starts[-1]], number, ProblemLog(log.file))]
        dialect = find_dialect([line.text for line in sample])
        if dialect is None or len(sample) < MIN_LINES:
            self._waiting = data if len(data) < WAITING_BYTES else b""
            return
        self._reader, self._waiting = TableReader(log), b""
        self._use(self._reader, log)
        self._reader.begin(dialect, sample)
        below = sample[dialect.header_line].number + 1 if dialect.header_line >= 0 else number
        self._reader.block(below, data, starts[below - number])

    def _use(self, reader: TableReader, log: ProblemLog) -> None:
        reader.log = log
        reader.recorder = self.recorder

    def series(self, log: ProblemLog) -> dict[str, Series]:
        """The series of the rows so far."""
        if self._reader is None:
            return {}
        self._use(self._reader, log)
        return self._reader.finish()


def _line_starts(data: bytes, count: int) -> list[int]:
    """Where each of the first `count` lines begins, and where the last of them ends."""
    starts = [0]
    while len(starts) <= count and (end := data.find(b"\n", starts[-1]) + 1):
        starts.append(end)
    return starts
