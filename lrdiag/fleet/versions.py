"""What a stored result depends on besides the log: the code, the rules, the configuration."""

from __future__ import annotations

import hashlib
import os
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lrdiag.plugins import installed
from lrdiag.sources.interface import RunLocation
from lrdiag.sources.text_patterns import VARIABLE

PLUGIN_GROUPS = ("lrdiag.sources", "lrdiag.checks")
ABOVE_RUNS = frozenset({"fail_on", "policy", "suppressions", "group_by", "file"})
"""Settings that are applied to the report as a whole, after the runs were judged."""


@cache
def code_version() -> str:
    """Digest of lrdiag's own modules and data files, and of the plug-ins installed beside it.

    Names, sizes and times of modification, not the version number alone: an edited or
    upgraded lrdiag must not repeat what an earlier one said. The patterns by which the user
    has text logs read count too.
    """
    from lrdiag import __version__
    from lrdiag.fleet.records import layout

    lines = [__version__, layout(), *_plugins(), _text_patterns()]
    for name, path in _own_files():
        status = path.stat()
        lines.append(f"{name} {status.st_size} {status.st_mtime_ns}")
    return _digest(lines)


def code_content() -> str:
    """Digest of lrdiag's modules and data by their content, to compare two machines."""
    return _digest([f"{name} {path.read_bytes()!r}" for name, path in _own_files()])


def _own_files() -> list[tuple[str, Path]]:
    from lrdiag.rulefile.location import rules_folder

    package = Path(__file__).resolve().parent.parent
    places = ((package, "**/*.py"), (rules_folder(), "*.*"))
    return [
        (str(path.relative_to(folder)), path)
        for folder, pattern in places
        for path in sorted(folder.glob(pattern))
    ]


def _text_patterns() -> str:
    """The user's patterns as they are written; "" without."""
    name = os.environ.get(VARIABLE, "")
    try:
        return Path(name).read_bytes().hex() if name else ""
    except OSError:
        return name


def _plugins() -> list[str]:
    found = []
    for group in PLUGIN_GROUPS:
        for point in installed(group):
            version = point.dist.version if point.dist else ""
            found.append(f"{group} {point.name} {point.value} {version}")
    return sorted(found)


def settings_version(rules: Any, config: Any) -> str:
    """Digest of the rules and of what of the configuration one run is judged by."""
    if is_dataclass(config):
        parts = [f.name for f in fields(config) if f.name not in ABOVE_RUNS]
        return _digest([repr(rules), *(f"{name}={getattr(config, name)!r}" for name in parts)])
    return _digest([repr(rules), repr(config)])


def place_of(location: RunLocation, settings: str) -> bytes:
    """What a stored result is about: the run, its files by absolute path, the settings."""
    lines = [settings, location.name]
    for split, source, files in location.parts:
        lines += [split, source, *(f"{file}\0{file.absolute()}" for file in files)]
    lines += ["sidecars", *(str(file.absolute()) for file in location.sidecars)]
    return bytes.fromhex(_digest(lines))


def state_of(location: RunLocation, code: str) -> tuple[bytes, int] | None:
    """The state of the files a result was made from, and the newest modification in ns.

    Size, mtime, inode and device of each file. None when one cannot be asked.
    """
    lines, newest = [code], 0
    files = [file for _, _, group in location.parts for file in group]
    try:
        for file in (*files, *location.sidecars):
            s = file.stat()
            lines.append(f"{s.st_size} {s.st_mtime_ns} {s.st_ino} {s.st_dev} {s.st_ctime_ns}")
            newest = max(newest, s.st_mtime_ns, s.st_ctime_ns)
    except OSError:
        return None
    return bytes.fromhex(_digest(lines)), newest


def _digest(lines: list[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        encoded = line.encode("utf-8", "surrogateescape")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()
