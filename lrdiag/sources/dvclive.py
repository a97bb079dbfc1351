"""DVCLive: `plots/metrics/<name>.tsv`, one file a metric, columns `step` and the name.

https://dvc.org/doc/dvclive/live/log_metric. Old versions wrote `<name>.tsv` (or `.csv`) straight
into the folder; the header then also has `timestamp`. The metric's name is the path.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from lrdiag.errors import SourceError
from lrdiag.runs import Run, Series
from lrdiag.sources.table import TableSource
from lrdiag.sources.text_lines import head_text

_ROOTS = ("metrics", "scalars")
_HEADER = re.compile(r"(?:timestamp[\t,])?step[\t,](?P<name>[^\t,\n]+)\r?(?:\n|$)")


class DvcLiveSource:
    """A run logged by DVCLive."""

    name: ClassVar[str] = "dvclive"
    per_directory: ClassVar[bool] = True
    priority: ClassVar[int] = 60

    def sniff(self, path: Path, head: bytes) -> bool:
        """A table `step`, `<file's name>` below `plots/metrics`, `scalars` or `dvclive`."""
        if path.suffix not in (".tsv", ".csv"):
            return False
        found = _HEADER.match(head_text(head[:1000]))
        return found is not None and found["name"].strip() == path.stem

    def home(self, path: Path) -> Path:
        """The folder above `plots/metrics` (or the files' own in old versions)."""
        root = _root(path)
        if root.name in _ROOTS and root.parent.name == "plots":
            return root.parent.parent
        return root

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read all metrics of a run.

        Raises:
            SourceError: no file can be opened.
        """
        runs: list[Run] = []
        failed: SourceError | None = None
        for path in sorted(files):
            try:
                runs.append(metric_run(TableSource().read([path], name), path))
            except SourceError as error:
                failed = error
        if failed is not None and not runs:
            raise failed
        series: dict[str, Series] = {}
        for run in runs:
            series.update(run.series)
        sources = tuple(replace(s, format=self.name) for r in runs for s in r.sources)
        return Run(name, series, sources, tuple(p for r in runs for p in r.problems))


def _root(path: Path) -> Path:
    """The folder below which a file's path is the metric's name."""
    for parent in path.parents:
        if parent.name in _ROOTS and parent.parent.name == "plots":
            return parent
        if parent.name in ("dvclive", "scalars"):
            return parent
    return path.parent


def _tag(path: Path) -> str:
    return path.relative_to(_root(path)).with_suffix("").as_posix()


def metric_run(run: Run, path: Path) -> Run:
    """What a table says of its metric, under the name that its path gives it."""
    tag = _tag(path)
    found = run.series.get(tag.rsplit("/", 1)[-1])
    return replace(run, series={} if found is None else {tag: replace(found, tag=tag)})
