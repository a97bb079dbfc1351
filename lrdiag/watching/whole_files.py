"""Following formats whose writer rewrites the file (JSON documents, databases): read on change."""

from __future__ import annotations

from pathlib import Path

from lrdiag.errors import SourceError
from lrdiag.findings import Problem
from lrdiag.runs import Run
from lrdiag.sources.registry import source_named


class WholeFilesFollower:
    """Reads the files anew when one of them changed; all of their content is new then."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._states: dict[Path, tuple[int, int, int]] = {}
        self._run: Run | None = None
        self._name = "."
        self.bytes_read = 0

    def poll(self, files: tuple[Path, ...]) -> bool:
        """Read if a file changed; a file caught half-written keeps what was known."""
        states = {path: state for path in files if (state := file_state(path)) is not None}
        if states == self._states or not states:
            return False
        changed = [path for path, state in states.items() if self._states.get(path) != state]
        self._states = states
        try:
            run = source_named(self._source).read(files, self._name)
        except (SourceError, OSError):
            return False
        self.bytes_read += sum(states[path][0] for path in changed)
        if self._run is not None and _is_torn(run, self._run):
            return False
        self._run = run
        return True

    def run(self, name: str) -> Run:
        """What the last reading gave."""
        if self._run is None:
            first = next(iter(self._states), Path(name))
            problem = Problem(str(first), "unreadable", "info", "nothing readable was written yet")
            return Run(name, {}, problems=(problem,))
        return Run(
            name,
            self._run.series,
            self._run.sources,
            self._run.problems,
            self._run.params,
            self._run.params_origin,
            self._run.texts,
        )


def _is_torn(run: Run, before: Run) -> bool:
    """Whether a reading holds less than one before, and what it read is damaged or empty."""
    if _points(run) >= _points(before):
        return False
    return not run.series or any(problem.severity != "info" for problem in run.problems)


def _points(run: Run) -> int:
    return sum(len(series) for series in run.series.values())


def file_state(path: Path) -> tuple[int, int, int] | None:
    """Size, time of change and inode of a file; None if it is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino
