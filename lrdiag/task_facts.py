"""What the hyper-parameters beside a log say of the task: its kind, its classes, their balance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lrdiag.runs import Run

MAX_DEPTH = 5
MOST_CLASSES = 1_000_000
_MOST_CHARACTERS = 60

_KIND = ("task", "task_type", "task_kind", "problem_type")
_CLASSES = (
    "num_classes", "n_classes", "nclasses", "num_class", "nb_classes", "n_class",
    "number_of_classes", "num_labels", "n_labels",
)  # fmt: skip
_NAMES = ("class_names", "classnames", "label_names", "classes", "id2label", "names")
_COUNTS = (
    "class_counts", "class_count", "class_frequencies", "class_frequency", "class_distribution",
    "class_balance", "label_counts", "label_distribution", "samples_per_class", "cls_num_list",
)  # fmt: skip
_MAJORITY = ("majority_rate", "majority_share", "majority_fraction")
_POSITIVE = (
    "positive_rate", "pos_rate", "positive_ratio", "pos_ratio", "positive_fraction",
    "positive_share", "prevalence", "minority_rate",
)  # fmt: skip


def task_of(run: Run) -> dict[str, Any]:
    """The facts that files beside a log state, or else the `Namespace(...)` line in it."""
    if run.params or not run.texts:
        return task_facts(run.params)
    from lrdiag.sources.namespace_line import parse_namespace

    printed = next((line for line in run.texts if "Namespace(" in line), "")
    return task_facts(parse_namespace(printed) or {})


def task_facts(params: Mapping[str, Any]) -> dict[str, Any]:
    """`num_classes`, `majority_rate` and `kind`, as far as hyper-parameters state them.

    Weights of a loss (`pos_weight`, `class_weights`) say nothing sure of the data and are left
    alone. Values are used as given; none is guessed.

    Args:
        params: hyper-parameters, nested as found.
    """
    found: dict[str, Any] = {}
    for name, value in _named(params, 0):
        for fact, known in _facts(name, value):
            found.setdefault(fact, known)
    return found


def _named(params: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    """Names with their values, outer ones first."""
    for name, value in params.items():
        yield str(name).lower().replace("-", "_"), value
    if depth < MAX_DEPTH:
        for name, value in params.items():
            if isinstance(value, Mapping):
                inner = dict(value)
                if str(name).lower() == "task" and "kind" in inner:
                    inner["task"] = inner.pop("kind")
                yield from _named(inner, depth + 1)


def _facts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if name in _KIND and isinstance(value, str) and 0 < len(value) <= _MOST_CHARACTERS:
        yield "kind", value
    elif name in _CLASSES and _is_count(value):
        yield "num_classes", int(value)
    elif name in _NAMES and _is_many(value):
        yield "num_classes", len(value)
    elif name in _COUNTS and (counts := _counts(value)):
        yield "num_classes", len(counts)
        yield "majority_rate", max(counts) / sum(counts)
    elif name in _MAJORITY and _is_share(value):
        yield "majority_rate", float(value)
    elif name in _POSITIVE and _is_share(value):
        yield "majority_rate", max(float(value), 1 - float(value))


def _is_count(value: Any) -> bool:
    return _is_number(value) and float(value).is_integer() and 2 <= value <= MOST_CLASSES


def _is_many(value: Any) -> bool:
    listed = isinstance(value, Sequence | Mapping) and not isinstance(value, str | bytes)
    return listed and 2 <= len(value) <= MOST_CLASSES


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 < value < 1


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _counts(value: Any) -> list[float]:
    """Counts or shares of at least two classes, [] for anything else."""
    if not _is_many(value):
        return []
    numbers = list(value.values() if isinstance(value, Mapping) else value)
    if not all(_is_number(n) and n >= 0 for n in numbers) or sum(numbers) <= 0:
        return []
    return [float(n) for n in numbers]
