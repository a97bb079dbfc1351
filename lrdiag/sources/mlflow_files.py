"""MLflow's file store: `mlruns/<experiment>/<run>/metrics/<name>`, one file a metric.

A line is `<timestamp in ms> <value> <step>` (mlflow/store/tracking/file_store.py; old versions
wrote no step). Names with `/` lie in folders below `metrics`. Parameters are files in `params`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from lrdiag.errors import SourceError
from lrdiag.findings import SourceSummary
from lrdiag.runs import Run, Series
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.sidecars import read_params
from lrdiag.sources.table_cells import number
from lrdiag.sources.text_lines import lines

_LINE = re.compile(rb"\d{10,14} \S+(?: -?\d+)?\s*(?:\n|$)")


class MlflowFilesSource:
    """A run in MLflow's file store."""

    name: ClassVar[str] = "mlflow"
    per_directory: ClassVar[bool] = True
    priority: ClassVar[int] = 95

    def sniff(self, path: Path, head: bytes) -> bool:
        """A file below a folder `metrics` whose lines are time, value, step."""
        return "metrics" in path.parts[:-1] and _LINE.match(head) is not None

    def home(self, path: Path) -> Path:
        """The run's folder, which holds `metrics`."""
        return metrics_folder(path).parent

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read all metrics of a run, and its parameters.

        Raises:
            SourceError: no file can be opened.
        """
        series: dict[str, Series] = {}
        summaries: list[SourceSummary] = []
        log = ProblemLog(str(self.home(files[0])))
        for path in sorted(files):
            tag = path.relative_to(metrics_folder(path)).as_posix()
            series[tag] = _metric(tag, path, log)
            summaries.append(SourceSummary(str(path), self.name, len(series[tag])))
        if not any(len(s) for s in series.values()) and log.has("unreadable"):
            raise SourceError(f"{files[0]} cannot be read.")
        params, origin, _ = read_params([self.home(files[0]) / "params"])
        return Run(name, series, tuple(summaries), log.problems(), params, origin)


def metrics_folder(path: Path) -> Path:
    """The folder `metrics` above a file."""
    for parent in path.parents:
        if parent.name == "metrics":
            return parent
    return path.parent


def _metric(tag: str, path: Path, log: ProblemLog) -> Series:
    rows: list[tuple[float, float, int]] = []
    own = ProblemLog(str(path))
    try:
        for line in lines(path, own):
            parsed = _parse(line.text, len(rows))
            if parsed is None and line.text.strip():
                message = f"line {line.number} is not `time value step`; it is left out"
                severity = "warning" if line.ended else "info"
                own.add("bad-line", message, severity=severity, line=line.number, lost=1)
            elif parsed is not None:
                rows.append(parsed)
    except OSError as error:
        own.add("unreadable", f"the file cannot be read: {error.strerror}", severity="error")
    log.add_all(own.problems())
    rows.sort(key=lambda row: row[2])
    return Series(
        tag,
        np.array([row[2] for row in rows], np.int64),
        np.array([row[0] / 1000 for row in rows], np.float64),
        np.array([row[1] for row in rows], np.float64),
    )


def _parse(text: str, row: int) -> tuple[float, float, int] | None:
    parts = text.split()
    if len(parts) not in (2, 3):
        return None
    time, value = number(parts[0]), number(parts[1])
    step = number(parts[2]) if len(parts) == 3 else row
    if time is None or value is None or step is None or math.isnan(step):
        return None
    return time, value, int(step)
