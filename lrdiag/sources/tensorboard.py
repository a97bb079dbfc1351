"""TensorBoard event files: all event files of one folder are one run."""

from __future__ import annotations

import filecmp
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from lrdiag.errors import SourceError
from lrdiag.findings import Problem, SourceSummary
from lrdiag.runs import Run
from lrdiag.sources.event_file import EventFile, read_event_file
from lrdiag.sources.event_hparams import read_hparams
from lrdiag.sources.folders import unreadable
from lrdiag.sources.restarts import join_files

NAME_MARK = "tfevents"
"""Every event file's name holds this (`tensorflow/core/util/events_writer.cc`)."""


class TensorBoardSource:
    """Event files by torch, TensorFlow, Keras, tensorboardX, Lightning and others."""

    name: ClassVar[str] = "tensorboard"
    per_directory: ClassVar[bool] = True
    priority: ClassVar[int] = 100

    def sniff(self, path: Path, head: bytes) -> bool:
        """By name; a renamed file by its first record, which says `brain.Event`."""
        return NAME_MARK in path.name or b"brain.Event:" in head[12:64]

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read the event files of one folder as one run.

        Raises:
            SourceError: no file could be opened.
        """
        read: list[EventFile] = []
        problems: list[Problem] = []
        for path in _without_copies(sorted(files), problems):
            try:
                read.append(read_event_file(path))
            except OSError as error:
                problems.append(unreadable(str(path), error))
        if not read:
            raise SourceError(problems[0].message if problems else "no event file was given.")
        read.sort(key=lambda f: f.begun)
        for file in read:
            problems += file.problems
        series = join_files(read, problems)
        params = read_hparams([c for file in read for c in file.hparams])
        return Run(
            name,
            series,
            tuple(SourceSummary(str(f.path), self.name, f.points) for f in read),
            tuple(problems),
            params,
            str(read[0].path) if params else "",
            tuple(text for file in read for text in file.texts),
        )


def _without_copies(files: Sequence[Path], problems: list[Problem]) -> list[Path]:
    """Files whose bytes are not those of a file before them."""
    if len(files) < 2:
        return list(files)
    kept: dict[int, list[Path]] = {}
    for path in files:
        same = kept.setdefault(_size(path), [])
        first = next((f for f in same if _equal(f, path)), None)
        if first is None:
            same.append(path)
        else:
            what = f"a duplicate, byte for byte, of {first.name}: it was not read again"
            problems.append(Problem(str(path), "duplicate-file", "info", what))
    left = {path for same in kept.values() for path in same}
    return [path for path in files if path in left]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _equal(first: Path, second: Path) -> bool:
    try:
        return _size(first) > 0 and filecmp.cmp(first, second, shallow=False)
    except OSError:
        return False
