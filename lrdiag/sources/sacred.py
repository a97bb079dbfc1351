"""Sacred's FileStorageObserver: `metrics.json`, a dict of steps, values and time stamps.

https://sacred.readthedocs.io/en/stable/collected_information.html (metrics).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lrdiag.runs import FloatArray, Run, Series
from lrdiag.sources.file_run import Content, read_file_run
from lrdiag.sources.json_text import load_document, whole_text
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.table_cells import wall_time
from lrdiag.sources.text_lines import head_text

_METRIC = re.compile(r'\{\s*"(?:steps|timestamps|values)":\s*\[\s*[^{\[\s]')
"""A plot of Vega has `values` too, but objects in them, or a text."""


class SacredSource:
    """`metrics.json` of Sacred."""

    name: ClassVar[str] = "sacred"
    per_directory: ClassVar[bool] = False
    priority: ClassVar[int] = 70

    def sniff(self, path: Path, head: bytes) -> bool:
        """A JSON object whose first metric has `steps` (and `values`, `timestamps`)."""
        text = head_text(head).lstrip()
        if not text.startswith("{") or not path.name.endswith(".json"):
            return False
        first = text.find("{", 1)
        return 0 < first < 300 and _METRIC.match(text, first) is not None

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read one file.

        Raises:
            SourceError: the file cannot be opened.
        """
        return read_file_run(self.name, files[0], name, _read)


def _read(path: Path, log: ProblemLog) -> Content:
    document = load_document(whole_text(path, log), log)
    found: dict[str, Series] = {}
    for tag, entry in document.items() if isinstance(document, Mapping) else ():
        series = _series(str(tag), entry, log)
        if series is not None:
            found[str(tag)] = series
    return Content(found)


def _series(tag: str, entry: Any, log: ProblemLog) -> Series | None:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("values"), list):
        return None
    values = entry["values"]
    steps = entry.get("steps") or list(range(len(values)))
    times = entry.get("timestamps") or [None] * len(values)
    count = min(len(values), len(steps), len(times))
    if count < len(values):
        message = f"{tag}: {len(values)} values but {len(steps)} steps; the rest is left out"
        log.add("ragged-series", message, lost=len(values) - count)
    value = np.array([_float(v) for v in values[:count]], np.float64)
    step = np.array([int(_float(s)) if _float(s) == _float(s) else 0 for s in steps[:count]])
    return Series(tag, step.astype(np.int64), _times(times[:count]), value)


def _float(value: Any) -> float:
    if isinstance(value, Mapping):  # jsonpickle: {"py/object": "numpy.float32", "value": 0.3}
        value = value.get("value")
    return float(value) if isinstance(value, int | float) else float("nan")


def _times(times: Sequence[Any]) -> FloatArray:
    seconds = [wall_time(str(t)) if t is not None else None for t in times]
    return np.array([np.nan if s is None else s for s in seconds], np.float64)
