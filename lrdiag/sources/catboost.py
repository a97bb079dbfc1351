"""CatBoost's `learn_error.tsv`, `test_error.tsv` and `catboost_training.json` (one run a folder).

https://catboost.ai/docs/en/features/loss-functions-desc and `output data`: the tables have a
column `iter` and one a metric.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from lrdiag.runs import Run, Series
from lrdiag.sources.file_run import Content, read_file_run
from lrdiag.sources.json_text import load_document, whole_text
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.records import RecordRows
from lrdiag.sources.rows import series_of
from lrdiag.sources.table import TableSource
from lrdiag.sources.text_lines import head_text

_SPLITS = {"learn_error.tsv": "learn", "test_error.tsv": "test"}
_JSON = "catboost_training.json"
_CLOCK = "time_left.tsv"
_BOTH = ("learn", "test")


class CatBoostSource:
    """The evaluation log of a CatBoost training."""

    name: ClassVar[str] = "catboost"
    per_directory: ClassVar[bool] = True
    priority: ClassVar[int] = 88

    def sniff(self, path: Path, head: bytes) -> bool:
        """One of CatBoost's files, by name and content."""
        text = head_text(head[:4096])
        if path.name in _SPLITS or path.name == _CLOCK:
            return text.startswith("iter\t")
        return path.name == _JSON and '"iterations"' in text + head_text(head)

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read the tables of a folder, or the JSON file if they are missing.

        Raises:
            SourceError: a file cannot be opened.
        """
        tables = [path for path in files if path.name in _SPLITS]
        if not tables:
            first = next((path for path in files if path.name == _JSON), files[0])
            return read_file_run(self.name, first, name, _read_json)
        runs = [(_SPLITS[path.name], TableSource().read([path], name)) for path in tables]
        series: dict[str, Series] = {}
        for split, run in runs:
            for tag, points in run.series.items():
                series[f"{split}/{tag}"] = replace(points, tag=f"{split}/{tag}")
        sources = tuple(replace(s, format=self.name) for _, run in runs for s in run.sources)
        return Run(name, series, sources, tuple(p for _, run in runs for p in run.problems))


def _read_json(path: Path, log: ProblemLog) -> Content:
    if path.name == _CLOCK:
        return Content({})
    document = load_document(whole_text(path, log), log)
    rows = RecordRows()
    if isinstance(document, Mapping):
        names = {split: _metric_names(document.get("meta"), split) for split in _BOTH}
        for line, entry in enumerate(document.get("iterations") or (), 1):
            if isinstance(entry, Mapping):
                rows.add(_record(entry, names), line)
    return Content(series_of(rows.recorder.rows(), log))


def _metric_names(meta: Any, split: str) -> list[str]:
    """Names of a split's metrics: a metric that is costly may be left out of the training's."""
    if not isinstance(meta, Mapping):
        return []
    listed = meta.get(f"{split}_metrics") or meta.get("learn_metrics")
    return [str(m.get("name", "")) for m in listed or () if isinstance(m, Mapping)]


def _record(entry: Mapping[str, Any], names: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    record: dict[str, Any] = {"iteration": entry.get("iteration")}
    for split in _BOTH:
        values = entry.get(split)
        for name, value in zip(
            names[split], values if isinstance(values, list) else (), strict=False
        ):
            record[f"{split}/{name}"] = value
    return record
