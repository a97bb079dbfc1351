"""Reports of logs that were read from another place than the user named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from lrdiag.sources.interface import RunLocation

V = TypeVar("V")


def renamed(value: V, rename: Callable[[str], str]) -> V:
    """A copy of a report in which every text went through `rename` (keys stay)."""
    return _renamed(value, rename)  # type: ignore[no-any-return]


def replacing(names: Mapping[str, str]) -> Callable[[str], str]:
    """A function that puts the names the user gave in the place of those that were read."""
    ordered = sorted(names.items(), key=lambda pair: -len(pair[0]))

    def rename(text: str) -> str:
        """The text with every place that was read under the name the user gave it."""
        for old, new in ordered:
            if old in text:
                text = text.replace(old, new)
        return text

    return rename


def absolute(location: RunLocation) -> tuple[RunLocation, dict[str, str]]:
    """The location with absolute paths, and what each stands for."""
    names: dict[str, str] = {}

    def full(path: Path) -> Path:
        """The absolute path; what the user wrote is noted."""
        if not path.is_absolute():
            names[str(path.absolute())] = str(path)
        return path.absolute()

    parts = tuple((split, kind, tuple(map(full, files))) for split, kind, files in location.parts)
    beside = tuple(map(full, location.sidecars))
    return replace(location, parts=parts, sidecars=beside), names


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, Enum) else rename(value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: _renamed(getattr(value, f.name), rename) for f in fields(value)}
        return replace(value, **changed)
    if isinstance(value, tuple | list):
        return type(value)(_renamed(item, rename) for item in value)
    if isinstance(value, Mapping):
        return {key: _renamed(item, rename) for key, item in value.items()}
    return value
