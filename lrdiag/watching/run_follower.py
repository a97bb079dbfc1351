"""Following one run: its parts, whatever their format, and the files beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from lrdiag.findings import Problem
from lrdiag.runs import Run
from lrdiag.sources.interface import RunLocation
from lrdiag.sources.joining import join_parts
from lrdiag.watching.interface import PartFollower
from lrdiag.watching.whole_files import WholeFilesFollower, file_state

_FOLDERS = ("tensorboard", "dvclive")


class RunFollower:
    """Reads what is new of a run and gives the run as it stands."""

    def __init__(self, location: RunLocation) -> None:
        self.location = location
        self._parts: dict[tuple[str, str, Path | None], PartFollower] = {}
        self._beside = FilesBeside()

    @property
    def bytes_read(self) -> int:
        """Bytes of logs read so far."""
        return sum(part.bytes_read for part in self._parts.values())

    def poll(self, location: RunLocation | None = None) -> bool:
        """Read what is new; `location` where files have joined. Whether anything changed."""
        self.location = location or self.location
        changed = False
        for split, source, files in self.location.parts:
            # Files of these formats belong together and more may join; others are one a part.
            key = (split, source, None if source in _FOLDERS else files[0])
            part = self._parts.setdefault(key, follower_for(source))
            changed |= part.poll(files)
        return changed

    def run(self) -> Run:
        """The run as it stands."""
        name = self.location.name
        parts = [(split, part.run(name)) for (split, _, _), part in self._parts.items()]
        run = join_parts(name, parts) if parts else Run(name, {})
        if run.params or not self.location.sidecars:
            return run
        params, origin, problems = self._beside.params(self.location.sidecars)
        return replace(
            run, params=params, params_origin=origin, problems=(*run.problems, *problems)
        )


class FilesBeside:
    """The configuration files beside a log, read again only when they change."""

    def __init__(self) -> None:
        self._states: list[object] = []
        self._found: tuple[dict[str, Any], str, tuple[Problem, ...]] = ({}, "", ())

    def params(self, files: tuple[Path, ...]) -> tuple[dict[str, Any], str, tuple[Problem, ...]]:
        """Hyper-parameters, where they were found, and what was wrong."""
        states: list[object] = [(path, file_state(path)) for path in files]
        if states != self._states:
            from lrdiag.sources.sidecars import read_params

            self._found = read_params(files)
            self._states = states
        return self._found


def follower_for(source: str) -> PartFollower:
    """The follower of a format: line by line where its writer appends, else file by file."""
    if source == "tensorboard":
        from lrdiag.watching.event_files import EventFilesFollower

        return EventFilesFollower()
    if source == "dvclive":
        from lrdiag.watching.dvclive import DvcLiveFollower

        return DvcLiveFollower()
    if source in ("csv", "jsonl", "text"):
        from lrdiag.sources.json_lines import JsonLinesReader
        from lrdiag.watching import line_readers as readers
        from lrdiag.watching.growing_text import GrowingTextFollower

        kinds: dict[str, Callable[[], readers.LineReader]]
        kinds = {"csv": readers.TableLines, "jsonl": JsonLinesReader, "text": readers.TextLines}
        return GrowingTextFollower(source, kinds[source])
    return WholeFilesFollower(source)
