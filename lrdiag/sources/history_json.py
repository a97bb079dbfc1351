"""JSON documents that hold whole curves.

Keras' `History.history`, boosting's `evals_result`, arrays of records, pandas' `to_json`.
Keras: https://keras.io/api/models/model_training_apis/ (a dict of lists, one value an epoch).
XGBoost and LightGBM: `evals_result` (a dict of data sets, each a dict of lists).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from lrdiag.runs import Run
from lrdiag.sources.file_run import Content, read_file_run
from lrdiag.sources.index_names import is_index, is_metric, plain_name
from lrdiag.sources.json_text import (
    array_items,
    line_numbers,
    load_document,
    parse_record,
    whole_text,
)
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.records import RecordRows, is_log_record
from lrdiag.sources.rows import series_of
from lrdiag.sources.table_cells import number
from lrdiag.sources.text_lines import head_text

_WRAPPERS = ("history", "History", "log_history", "logs", "log", "metrics", "results")
_MAX_DEPTH = 3
_LIST_HEAD = 400


class HistoryJsonSource:
    """A JSON document that holds whole curves."""

    name: ClassVar[str] = "history-json"
    per_directory: ClassVar[bool] = False
    priority: ClassVar[int] = 40

    def sniff(self, path: Path, head: bytes) -> bool:
        """One JSON document: lists of numbers under metric names, or an array of log rows."""
        text = head_text(head).strip()
        if not text or text[0] not in "{[":
            return False
        if text[0] == "[":
            items = [value for _, value in array_items(text, 0)][:5]
            return bool(items) and all(isinstance(i, Mapping) and is_log_record(i) for i in items)
        if _is_json_lines(text):
            return False
        return any(_first_number(text, at) for at, key in _keys(text) if not _is_rate(key))

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read one document.

        Raises:
            SourceError: the file cannot be opened.
        """
        return read_file_run(self.name, files[0], name, _read)


def _keys(text: str) -> Iterator[tuple[int, str]]:
    """(position behind the colon, key) of the keys that look like a metric, first ones only."""
    at = 0
    for _ in range(_LIST_HEAD):
        start = text.find('"', at)
        end = text.find('"', start + 1)
        if start < 0 or end < 0:
            return
        at = end + 1
        colon = text[end + 1 : end + 20].lstrip()
        if colon.startswith(":") and is_metric(text[start + 1 : end]):
            yield text.find(":", end) + 1, text[start + 1 : end]


def _is_json_lines(text: str) -> bool:
    first, _, rest = text.partition("\n")
    return rest.lstrip().startswith("{") and parse_record(first) is not None


def _is_rate(key: str) -> bool:
    """A list under `lr_steps` or `lr` alone may be a configuration."""
    return plain_name(key).split("_")[0] in ("lr", "learning")


def _first_number(text: str, at: int) -> bool:
    """Whether a list (or a pandas column) of numbers begins at a position."""
    rest = text[at : at + 200].lstrip()
    if rest.startswith("["):
        first = rest[1:].lstrip().split(",", 1)[0].split("]", 1)[0].strip().strip('"')
        return number(first) is not None
    return rest.startswith('{"0":')


def _read(path: Path, log: ProblemLog) -> Content:
    text = whole_text(path, log)
    document = load_document(text, log)
    if document is None:
        document = _salvaged(text)
    rows = RecordRows()
    params: dict[str, Any] = {}
    if isinstance(document, list):
        _add_records(document, [1] * len(document), rows)
        if text.lstrip().startswith("["):
            positions = [at for at, _ in array_items(text, text.index("["))]
            rows = RecordRows()
            _add_records(document, line_numbers(text, positions), rows)
    elif isinstance(document, Mapping):
        inner = _unwrapped(document)
        if isinstance(inner, list):
            _add_records(inner, [1] * len(inner), rows)
        else:
            _add_curves(_curves(inner), rows)
            params = {str(k): v for k, v in document.items() if k in ("params", "config", "args")}
    return Content(series_of(rows.recorder.rows(), log), params)


def _salvaged(text: str) -> Any:
    """The whole items of a cut array, or the whole lists of a cut object."""
    stripped = text.lstrip()
    if stripped.startswith("["):
        return [value for _, value in array_items(text, text.index("["))]
    found: dict[str, Any] = {}
    for at, key in _keys(text):
        start = text.find("[", at)
        if 0 <= start <= at + 5:
            found[key] = [value for _, value in array_items(text, start)]
    return found


def _unwrapped(document: Mapping[str, Any]) -> Any:
    for key in _WRAPPERS:
        inner = document.get(key)
        if isinstance(inner, list) and inner and isinstance(inner[0], Mapping):
            return inner
        if isinstance(inner, Mapping) and any(True for _ in _curves(inner)):
            outer = {k: v for k, v in document.items() if k == "epoch" and isinstance(v, list)}
            return {**outer, **inner}
    return document


def _add_records(records: Sequence[Any], numbers: Sequence[int], rows: RecordRows) -> None:
    for line, record in zip(numbers, records, strict=False):
        if isinstance(record, Mapping):
            rows.add(record, line)


def _curves(
    document: Mapping[str, Any], prefix: str = "", depth: int = 0
) -> Iterator[tuple[str, list[float | None]]]:
    for key, value in document.items():
        tag = f"{prefix}{key}"
        values = _list_of(value)
        if values is not None:
            yield tag, values
        elif isinstance(value, Mapping) and depth < _MAX_DEPTH:
            yield from _curves(value, tag + "/", depth + 1)


def _list_of(value: Any) -> list[float | None] | None:
    """Numbers of a list, of a text that prints one, or of a pandas column; None otherwise."""
    if isinstance(value, str) and value[:1] == "[" and len(value) < 1 << 20:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if isinstance(value, Mapping) and value and all(str(k).isdigit() for k in value):
        value = list(value.values())
    if not isinstance(value, list) or not value:
        return None
    out = [_item(v) for v in value]
    return out if any(v is not None for v in out) else None


def _item(value: Any) -> float | None:
    if isinstance(value, list) and len(value) == 1:
        return _item(value[0])
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    return number(value) if isinstance(value, str) else float(value)


def _add_curves(curves: Iterator[tuple[str, list[float | None]]], rows: RecordRows) -> None:
    """Curves side by side as rows; the row is the epoch unless a list says otherwise."""
    found = dict(curves)
    count = max((len(v) for v in found.values()), default=0)
    index = {tag for tag in found if is_index(tag) and len(found[tag]) == count}
    for i in range(count):
        record = {t: v[i] for t, v in found.items() if i < len(v) and v[i] is not None}
        if not index:
            record.setdefault("epoch", float(i))
        rows.add(record, i + 1)
