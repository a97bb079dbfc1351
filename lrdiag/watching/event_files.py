"""Following the event files of one folder record by record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lrdiag.findings import Problem, SourceSummary
from lrdiag.runs import FloatArray, IntArray, Run
from lrdiag.sources.event_file import EventFile
from lrdiag.sources.event_hparams import read_hparams
from lrdiag.sources.event_message import tag_names, tag_text
from lrdiag.sources.event_reader import EventReader
from lrdiag.sources.restarts import join_files
from lrdiag.watching.bounded import BoundedColumn, points_a_tag, thinned
from lrdiag.watching.followed_file import PROOF_BYTES, FollowedFile, Growth

Points = tuple[IntArray, FloatArray, FloatArray]

READ_BYTES = 8 << 20
"""Bytes read before their points are folded: bounds memory when a long log is first seen."""


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
        files = sorted((f.event_file() for f in self._files.values()), key=lambda f: f.begun)
        problems = [problem for file in files for problem in file.problems]
        series = join_files(files, problems)
        params = read_hparams([content for file in files for content in file.hparams])
        return Run(
            name,
            series,
            tuple(SourceSummary(str(f.path), "tensorboard", f.points) for f in files),
            tuple(problems),
            params,
            str(files[0].path) if params else "",
            tuple(text for file in files for text in file.texts),
        )


class _OneFile:
    """One event file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._place = FollowedFile(path)
        self._reader = EventReader(path)
        self._columns: dict[bytes, BoundedColumn] = {}
        self._sessions: list[int] = []
        self._error = ""
        self.bytes_read = 0
        self.points = 0

    def poll(self) -> bool:
        """Read what was added; whether that was anything."""
        growth = self._place.look()
        if growth in (Growth.GONE, Growth.SAME):
            return False
        if growth is Growth.NEW or self._place.size < self._reader.offset:
            self._start_again()
        before = self._reader.offset
        try:
            changed = self._read()
        except OSError as error:
            self._error = f"cannot read it: {error.strerror or error}"
            return False
        self._error = ""
        self.bytes_read += self._reader.offset - before
        # The place is the reader's; its proof is what tells a rewritten file.
        self._place.offset = self._reader.offset
        self._place.head, self._place.proof = self._ends()
        return changed

    def _read(self) -> bool:
        """Read on to the size looked at, piece by piece; whether there were points."""
        changed, limit = False, READ_BYTES
        while True:
            before = self._reader.offset
            self._reader.read_new(limit)
            changed |= self._drain()
            if self._reader.size >= self._place.size or self._reader.size < before + limit:
                return changed
            if self._reader.offset == before:
                limit *= 2  # a record larger than the piece

    def _start_again(self) -> None:
        """Another file took this one's place: it counts as what its writer says it is, whole."""
        self._reader = EventReader(self.path)
        self._columns, self._sessions, self.points = {}, [], 0

    def _ends(self) -> tuple[bytes, bytes]:
        """The first bytes and the last ones that were read."""
        length = min(PROOF_BYTES, self._reader.offset)
        with self.path.open("rb", buffering=0) as file:
            head = file.read(length)
            file.seek(self._reader.offset - length)
            return head or b"", file.read(length) or b""

    def _drain(self) -> bool:
        """Move the new points from the reader into bounded columns."""
        source = self._reader.contents.columns
        fresh = {tag: column.arrays() for tag, column in source.by_tag.items()}
        sessions = list(source.session_starts)
        source.by_tag.clear()
        source.session_starts.clear()
        self._make_room(fresh)
        done = dict.fromkeys(fresh, 0)
        for step, before in sessions:
            self._append(fresh, done, before)
            for column in self._columns.values():
                column.purge(step)
        self._sessions += [step for step, _ in sessions]
        self._append(fresh, done, {tag: len(points[0]) for tag, points in fresh.items()})
        self.points += sum(done.values())
        return bool(fresh)

    def _make_room(self, fresh: Mapping[bytes, Points]) -> None:
        tags = fresh.keys() | self._columns.keys()
        limit = points_a_tag(len(tags))
        for tag in fresh:
            self._columns.setdefault(tag, BoundedColumn())
        for column in self._columns.values():
            column.limit = limit

    def _append(
        self, fresh: Mapping[bytes, Points], done: dict[bytes, int], until: Mapping[bytes, int]
    ) -> None:
        """Append each tag's points up to the numbers in `until`; `done` says from where."""
        for tag, (step, wall_time, value) in fresh.items():
            part = slice(done[tag], until.get(tag, 0))
            if part.stop > part.start:
                self._columns[tag].append(step[part], wall_time[part], value[part])
                done[tag] = part.stop

    def event_file(self) -> EventFile:
        """What is known of the file, as the reader of whole files would tell it."""
        contents = self._reader.contents
        names = tag_names(self._columns)
        series = {names[tag]: c.series(names[tag]) for tag, c in self._columns.items()}
        first = [float(s.wall_time[0]) for s in series.values() if len(s)]
        return EventFile(
            self.path,
            series,
            tuple(self._problems()),
            min([contents.begun, *first]),
            self.points,
            tuple((step, {}) for step in self._sessions),
            contents.hparams,
            tuple(tag_text(text) for _, text in contents.texts),
        )

    def _problems(self) -> list[Problem]:
        found = list(self._reader.damage.log.problems())
        if self._error:
            found.append(Problem(str(self.path), "unreadable", "error", self._error))
        if any(column.thinned for column in self._columns.values()):
            found.append(thinned(self.path))
        return found
