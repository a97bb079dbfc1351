"""Following a text log (table, JSON lines, plain text) line by line; nothing is read twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from lrdiag.findings import SourceSummary
from lrdiag.runs import Run, Series
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.restarts import join_writers
from lrdiag.watching.bounded import BoundedColumn, thinned
from lrdiag.watching.bounded_rows import BoundedRows
from lrdiag.watching.followed_file import Growth
from lrdiag.watching.line_readers import LineReader
from lrdiag.watching.line_tail import LineTail
from lrdiag.watching.whole_files import WholeFilesFollower

MAX_TEXTS = 10_000
"""Lines kept that may hold the configuration; each restart of a training writes one."""


class GrowingTextFollower:
    """One text log that grows at its end, is rotated away, or is written anew.

    Args:
        source: the format's name.
        reader: makes what turns its lines into rows.
    """

    def __init__(self, source: str, reader: Callable[[], LineReader]) -> None:
        self._source = source
        self._make = reader
        self._reader = reader()
        self._rows = BoundedRows()
        self._tail: LineTail | None = None
        self._log = ProblemLog("")
        self._before: dict[str, Series] = {}
        self._whole: WholeFilesFollower | None = None

    @property
    def bytes_read(self) -> int:
        """Bytes of the file read so far."""
        return sum(part.bytes_read for part in (self._tail, self._whole) if part is not None)

    def poll(self, files: tuple[Path, ...]) -> bool:
        """Read new whole lines; whether they held rows."""
        if self._tail is None:
            self._tail = LineTail(files[0])
        growth = self._tail.look()
        if growth in (Growth.GONE, Growth.SAME):
            return False
        changed = False
        if growth is Growth.NEW:
            changed = self._take(self._tail.moved_blocks(self._log))
            self._start_again(self._tail)
        if self._whole is not None:
            return self._whole.poll(files)
        return self._take(self._tail.blocks(self._log)) or changed

    def _start_again(self, tail: LineTail) -> None:
        """The file is another one: what it does not repeat is kept."""
        self._before = _continued(self._before, self._reader.series(ProblemLog("")))
        self._reader, self._rows = self._make(), BoundedRows()
        self._log = ProblemLog(str(tail.path))
        tail.restart()
        self._whole = None if tail.is_plain() else WholeFilesFollower(self._source)

    def _take(self, blocks: Iterable[tuple[int, bytes]]) -> bool:
        before = self._rows.count, len(self._reader.texts)
        for number, data in blocks:
            self._reader.block(number, data, self._log)
            self._reader.recorder = self._rows.bound(self._reader.recorder)
            del self._reader.texts[MAX_TEXTS:]
        return before != (self._rows.count, len(self._reader.texts))

    def run(self, name: str) -> Run:
        """Everything known so far."""
        assert self._tail is not None
        if self._whole is not None:
            return self._whole.run(name)
        path = self._tail.path
        log = ProblemLog(str(path))
        series = _continued(self._before, self._reader.series(log))
        problems = [*self._log.problems(), *log.problems()]
        if self._rows.thinned:
            problems.append(thinned(path))
        points = sum(len(s) for s in series.values())
        source = SourceSummary(str(path), self._source, points)
        texts = tuple(self._reader.texts)
        return Run(name, series, (source,), tuple(problems), texts=texts)


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
            found[tag] = _bounded(join_writers(tag, old, series), series.index)
    return found


def _bounded(series: Series, index: str) -> Series:
    column = BoundedColumn()
    column.append(series.step, series.wall_time, series.value)
    kept = column.series(series.tag)
    return replace(kept, superseded=series.superseded, restarts=series.restarts, index=index)
