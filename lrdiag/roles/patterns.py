"""The patterns of `rules/roles.yml` as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lrdiag.roles.tag_words import tag_words

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MetricPattern:
    """One metric: the phrases that name it and the words that forbid it.

    `conversion`: "" or how logged values become the role's unit ("error", "complement").
    `at_most`: the pattern holds only where no value exceeds it (a rate, not a count).
    `classes`: words left over name a class (`recall/fraud`).
    """

    metric: str
    unit: str
    higher_is_better: bool
    phrases: tuple[Phrase, ...]
    forbidden: frozenset[str]
    conversion: str = ""
    at_most: float | None = None
    classes: bool = False


@dataclass(frozen=True, slots=True)
class RolePatterns:
    """All of `rules/roles.yml`."""

    splits: Mapping[str, Mapping[str, int]]
    neutral: frozenset[str]
    per_iteration: frozenset[str]
    metrics: tuple[MetricPattern, ...]
    lr_phrases: tuple[Phrase, ...]
    lr_forbidden: frozenset[str]
    lr_exact: frozenset[Phrase]
    epoch_exact: frozenset[Phrase]


@lru_cache(maxsize=1)
def load_role_patterns() -> RolePatterns:
    """The shipped patterns.

    Raises:
        RuleFileError: the shipped file is damaged.
    """
    from lrdiag.rulefile.shipped import shipped_data

    return patterns_from(shipped_data("roles.yml"))


def patterns_from(data: Mapping[str, Any]) -> RolePatterns:
    """Patterns from the parsed file."""
    lr = data["learning_rate"]
    return RolePatterns(
        splits={s: {w: i for i, w in enumerate(words)} for s, words in data["splits"].items()},
        neutral=frozenset(data["neutral"]),
        per_iteration=frozenset(data["per_iteration"]),
        metrics=tuple(_metric(entry) for entry in data["metrics"]),
        lr_phrases=_phrases(lr["words"]),
        lr_forbidden=frozenset(lr["not"]),
        lr_exact=frozenset(_phrases(lr["exact"])),
        epoch_exact=frozenset(_phrases(data["epoch"]["exact"])),
    )


def _metric(entry: Mapping[str, Any]) -> MetricPattern:
    return MetricPattern(
        metric=entry["metric"],
        unit=entry["unit"],
        higher_is_better=entry["better"] == "higher",
        phrases=_phrases(entry["words"]),
        forbidden=frozenset(str(word) for word in entry["not"]),
        conversion=entry.get("conversion", ""),
        at_most=entry.get("at_most"),
        classes=bool(entry.get("classes", False)),
    )


def _phrases(texts: list[str]) -> tuple[Phrase, ...]:
    return tuple(tag_words(str(text)) for text in texts)
