"""Following the event files of one folder record by record."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lrdiag.findings import Problem, SourceSummary
from lrdiag.runs import Run, Series
from lrdiag.sources.event_hparams import read_hparams
from lrdiag.sources.event_message import tag_text
from lrdiag.sources.event_reader import EventReader
from lrdiag.sources.restarts import join_writers
from lrdiag.watching.bounded import MAX_POINTS, BoundedColumn
from lrdiag.watching.followed_file import FollowedFile, Growth

ALL_POINTS = 4_000_000
"""Points kept of all tags of a file together (about 100 MB)."""


class EventFilesFollower:
    """All event files of one folder; a partial record at the end waits for its rest."""

    def __init__(self) -> None:
        self._files: dict[Path, _OneFile] = {}

    @property
    def bytes_read(self) -> int:
        """Bytes of records read so far, over all files."""
        return sum(file.bytes_read for file in self._files.values())

    def poll(self, files: tuple[Path, ...]) -> bool:
        """Read new records; whether there were any."""
        for path in files:
            self._files.setdefault(path, _OneFile(path))
        changed = [file.poll() for file in self._files.values()]  # all of them, not up to the first
        return any(changed)

    def run(self, name: str) -> Run:
        """The files joined as the reader joins them: a later writer wins."""
        files = sorted(self._files.values(), key=lambda file: file.begun)
        parts: dict[str, list[Series]] = {}
        for file in files:
            for tag, series in file.series().items():
                parts.setdefault(tag, []).append(series)
        params = read_hparams([content for file in files for content in file.hparams])
        return Run(
            name,
            {tag: join_writers(tag, found) for tag, found in parts.items()},
            tuple(SourceSummary(str(f.path), "tensorboard", f.points) for f in files),
            tuple(problem for f in files for problem in f.problems()),
            params,
            str(files[0].path) if params and files else "",
        )


class _OneFile:
    """One event file; after rotation what came before is kept until the new one repeats it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._place = FollowedFile(path)
        self._reader = EventReader(path)
        self._columns: dict[bytes, BoundedColumn] = {}
        self.bytes_read = 0
        self.points = 0
        self.begun = math.inf
        self.hparams: list[bytes] = []
        self._error = ""

    def poll(self) -> bool:
        growth = self._place.look()
        if growth in (Growth.GONE, Growth.SAME):
            return False
        if growth is Growth.NEW or self._place.size < self._reader.offset:
            self._reader = EventReader(self.path)
        before = self._reader.offset
        try:
            self._reader.read_new()
        except OSError as error:
            self._error = f"cannot read it: {error.strerror or error}"
            return False
        self._error = ""
        self.bytes_read += self._reader.offset - before
        # The place is the reader's; its proof is what tells a rewritten file.
        self._place.offset = self._reader.offset
        self._place.proof = self._last_bytes()
        return self._drain()

    def _last_bytes(self) -> bytes:
        if self._reader.offset < 16:
            return b""
        with self.path.open("rb") as file:
            file.seek(self._reader.offset - 16)
            return file.read(16)

    def _drain(self) -> bool:
        """Move the new points from the reader into bounded columns."""
        contents = self._reader.contents
        self.begun = min(self.begun, contents.begun)
        self.hparams = list(contents.hparams) or self.hparams
        columns = contents.columns
        fresh = {tag: column.arrays() for tag, column in columns.by_tag.items()}
        sessions = list(columns.session_starts)
        columns.by_tag.clear()
        columns.session_starts.clear()
        limit = min(MAX_POINTS, ALL_POINTS // max(len(fresh) + len(self._columns), 1))
        for tag, (step, wall_time, value) in fresh.items():
            column = self._columns.setdefault(tag, BoundedColumn(limit))
            column.limit = min(column.limit, max(limit, 100))
            _append_sessions(column, step, wall_time, value, _cuts(tag, sessions))
            self.points += len(step)
        return bool(fresh)

    def series(self) -> dict[str, Series]:
        return {tag_text(t): c.series(tag_text(t)) for t, c in self._columns.items()}

    def problems(self) -> list[Problem]:
        found = list(self._reader.damage.problems())
        if self._error:
            found.append(Problem(str(self.path), "unreadable", "error", self._error))
        if any(column.thinned for column in self._columns.values()):
            found.append(thinned(self.path))
        return found


def thinned(path: Path) -> Problem:
    """What is said of a log that outgrew the memory set aside for it."""
    message = f"older points are thinned to keep at most {MAX_POINTS} a tag while it is followed"
    return Problem(str(path), "thinned", "info", message)


def _cuts(tag: bytes, sessions: Sequence[tuple[int, Mapping[bytes, int]]]) -> list[int]:
    """Points of a tag before each session that a writer began."""
    return sorted({before.get(tag, 0) for _, before in sessions})


def _append_sessions(
    column: BoundedColumn, step: np.ndarray, wall: np.ndarray, value: np.ndarray, cuts: list[int]
) -> None:
    """Append the points session by session; a step that repeats supersedes."""
    for part in np.split(np.arange(len(step)), cuts):
        column.append(step[part], wall[part], value[part])
