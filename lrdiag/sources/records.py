"""Records (one JSON object a step or epoch) into rows, whoever wrote them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lrdiag.sources.index_names import (
    EPOCH_NAMES,
    STEP_NAMES,
    WALL_NAMES,
    is_index,
    is_metric,
    plain_name,
)
from lrdiag.sources.rows import NAN, RowRecorder
from lrdiag.sources.table_cells import number, wall_time

MAX_DEPTH = 5
MAX_LIST = 64
"""Longer lists (confusion matrices, per-image scores) are no curves and are left out."""

SPLIT_WORDS = frozenset(
    ("train", "training", "val", "valid", "validation", "test", "eval", "evaluation", "dev")
)
_SPLIT_NAMES = ("mode", "split", "phase", "stage", "subset", "partition", "type", "_type", "set")
_COUNTS = ("epochs", "iters", "iterations", "timesteps", "total_timesteps", "batch")
"""Names that say how many, in a configuration; in a log they come with a metric."""

_TAG_NAMES = ("tag", "metric", "key", "name", "metric_name")
_UNPREFIXED = ("lr", "learning_rate", "momentum", "epoch")
"""Names that mean the same in a training and a validation record."""


def is_log_record(record: Mapping[str, Any]) -> bool:
    """Whether an object looks like a row of a log, not like a label or a configuration.

    It has a metric and an index, or at least a metric other than a rate and no words.
    """
    keys = [str(k) for k in record]
    numbers = [k for k in keys if _as_number(record[k]) is not None]
    metrics = [k for k in numbers if is_metric(k)]
    if any(is_index(k) and plain_name(k) not in _COUNTS for k in numbers):
        nested = any(isinstance(v, Mapping) and is_log_record(v) for v in record.values())
        return bool(metrics) or nested or "value" in keys
    words = [k for k in keys if isinstance(record[k], str) and k not in _SPLIT_NAMES]
    losses = [k for k in metrics if plain_name(k) not in ("lr", "learning_rate")]
    return len(losses) > 0 and not [k for k in words if number(record[k]) is None]


def _as_number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return None
    return number(value) if isinstance(value, str) and len(value) < 40 else None


def numbers_in(
    record: Mapping[str, Any], prefix: str = "", depth: int = 0
) -> Iterator[tuple[str, float]]:
    """(tag, value) of every number in a record; nested names are joined with `/`."""
    for key, value in record.items():
        tag = prefix + str(key)
        found = _as_number(value)
        if found is not None:
            yield tag, found
        elif isinstance(value, Mapping) and depth < MAX_DEPTH:
            yield from numbers_in(value, tag + "/", depth + 1)
        elif isinstance(value, list) and len(value) <= MAX_LIST and depth < MAX_DEPTH:
            listed = {str(i): item for i, item in enumerate(value)}
            yield from numbers_in(listed, tag + "/", depth + 1)


class RecordRows:
    """Collects records as rows."""

    def __init__(self) -> None:
        self.recorder = RowRecorder()
        self._step = NAN
        self._epoch = NAN
        self._has_iter = False

    def add(self, record: Mapping[str, Any], line: int) -> None:
        """Add one record."""
        names = {plain_name(str(k)): str(k) for k in reversed(list(record))}
        step_key = _first(names, STEP_NAMES, record)
        epoch_key = _first(names, EPOCH_NAMES, record)
        prefix = _split_of(names, record)
        step, epoch = self._index(record, step_key, epoch_key, names, prefix)
        if self._has_iter and "iter" not in names and step_key == "step" and epoch_key is None:
            prefix = prefix or "val/"  # mmengine: an evaluation has neither epoch nor iteration
        self.recorder.start(line, step, epoch, _wall(names, record))
        skip = {step_key, epoch_key}
        for tag, value in self._values(record, names):
            if tag not in skip:
                self.recorder.put(tag if tag in _UNPREFIXED else prefix + tag, value)

    def _values(
        self, record: Mapping[str, Any], names: Mapping[str, str]
    ) -> Iterator[tuple[str, float]]:
        tag = next((names[n] for n in _TAG_NAMES if n in names), None)
        if tag is None or "value" not in names or not isinstance(record[tag], str):
            yield from numbers_in(record)
            return
        value = _as_number(record[names["value"]])
        if value is not None:
            yield record[tag], value

    def _index(
        self,
        record: Mapping[str, Any],
        step_key: str | None,
        epoch_key: str | None,
        names: Mapping[str, str],
        prefix: str,
    ) -> tuple[float, float]:
        step = NAN if step_key is None else _as_number(record[step_key]) or 0.0
        epoch = NAN if epoch_key is None else _as_number(record[epoch_key]) or 0.0
        if prefix.startswith("val") and step_key is not None and self._step == self._step:
            return self._step, epoch  # mmcv: `iter` counts the validation's own iterations
        if self._has_iter and step_key == "step" and "iter" not in names and epoch_key is None:
            return self._after_training(step)
        self._has_iter = self._has_iter or (step_key == "step" and "iter" in names)
        self._step, self._epoch = step, epoch
        return step, epoch

    def _after_training(self, step: float) -> tuple[float, float]:
        """mmengine: the `step` of a validation record is an epoch, or the last iteration."""
        if step <= self._epoch:
            return self._step, step
        return step, NAN


def _first(
    names: Mapping[str, str], wanted: tuple[str, ...], record: Mapping[str, Any]
) -> str | None:
    for name in wanted:
        key = names.get(name)
        if key is not None and _as_number(record[key]) is not None:
            return key
    return None


def _split_of(names: Mapping[str, str], record: Mapping[str, Any]) -> str:
    for name in _SPLIT_NAMES:
        word = record.get(names.get(name, ""), None)
        if isinstance(word, str) and word.lower() in SPLIT_WORDS:
            return word.lower() + "/"
    return ""


def _wall(names: Mapping[str, str], record: Mapping[str, Any]) -> float:
    for name in WALL_NAMES:
        value = record.get(names.get(name, ""), None)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            seconds = wall_time(str(value)[:40])
            if seconds is not None:
                return seconds
    return NAN
