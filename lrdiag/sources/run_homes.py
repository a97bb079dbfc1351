"""Runs that are neither one folder nor one file: below a home folder, or inside a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from lrdiag.sources.interface import LogSource, RunLocation


def home_of(source: LogSource, path: Path) -> Path:
    """The folder of the run that a file belongs to."""
    home = getattr(source, "home", None)
    return cast(Path, home(path)) if home is not None else path.parent


def one_run(source: LogSource, inside: str) -> LogSource:
    """The source that reads only the run `inside` of a file."""
    return cast(LogSource, cast(Any, source).one(inside))


def runs_of(source: LogSource, path: Path, folder: str, inside: str) -> list[tuple[str, str]]:
    """(format name, run name) of each run that a file is or belongs to.

    `folder`: name of the file's folder below the root (`.` for the root), `inside`: name of the
    file below the root.
    """
    if hasattr(source, "home"):
        return [(source.name, _above(folder, path.parent, home_of(source, path)))]
    if not hasattr(source, "runs_in"):
        return [(source.name, folder if source.per_directory else inside)]
    found = cast(Sequence[tuple[str, str]], cast(Any, source).runs_in(path))
    if len(found) <= 1:
        return [(source.name, inside)]
    return [(f"{source.name}:{key}", f"{inside}/{name}") for name, key in found]


def _above(folder: str, path: Path, home: Path) -> str:
    try:
        depth = len(path.relative_to(home).parts)
    except ValueError:
        return folder
    parts = [] if folder == "." else folder.split("/")
    kept = parts[: max(len(parts) - depth, 0)]
    return "/".join(kept) or "."


def merge_homes(locations: Sequence[RunLocation]) -> list[RunLocation]:
    """Join the locations of one format and name: files of one run in several folders."""
    joined: dict[tuple[str, str], RunLocation] = {}
    for place in locations:
        ((split, source, files),) = place.parts
        first = joined.get((place.name, source))
        if first is None:
            joined[place.name, source] = place
            continue
        all_files = (*first.parts[0][2], *files)
        sidecars = first.sidecars or place.sidecars
        both = replace(first, parts=((split, source, all_files),), sidecars=sidecars)
        joined[place.name, source] = both
    return list(joined.values())
