"""Walk a folder of logs safely: regular files only, no loops, nothing outside the root."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lrdiag.findings import Problem

_KINDS = (
    (stat.S_ISFIFO, "a FIFO (named pipe)"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
)


@dataclass(slots=True)
class Folder:
    """One folder: its path, its name below the root, its regular files by name."""

    path: str
    name: str
    files: list[str] = field(default_factory=list)


def walk(root: Path, problems: list[Problem]) -> Iterator[Folder]:
    """Yield the folders below `root` that hold files, parents first, in order of name.

    Links are followed only while they stay below the root and lead to no folder above them;
    what is skipped is noted in `problems`.
    """
    real_root = os.path.realpath(root)
    seen = {real_root}
    waiting = [(str(root), ".")]
    while waiting:
        path, name = waiting.pop()
        folder = Folder(path, name)
        below: list[tuple[str, str]] = []
        for entry in _entries(path, problems):
            inside = entry.name if name == "." else f"{name}/{entry.name}"
            kind = _kind(entry, real_root, seen, problems)
            if kind == "folder":
                below.append((entry.path, inside))
            elif kind == "file":
                folder.files.append(entry.name)
        waiting += reversed(below)
        if folder.files:
            yield folder


def _entries(path: str, problems: list[Problem]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as found:
            return sorted(found, key=lambda e: e.name)
    except OSError as error:
        problems.append(unreadable(path, error))
        return []


def unreadable(path: str, error: OSError) -> Problem:
    """The problem of a file or folder that the system does not let us read."""
    return Problem(
        path,
        "unreadable",
        "error",
        f"cannot read it: {error.strerror or error}",
        action="Check its permissions.",
    )


def _kind(entry: os.DirEntry[str], root: str, seen: set[str], problems: list[Problem]) -> str:
    try:
        if entry.is_symlink():
            return _linked(entry, root, seen, problems)
        if entry.is_dir(follow_symlinks=False):
            return "folder"
        if entry.is_file(follow_symlinks=False):
            return "file"
        problems.append(_special(entry.path, os.lstat(entry.path).st_mode))
    except OSError as error:
        problems.append(unreadable(entry.path, error))
    return ""


def _linked(entry: os.DirEntry[str], root: str, seen: set[str], problems: list[Problem]) -> str:
    try:
        target = os.path.realpath(entry.path, strict=True)
        mode = Path(target).stat().st_mode
    except OSError as error:
        problems.append(_skipped_link(entry.path, f"a broken symlink: {error.strerror}"))
        return ""
    if target != root and not target.startswith(root.rstrip(os.sep) + os.sep):
        problems.append(_skipped_link(entry.path, "a symlink that leads out of the folder given"))
    elif stat.S_ISDIR(mode):
        problems.append(_skipped_link(entry.path, "a symlink to a folder that is read anyway"))
    elif not stat.S_ISREG(mode):
        problems.append(_special(entry.path, mode))
    elif target in seen:
        problems.append(_skipped_link(entry.path, "a symlink to a file that is read already"))
    else:
        problems.append(_skipped_link(entry.path, "a symlink to a file that is read anyway"))
    return ""


def _skipped_link(path: str, what: str) -> Problem:
    return Problem(path, "skipped-link", "info", f"skipped {what}")


def _special(path: str, mode: int) -> Problem:
    what = next((text for test, text in _KINDS if test(mode)), "not a regular file")
    return Problem(path, "skipped-special-file", "info", f"skipped: it is {what}")


def special_file(path: Path) -> Problem | None:
    """The problem of a path that is neither a regular file nor a folder, None if it is one."""
    mode = path.stat().st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return _special(str(path), mode)
