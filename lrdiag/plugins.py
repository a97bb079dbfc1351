"""Third parties' sources, checks and reports, found without paying for those who have none.

Importing `importlib.metadata` costs as much CPU time as importing numpy (it pulls in `email`).
It is imported only when an installed package's `entry_points.txt` names one of our groups.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_MARK = b"[lrdiag."


def installed(group: str) -> list[Any]:
    """Entry points of a group (`lrdiag.sources`, `lrdiag.checks`, `lrdiag.reports`), by name."""
    if not _any_installed(tuple(sys.path)):
        return []
    from importlib.metadata import entry_points

    return sorted(entry_points(group=group), key=lambda entry: entry.name)


@lru_cache(maxsize=4)
def _any_installed(search: tuple[str, ...]) -> bool:
    return any(_mentions(path) for folder in search for path in _declarations(folder))


def _declarations(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder or ".") as entries:
            names = [e.path for e in entries if e.name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        # A zip file or a missing folder: look properly.
        return
    yield from (os.path.join(name, "entry_points.txt") for name in names)  # noqa: PTH118 - hot


def _mentions(path: str) -> bool:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - hot
            return _MARK in file.read(1_000_000)
    except OSError:
        return False
