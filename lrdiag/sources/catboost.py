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


class CatBoostSource:
    """The evaluation log of a CatBoost training."""

    name: ClassVar[str] = "catboost"
    per_directory: ClassVar[bool] = True
    priority: ClassVar[int] = 88

    def sniff(self, path: Path, head: bytes) -> bool:
        """One of CatBoost's files, by name and content."""
        text = head_text(head[:4096])
        if path.name in _SPLITS:
            return text.startswith("iter\t")
        return path.name == _JSON and '"iterations"' in text + head_text(head)

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read the tables of a folder, or the JSON file if they are missing.

        Raises:
            SourceError: a file cannot be opened.
        """
        tables = [path for path in files if path.name in _SPLITS]
        if not tables:
            return read_file_run(self.name, files[0], name, _read_json)
        runs = [(_SPLITS[path.name], TableSource().read([path], name)) for path in tables]
        series: dict[str, Series] = {}
        for split, run in runs:
            for tag, points in run.series.items():
                series[f"{split}/{tag}"] = replace(points, tag=f"{split}/{tag}")
        sources = tuple(replace(s, format=self.name) for _, run in runs for s in run.sources)
        return Run(name, series, sources, tuple(p for _, run in runs for p in run.problems))


def _read_json(path: Path, log: ProblemLog) -> Content:
    document = load_document(whole_text(path, log), log)
    rows = RecordRows()
    if isinstance(document, Mapping):
        names = _metric_names(document.get("meta"))
        for line, entry in enumerate(document.get("iterations") or (), 1):
            if isinstance(entry, Mapping):
                rows.add(_record(entry, names), line)
    return Content(series_of(rows.recorder.rows(), log))


def _metric_names(meta: Any) -> list[str]:
    listed = meta.get("learn_metrics") if isinstance(meta, Mapping) else None
    return [str(m.get("name", "")) for m in listed or () if isinstance(m, Mapping)]


def _record(entry: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    record: dict[str, Any] = {"iteration": entry.get("iteration")}
    for split in ("learn", "test"):
        values = entry.get(split)
        for name, value in zip(names, values if isinstance(values, list) else (), strict=False):
            record[f"{split}/{name}"] = value
    return record
