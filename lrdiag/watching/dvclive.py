"""Following a run of DVCLive: one growing table a metric."""

from __future__ import annotations

from pathlib import Path

from lrdiag.runs import Run, Series
from lrdiag.sources.dvclive import metric_run
from lrdiag.watching.growing_text import GrowingTextFollower
from lrdiag.watching.line_readers import TableLines

FORMAT = "dvclive"


class DvcLiveFollower:
    """All metrics of a run; more may join."""

    def __init__(self) -> None:
        self._files: dict[Path, GrowingTextFollower] = {}

    @property
    def bytes_read(self) -> int:
        """Bytes read so far, over all files."""
        return sum(file.bytes_read for file in self._files.values())

    def poll(self, files: tuple[Path, ...]) -> bool:
        """Read new rows; whether there were any."""
        for path in files:
            self._files.setdefault(path, GrowingTextFollower(FORMAT, TableLines))
        changed = [file.poll((path,)) for path, file in self._files.items()]
        return any(changed)

    def run(self, name: str) -> Run:
        """Everything known so far."""
        runs = [metric_run(file.run(name), path) for path, file in sorted(self._files.items())]
        series: dict[str, Series] = {}
        for run in runs:
            series.update(run.series)
        sources = tuple(source for run in runs for source in run.sources)
        return Run(name, series, sources, tuple(p for run in runs for p in run.problems))
