"""Logs behind a URL (`s3://`, `gs://`, `hf://`, `https://` …), by fsspec (extra `lrdiag[remote]`).

Logs are copied to a local folder block by block, and read there like any others. A copy that is
kept is only brought up to date: what is unchanged is not fetched, of what grew only the new
bytes are (ranged reads). Dropped connections, timeouts and server errors are retried, going on
at the byte that was reached, and the report says so.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from lrdiag.errors import SourceError
from lrdiag.findings import Problem
from lrdiag.sources.interface import HEAD_BYTES
from lrdiag.sources.remote_reading import Patience, Remote
from lrdiag.sources.remote_state import CopyState, load_states, save_states

SMALL_BYTES = 1_000_000
"""Files up to this size are fetched whole (configurations beside the logs are small); of larger
ones the first 64 KB say whether they are logs, so that no checkpoint is downloaded."""

MAX_NAME = 200
_URL = re.compile(r"^([a-z][a-z0-9+.-]*)://", re.I)


def is_url(path: str | Path) -> bool:
    """Whether a path names a place that only fsspec reaches (`file://` is a plain path)."""
    return isinstance(path, str) and _URL.match(path) is not None


@dataclass(slots=True)
class LocalCopies:
    """Where the logs can be read, and what the user called them.

    Attributes:
        paths: local paths in the order given. names: local text to the user's text.
        problems: what could not be fetched, and what had to be retried.
        left_out: (URL, reason) of files that are no logs.
        bytes_fetched: bytes that came over the network.
    """

    paths: list[str | Path] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    bytes_fetched: int = 0


@contextmanager
def local_copies(
    paths: Sequence[str | Path], folder: Path | None = None, patience: Patience | None = None
) -> Iterator[LocalCopies]:
    """Local paths for the paths, URLs copied below `folder` (a temporary one by default).

    Raises:
        SourceError: a URL cannot be reached, does not exist, names a file that cannot be fetched,
            or its package is not installed.
    """
    copies = LocalCopies()
    with ExitStack() as stack:
        for path in paths:
            if not is_url(path):
                copies.paths.append(path)
                continue
            url = str(path)
            if url.lower().startswith("file://"):
                copies.paths.append(url[len("file://") :])
                continue
            if folder is None:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lrdiag-")))
            copies.paths.append(_copy(url, folder, copies, patience or Patience()))
        yield copies


def shown_url(url: str) -> str:
    """A URL fit to print: without password and without query (signatures stand there)."""
    without_user = re.sub(r"://[^/@]*@", "://", url)
    return without_user.partition("?")[0]


def _copy(url: str, folder: Path, copies: LocalCopies, patience: Patience) -> Path:
    place = folder / hashlib.sha256(url.encode()).hexdigest()[:16]
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    remote = Remote(url, shown_url(url), patience)
    with _only_one(place):
        single, listing = remote.listing()
        states = load_states(place)
        base = place / (PurePosixPath(shown_url(url)).name or "log") if single else place / "tree"
        copies.names[str(base)] = shown_url(url).rstrip("/")
        base if single else base.mkdir(exist_ok=True, mode=0o700)
        for name, entry in listing.items():
            _copy_one(_Item(name, entry, base if single else base / name), remote, states, copies)
        if single and not base.exists() and copies.problems:
            raise SourceError(copies.problems[-1].message, copies.problems[-1].action)
        _forget(listing, states, None if single else base)
        save_states(place, states)
    copies.bytes_fetched += remote.bytes_fetched
    copies.problems += remote.problems()
    return base


@dataclass(frozen=True, slots=True)
class _Item:
    """A file to copy, as its store lists it, and where it goes."""

    name: str
    entry: Any
    local: Path


def _copy_one(
    item: _Item, remote: Remote, states: dict[str, CopyState], copies: LocalCopies
) -> None:
    shown = f"{remote.shown.rstrip('/')}/{item.name}" if item.name else remote.shown
    reason = unsafe_name(item.name) or _not_a_log(item, remote, states)
    if reason:
        copies.left_out.append((shown, reason))
        return
    item.local.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        states[item.name] = remote.bring_up_to_date(item.entry, item.local, states.get(item.name))
    except SourceError as error:
        copies.problems.append(
            Problem(shown, "unreadable", "error", error.what, action=error.action)
        )


def unsafe_name(name: str) -> str:
    """Why a name from a listing is not taken for a local path; "" if it is."""
    parts = name.split("/") if name else []
    if any(part in ("", ".", "..") or len(part) > MAX_NAME for part in parts):
        return "names that no folder can hold"
    return "names that no folder can hold" if "\0" in name or "\\" in name else ""


def _not_a_log(item: _Item, remote: Remote, states: Mapping[str, CopyState]) -> str:
    from lrdiag.sources.tree import never_a_log

    if item.name and never_a_log(PurePosixPath(item.name)):
        return f"{PurePosixPath(item.name).suffix} files are no logs"
    if item.entry.size <= SMALL_BYTES or not item.name or item.name in states:
        return ""
    try:
        head = remote.read(item.entry, 0, HEAD_BYTES)
    except SourceError as error:
        return error.what
    return "" if _is_log(Path(item.name), head) else "no log format that lrdiag knows"


def _is_log(path: Path, head: bytes) -> bool:
    from lrdiag.sources.registry import log_sources

    return any(source.sniff(path, head) for source in log_sources())


def _forget(listing: Mapping[str, Any], states: dict[str, CopyState], base: Path | None) -> None:
    """Drop copies of files that are gone at the source."""
    for name in [name for name in states if name not in listing]:
        del states[name]
        if base is not None:
            (base / name).unlink(missing_ok=True)


@contextmanager
def _only_one(place: Path) -> Iterator[None]:
    """Let one process at a time bring a copy up to date (where the system can lock files)."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
