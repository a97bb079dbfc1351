"""Following a table row by row: whole lines only, nothing read twice."""

from __future__ import annotations

from pathlib import Path

from lrdiag.findings import Problem, SourceSummary
from lrdiag.runs import Run, Series
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.restarts import join_writers
from lrdiag.sources.table_dialect import SAMPLE_LINES, Dialect, find_dialect
from lrdiag.sources.table_reader import TableReader
from lrdiag.sources.text_lines import Line, lines_in
from lrdiag.watching.bounded import BoundedColumn
from lrdiag.watching.followed_file import FollowedFile, Growth

READ_BYTES = 16_000_000
FOLD_LINES = 100_000
"""Lines after which what was read is folded into bounded columns, so that memory is bounded."""

MIN_LINES = 3
"""A header and two rows: before that the kind of table is not looked for."""


class TableFollower:
    """One table that grows at its end, is rotated away, or is written anew."""

    def __init__(self) -> None:
        self._place: FollowedFile | None = None
        self._reader: TableReader | None = None
        self._table: tuple[Dialect, list[Line]] | None = None
        self._lines = 0
        self._folded = 0
        self._problems: list[Problem] = []
        self._series: dict[str, Series] = {}
        self._before: dict[str, Series] = {}
        self.bytes_read = 0

    def poll(self, files: tuple[Path, ...]) -> bool:
        """Read new whole lines; whether there were any."""
        if self._place is None:
            self._place = FollowedFile(files[0])
        growth = self._place.look()
        if growth in (Growth.GONE, Growth.SAME):
            return False
        if growth is Growth.NEW:
            self._start_again()
        return self._read(self._place)

    def _start_again(self) -> None:
        """The file is another one: what it does not repeat is kept."""
        assert self._place is not None
        self._finish(self._place.path)
        self._before = _continued(self._before, self._series)
        self._series, self._reader, self._lines, self._folded = {}, None, 0, 0
        self._place.restart()

    def _read(self, place: FollowedFile) -> bool:
        changed = False
        while True:
            try:
                data = place.read(READ_BYTES)
            except OSError:
                return changed
            whole = data[: data.rfind(b"\n") + 1]
            if not whole and len(data) == READ_BYTES:
                whole = data  # one line of 16 MB is no row; the reader says so
            if not whole or not self._take(place.path, whole):
                return changed
            self.bytes_read += len(whole)
            place.done_with(whole)
            changed = True

    def _take(self, path: Path, data: bytes) -> bool:
        if self._reader is None and not self._begin(path, data):
            return False
        assert self._reader is not None
        self._reader.block(self._lines + 1, data)
        self._lines += data.count(b"\n")
        return True

    def _begin(self, path: Path, data: bytes) -> bool:
        """Find the table in the first lines; False while there are too few of them."""
        sample = [*lines_in(data, 1, ProblemLog(str(path)))][:SAMPLE_LINES]
        dialect = find_dialect([line.text for line in sample if line.text.strip()])
        if dialect is None or len(sample) < MIN_LINES:
            return False
        self._table = (dialect, sample)
        self._use(path)
        return True

    def _use(self, path: Path) -> None:
        assert self._table is not None
        self._reader = TableReader(ProblemLog(str(path)))
        self._reader.begin(*self._table)

    def run(self, name: str) -> Run:
        """Everything known so far."""
        assert self._place is not None
        path = self._place.path
        self._finish(path)
        series = _bounded(_continued(self._before, self._series))
        self._fold(path, series)
        points = sum(len(s) for s in series.values())
        return Run(name, series, (SourceSummary(str(path), "csv", points),), tuple(self._problems))

    def _finish(self, path: Path) -> None:
        """Turn the rows read so far into series."""
        if self._reader is not None:
            log = self._reader.log = ProblemLog(str(path))
            self._series = self._reader.finish()
            self._problems = list(log.problems())

    def _fold(self, path: Path, series: dict[str, Series]) -> None:
        """Begin a new reader for the rows to come; those without a step count from the top."""
        counted = any(found.index == "row" for found in series.values())
        if self._lines - self._folded < FOLD_LINES or counted:
            return
        self._before, self._series, self._folded = series, {}, self._lines
        self._use(path)


def _continued(before: dict[str, Series], now: dict[str, Series]) -> dict[str, Series]:
    """What was known before and what the file holds now.

    A file that was written anew begins where the old one began and replaces it; a rotated one
    goes on; one of a restarted training wins from its first step on.
    """
    found = dict(before)
    for tag, series in now.items():
        old = before.get(tag)
        if old is None or not len(old) or not len(series) or series.step[0] <= old.step[0]:
            found[tag] = series
        else:
            found[tag] = join_writers(tag, old, series)
    return found


def _bounded(series: dict[str, Series]) -> dict[str, Series]:
    return {tag: _bounded_one(tag, found) for tag, found in series.items()}


def _bounded_one(tag: str, series: Series) -> Series:
    column = BoundedColumn()
    if len(series) <= column.limit:
        return series
    column.append(series.step, series.wall_time, series.value)
    return column.series(tag)
