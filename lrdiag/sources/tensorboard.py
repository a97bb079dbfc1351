"""TensorBoard event files: all event files of one folder are one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from lrdiag.errors import SourceError
from lrdiag.findings import Problem, SourceSummary
from lrdiag.runs import Run, Series
from lrdiag.sources.event_file import EventFile, read_event_file
from lrdiag.sources.event_hparams import read_hparams
from lrdiag.sources.restarts import join_writers

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
        for path in sorted(files):
            try:
                read.append(read_event_file(path))
            except OSError as error:
                problems.append(_unreadable(path, error))
        if not read:
            raise SourceError(problems[0].message if problems else "no event file was given.")
        read.sort(key=lambda f: f.begun)
        for file in read:
            problems += file.problems
        params = read_hparams([c for file in read for c in file.hparams])
        return Run(
            name,
            _join(read),
            tuple(SourceSummary(str(f.path), self.name, f.points) for f in read),
            tuple(problems),
            params,
            str(read[0].path) if params else "",
        )


def _unreadable(path: Path, error: OSError) -> Problem:
    what = f"cannot read it: {error.strerror or error}"
    return Problem(str(path), "unreadable", "error", what, action="Check its permissions.")


def _join(files: Sequence[EventFile]) -> dict[str, Series]:
    parts: dict[str, list[Series]] = {}
    for file in files:
        for tag, series in file.series.items():
            parts.setdefault(tag, []).append(series)
    return {tag: join_writers(tag, found) for tag, found in parts.items()}
