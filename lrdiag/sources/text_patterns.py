"""The patterns by which lines of plain text logs are read: shipped as data, and the user's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from lrdiag.errors import SourceError

VARIABLE = "LRDIAG_TEXT_PATTERNS"
"""Environment variable: a YAML file with patterns that come before the shipped ones."""

SHIPPED = "formats/text_patterns.yml"
_KEYS = frozenset(("name", "regex", "tags", "split", "example"))
_MAX_REGEX = 2_000


class Match(Protocol):
    """What both engines return."""

    def groupdict(self) -> Mapping[str, str | None]:
        """Named groups."""
        ...


class Engine(Protocol):
    """A compiled regular expression of either engine."""

    @property
    def pattern(self) -> str:
        """The expression as written."""
        ...

    def search(self, text: str) -> Match | None:
        """The first match in a text."""
        ...


@dataclass(frozen=True, slots=True)
class TextPattern:
    """One way in which a line is read (see `rules/formats/text_patterns.yml`)."""

    name: str
    engine: Engine
    tags: Mapping[str, str] = field(default_factory=dict)
    split: str = ""
    example: str = ""

    def groups(self, text: str) -> dict[str, str] | None:
        """The named groups that matched, or None if the line is of another kind."""
        found = self.engine.search(text)
        if found is None:
            return None
        return {key: value for key, value in found.groupdict().items() if value}


@lru_cache(maxsize=1)
def shipped_patterns() -> tuple[TextPattern, ...]:
    """The patterns in `rules/formats/text_patterns.yml`, compiled by Python's engine."""
    from lrdiag.rulefile.shipped import shipped_data

    data = shipped_data(SHIPPED)
    return tuple(_pattern(entry, re.compile) for entry in data["patterns"])


def user_patterns() -> tuple[TextPattern, ...]:
    """The patterns of the file that the environment variable names, () without one.

    Raises:
        SourceError: the file cannot be read or holds a mistake.
    """
    name = os.environ.get(VARIABLE, "")
    return load_patterns(Path(name)) if name else ()


def load_patterns(path: Path) -> tuple[TextPattern, ...]:
    """A user's patterns, compiled by the linear-time engine RE2.

    Raises:
        SourceError: naming the file, the pattern and the mistake.
    """
    from lrdiag.sources.plain_yaml import PlainYamlError, load_plain_yaml

    try:
        data = load_plain_yaml(path.read_text("utf-8"))
    except (OSError, PlainYamlError, UnicodeDecodeError) as error:
        raise SourceError(f"The text patterns {path} cannot be read: {error}.") from error
    entries = data.get("patterns") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        raise SourceError(f"{path} has no list `patterns`.", _FORM)
    return user_patterns_from(entries, str(path))


_FORM = "Write `patterns:` with `name` and `regex` for each."


def user_patterns_from(entries: Sequence[Any], origin: str) -> tuple[TextPattern, ...]:
    """Patterns from plain values (a file or `lrdiag.yml`), compiled by RE2.

    Raises:
        SourceError: naming the origin, the pattern and the mistake.
    """
    from lrdiag.user_patterns import compiled

    made = []
    for position, entry in enumerate(entries, 1):
        where = f"{origin}, pattern {position}"
        _check(entry, where)
        try:
            made.append(_pattern(entry, compiled))
        except ValueError as error:
            raise SourceError(f"{where}: `regex` is invalid: {error}.", _FORM) from error
        if not made[-1].engine.groupindex:  # type: ignore[attr-defined]
            raise SourceError(f"{where}: `regex` has no named group, so it reads nothing.", _FORM)
    return tuple(made)


def _check(entry: Any, where: str) -> None:
    if not isinstance(entry, dict) or not isinstance(entry.get("regex"), str):
        raise SourceError(f"{where} has no `regex`.", _FORM)
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise SourceError(f"{where} has an unknown key {unknown[0]!r}.", _FORM)
    if len(entry["regex"]) > _MAX_REGEX:
        raise SourceError(f"{where}: `regex` is longer than {_MAX_REGEX} characters.")
    if not isinstance(entry.get("tags", {}), dict):
        raise SourceError(f"{where}: `tags` is no mapping of names.", _FORM)


def _pattern(entry: Mapping[str, Any], compile_: Any) -> TextPattern:
    return TextPattern(
        str(entry.get("name", "")),
        compile_(entry["regex"]),
        {str(k): str(v) for k, v in (entry.get("tags") or {}).items()},
        str(entry.get("split") or ""),
        str(entry.get("example") or ""),
    )


def match(patterns: Iterable[TextPattern], text: str) -> tuple[TextPattern, dict[str, str]] | None:
    """The first pattern that reads a line, with its groups."""
    for pattern in patterns:
        groups = pattern.groups(text)
        if groups is not None:
            return pattern, groups
    return None
