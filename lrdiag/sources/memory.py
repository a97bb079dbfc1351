"""What a search for runs remembers, so that no folder is listed and no file sniffed twice."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class KindMemory(Protocol):
    """Kinds of files that did not change since they were looked at (the cache has one)."""

    def recall(self, path: Path) -> str | None:
        """The format's name, "" for no log, None when unknown or changed."""
        ...

    def learn(self, path: Path, kind: str) -> None:
        """Remember what a file was found to be."""
        ...


class SearchMemory:
    """Memory of one search; `kinds` may outlive it."""

    def __init__(self, kinds: KindMemory | None = None) -> None:
        self._kinds = kinds
        self._beside: dict[Path, tuple[Path, ...]] = {}

    def sidecars(self, folder: Path) -> tuple[Path, ...]:
        """Configuration files in a folder; a parent of many runs is listed once, not a run."""
        found = self._beside.get(folder)
        if found is None:
            from lrdiag.sources.sidecars import find_sidecars

            found = self._beside[folder] = tuple(find_sidecars(folder))
        return found

    def recall(self, path: Path) -> str | None:
        """See `KindMemory`."""
        return self._kinds.recall(path) if self._kinds else None

    def learn(self, path: Path, kind: str) -> None:
        """See `KindMemory`."""
        if self._kinds:
            self._kinds.learn(path, kind)
