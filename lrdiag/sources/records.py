"""Records (one JSON object a step or epoch) into rows, whoever wrote them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lrdiag.sources.index_names import (
    EPOCH_NAMES,
    STEP_NAMES,
    WALL_NAMES,
    is_index,
    is_metric,
    plain_name,
)
from lrdiag.sources.rows import NAN, RowRecorder, Rows
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

_SHAPES = 1000
"""Sets of keys whose names are remembered; a log has a handful."""


def is_log_record(record: Mapping[str, Any]) -> bool:
    """Whether an object looks like a row of a log, not like a label or a configuration.

    It has a metric and an index, or at least a metric other than a rate and no words.
    """
    keys = [str(k) for k in record]
    numbers = [k for k in keys if as_number(record[k]) is not None]
    metrics = [k for k in numbers if is_metric(k)]
    if any(is_index(k) and plain_name(k) not in _COUNTS for k in numbers):
        nested = any(isinstance(v, Mapping) and is_log_record(v) for v in record.values())
        return bool(metrics) or nested or "value" in keys
    words = [k for k in keys if isinstance(record[k], str) and k not in _SPLIT_NAMES]
    losses = [k for k in metrics if plain_name(k) not in ("lr", "learning_rate")]
    return len(losses) > 0 and not [k for k in words if number(record[k]) is None]


def as_number(value: Any) -> float | None:
    """The number that a value is or that a short text spells; None for true, false and null."""
    if type(value) is float:
        return value
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
        found = as_number(value)
        if found is not None:
            yield tag, found
        elif isinstance(value, Mapping) and depth < MAX_DEPTH:
            yield from numbers_in(value, tag + "/", depth + 1)
        elif isinstance(value, list) and len(value) <= MAX_LIST and depth < MAX_DEPTH:
            listed = {str(i): item for i, item in enumerate(value)}
            yield from numbers_in(listed, tag + "/", depth + 1)


class RecordNames(NamedTuple):
    """What the keys of a record are, worked out once for all records with the same keys."""

    step: tuple[str, ...]
    epoch: tuple[str, ...]
    split: tuple[str, ...]
    wall: tuple[str, ...]
    tag: str | None
    value: str | None
    has_iter: bool

    @classmethod
    def of(cls, keys: tuple[str, ...]) -> RecordNames:
        """The names among some keys, best first."""
        names = {plain_name(key): key for key in reversed(keys)}

        def known(wanted: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(names[name] for name in wanted if name in names)

        tags = known(_TAG_NAMES) if "value" in names else ()
        return cls(
            known(STEP_NAMES),
            known(EPOCH_NAMES),
            known(_SPLIT_NAMES),
            known(WALL_NAMES),
            tags[0] if tags else None,
            names.get("value"),
            "iter" in names,
        )


class RecordRows:
    """Collects records as rows."""

    def __init__(self) -> None:
        self.recorder = RowRecorder()
        self._names: dict[tuple[str, ...], RecordNames] = {}
        self._step = NAN
        self._epoch = NAN
        self._has_iter = False

    def add(self, record: Mapping[str, Any], line: int) -> None:
        """Add one record."""
        names = self.names_of(tuple(record))
        step_key = _first(names.step, record)
        epoch_key = _first(names.epoch, record)
        prefix = _split_of(names.split, record)
        step, epoch = self._index(record, step_key, epoch_key, names.has_iter, prefix)
        if self._has_iter and not names.has_iter and step_key == "step" and epoch_key is None:
            prefix = prefix or "val/"  # mmengine: an evaluation has neither epoch nor iteration
        self.recorder.start(line, step, epoch, _wall(names.wall, record))
        put = self.recorder.put
        for tag, value in _values(record, names):
            if tag not in (step_key, epoch_key):
                put(tag if not prefix or tag in _UNPREFIXED else prefix + tag, value)

    def independent(self, shapes: Iterable[tuple[str, ...]]) -> bool:
        """Whether records of numbers with these keys mean the same whatever came before them."""
        names = map(self.names_of, shapes)
        return not self._has_iter and not any(n.has_iter and "step" in n.step for n in names)

    def add_rows(self, rows: Rows) -> None:
        """Add rows made of independent records."""
        self.recorder.add(rows)
        self._step = NAN if rows.step is None else float(rows.step[-1])
        self._epoch = NAN if rows.epoch is None else float(rows.epoch[-1])

    def state(self) -> tuple[float, float, bool]:
        """What the next record may depend on: step, epoch, whether a record had an `iter`."""
        return self._step, self._epoch, self._has_iter

    def restore(self, state: Sequence[Any]) -> None:
        """Go on where `state` was taken."""
        self._step, self._epoch, self._has_iter = float(state[0]), float(state[1]), bool(state[2])

    def names_of(self, keys: tuple[str, ...]) -> RecordNames:
        """What some keys are, from memory where records have the same."""
        found = self._names.get(keys)
        if found is None:
            found = RecordNames.of(tuple(map(str, keys)))
            if len(self._names) < _SHAPES:
                self._names[keys] = found
        return found

    def _index(
        self,
        record: Mapping[str, Any],
        step_key: str | None,
        epoch_key: str | None,
        has_iter: bool,
        prefix: str,
    ) -> tuple[float, float]:
        step = NAN if step_key is None else as_number(record[step_key]) or 0.0
        epoch = NAN if epoch_key is None else as_number(record[epoch_key]) or 0.0
        if prefix.startswith("val") and step_key is not None and self._step == self._step:
            return self._step, epoch  # mmcv: `iter` counts the validation's own iterations
        if self._has_iter and step_key == "step" and not has_iter and epoch_key is None:
            return self._after_training(step)
        self._has_iter = self._has_iter or (step_key == "step" and has_iter)
        self._step, self._epoch = step, epoch
        return step, epoch

    def _after_training(self, step: float) -> tuple[float, float]:
        """mmengine: the `step` of a validation record is an epoch, or the last iteration."""
        if step <= self._epoch:
            return self._step, step
        return step, NAN


def _values(record: Mapping[str, Any], names: RecordNames) -> Iterable[tuple[str, float]]:
    tag, key = names.tag, names.value
    if tag is None or key is None or not isinstance(record[tag], str):
        return numbers_in(record)
    value = as_number(record[key])
    return () if value is None else ((record[tag], value),)


def _first(keys: tuple[str, ...], record: Mapping[str, Any]) -> str | None:
    return next((key for key in keys if as_number(record[key]) is not None), None)


def _split_of(keys: tuple[str, ...], record: Mapping[str, Any]) -> str:
    for key in keys:
        word = record[key]
        if isinstance(word, str) and word.lower() in SPLIT_WORDS:
            return word.lower() + "/"
    return ""


def _wall(keys: tuple[str, ...], record: Mapping[str, Any]) -> float:
    for key in keys:
        value = record[key]
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            seconds = wall_time(str(value)[:40])
            if seconds is not None:
                return seconds
    return NAN
