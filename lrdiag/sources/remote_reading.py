"""Ranged reads over fsspec that survive dropped connections, server errors and slow answers."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lrdiag.errors import SourceError
from lrdiag.findings import Problem
from lrdiag.sources.remote_state import CopyState

BLOCK = 4_000_000
PROOF = 256
"""Bytes before the end of a copy that must still be there before only the rest is fetched."""

_TAGS = (
    "ETag", "etag", "md5Hash", "blob_id", "checksum", "LastModified", "updated", "mtime",
    "last_modified",
)  # fmt: skip
_PERMANENT = (FileNotFoundError, PermissionError, NotADirectoryError, ImportError, ValueError)
_NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a server.

    `tries` of one request, `pause` seconds before the second one (doubled each time, with
    jitter, so that many readers do not return at once), `timeout` seconds for an answer.
    """

    tries: int = 5
    pause: float = 0.5
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A remote file: its path for fsspec, its size and the server's tag of its content."""

    path: str
    size: int
    tag: str


class Remote:
    """One URL and the files below it.

    Raises:
        SourceError: the package for the protocol is not installed or the URL makes no sense.
    """

    def __init__(self, url: str, shown: str, patience: Patience) -> None:
        self.shown = shown
        self.bytes_fetched = 0
        self._patience = patience
        self._retried: Counter[str] = Counter()
        self._fs, self._root = _filesystem(url, shown, patience)

    def listing(self) -> tuple[bool, dict[str, Entry]]:
        """(whether the URL is one file, files by name below it; "" for the one file).

        Raises:
            SourceError: nothing is there, or the server does not answer.
        """
        try:
            found = self._patiently(self.shown, self._list)
        except _PERMANENT as error:
            raise SourceError(
                f"{self.shown}: {_reason(error)}.", "Check the URL and your access to it."
            ) from None
        return found

    def _list(self) -> tuple[bool, dict[str, Entry]]:
        self._fs.invalidate_cache()
        info = self._info()
        if info is not None:
            return True, {"": _entry(info, self._root)}
        found = self._fs.find(self._root, detail=True)
        if not found:
            raise FileNotFoundError("nothing is there")
        start = len(self._root.rstrip("/")) + 1
        return False, {path[start:]: _entry(info, path) for path, info in sorted(found.items())}

    def _info(self) -> dict[str, Any] | None:
        """What the server says of the URL, None if it is a folder or not there.

        `isfile` would take every fault for "no file".
        """
        try:
            info: dict[str, Any] = self._fs.info(self._root)
        except FileNotFoundError as error:
            _raise_fault(error.__cause__)
            return None
        return info if info.get("type") == "file" else None

    def read(self, entry: Entry, start: int, end: int) -> bytes:
        """Bytes [start, end) of a file.

        Raises:
            SourceError: the server does not give them.
        """
        return self._read_on(entry, start, end)[: max(end - start, 0)]

    def _read_on(self, entry: Entry, start: int, end: int) -> bytes:
        """Like `read`, but up to the end of the file where the server gives only whole files."""
        end = min(end, entry.size)
        if end <= start:
            return b""
        shown = self._shown(entry)
        try:
            return self._patiently(shown, lambda: self._range(entry, start, end))
        except _PERMANENT as error:
            raise SourceError(f"{shown}: {_reason(error)}.", "Check your access to it.") from None

    def _range(self, entry: Entry, start: int, end: int) -> bytes:
        data = bytes(self._fs.cat_file(entry.path, start=start, end=end))
        self.bytes_fetched += len(data)
        if len(data) >= max(entry.size, end - start + 1):
            return data[start : entry.size]  # a server may ignore Range (RFC 9110, 14.2)
        if len(data) != end - start:
            raise ConnectionError(f"{len(data)} bytes came instead of {end - start}")
        return data

    def bring_up_to_date(self, entry: Entry, local: Path, known: CopyState | None) -> CopyState:
        """Make `local` a copy of the file, fetching only what is new.

        Raises:
            SourceError: the server does not give the bytes.
        """
        have = local.stat().st_size if local.is_file() and known else 0
        if known == CopyState(entry.size, entry.tag) and have == entry.size:
            return known
        if 0 < have < entry.size and self._still_begins_with(entry, local, have):
            self._fetch(entry, local, have)
        else:
            draft = local.with_name(local.name + ".part")
            draft.unlink(missing_ok=True)
            self._fetch(entry, draft, 0)
            draft.replace(local)
        return CopyState(entry.size, entry.tag)

    def _still_begins_with(self, entry: Entry, local: Path, have: int) -> bool:
        start = max(0, have - PROOF)
        with local.open("rb") as file:
            file.seek(start)
            return file.read(have - start) == self.read(entry, start, have)

    def _fetch(self, entry: Entry, local: Path, at: int) -> None:
        with local.open("ab") as file:
            file.truncate(at)
            while at < entry.size:
                data = self._read_on(entry, at, at + BLOCK)
                file.write(data)
                at += len(data)

    def problems(self) -> list[Problem]:
        """One problem a file that needed more than one try."""
        return [
            Problem(
                shown,
                "retried",
                "info",
                f"{count} requests failed and were repeated (last: {reason}); all bytes came",
            )
            for (shown, reason), count in _last_reasons(self._retried).items()
        ]

    def _shown(self, entry: Entry) -> str:
        below = entry.path[len(self._root.rstrip("/")) :]
        return self.shown.rstrip("/") + below if entry.path.startswith(self._root) else entry.path

    def _patiently(self, shown: str, request: Callable[[], T]) -> T:
        for attempt in range(1, self._patience.tries + 1):
            try:
                return request()
            except _PERMANENT:
                raise
            except Exception as error:
                if type(error).__name__ in _NO_CREDENTIALS:
                    raise SourceError(
                        f"{shown}: {_reason(error)}.",
                        "Give credentials as the store's own tools take them (environment"
                        " variables or a profile); see docs/remote.md.",
                    ) from None
                if attempt == self._patience.tries:
                    raise SourceError(
                        f"{shown}: {_reason(error)}, {attempt} times in a row.",
                        "Try again later.",
                    ) from None
                self._retried[f"{shown}\0{_reason(error)}"] += 1
                time.sleep(self._patience.pause * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))
        raise AssertionError("unreachable")


def _raise_fault(cause: BaseException | None) -> None:
    """Tell apart the faults of a web server, which fsspec calls "not found" one and all.

    Raises:
        PermissionError: the server refuses (401, 403). ConnectionError: it cannot be reached or
            answers with another fault than 404 or 410, which may pass.
    """
    status = getattr(cause, "status", None)
    said = f"the server answers {status} {getattr(cause, 'message', '')}".rstrip()
    if status in (401, 403):
        raise PermissionError(said)
    if status is not None and status not in (404, 410):
        raise ConnectionError(said)
    if status is None and isinstance(cause, OSError) and not isinstance(cause, FileNotFoundError):
        raise ConnectionError(str(cause) or "it cannot be reached")


def _last_reasons(retried: Counter[str]) -> dict[tuple[str, str], int]:
    counts: Counter[str] = Counter()
    last: dict[str, str] = {}
    for key, count in retried.items():
        shown, _, reason = key.partition("\0")
        counts[shown] += count
        last[shown] = reason
    return {(shown, last[shown]): count for shown, count in counts.items()}


def _filesystem(url: str, shown: str, patience: Patience) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError:
        raise SourceError(
            f"{shown}: the package fsspec is not installed.",
            "Install it with: pip install 'lrdiag[remote]'.",
        ) from None
    protocol = url.partition("://")[0].lower()
    try:
        with _plain_errors():
            find: Any = fsspec.core.url_to_fs
            system, root = find(url, **_options(protocol, patience))
    except ImportError as error:
        raise SourceError(
            f"{shown}: {_reason(error)}.", f"Install the fsspec package for {protocol}://."
        ) from None
    except (ValueError, TypeError) as error:
        raise SourceError(f"{shown}: {_reason(error)}.", "Check the URL.") from None
    if hasattr(system, "retries"):
        system.retries = 1  # s3fs retries inside as well, and would not tell
    return system, root


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ValueError(str(error)) from None


def _options(protocol: str, patience: Patience) -> dict[str, Any]:
    """Time limits, and no retries below ours: they would not be reported."""
    if protocol in ("s3", "s3a"):
        limits = {
            "connect_timeout": patience.timeout,
            "read_timeout": patience.timeout,
            "retries": {"total_max_attempts": 1},
        }
        return {"config_kwargs": limits, "skip_instance_cache": True}
    if protocol in ("http", "https"):
        import aiohttp

        limit = aiohttp.ClientTimeout(sock_connect=patience.timeout, sock_read=patience.timeout)
        return {"client_kwargs": {"timeout": limit}, "skip_instance_cache": True}
    return {}


def _entry(info: dict[str, Any], path: str) -> Entry:
    tag = next((f"{key}={info[key]}" for key in _TAGS if info.get(key)), "")
    return Entry(path, int(info.get("size") or 0), tag)


def without_secrets(text: str) -> str:
    """A text whose URLs have no user, password and query: tokens and signatures stand there."""
    text = re.sub(r"(?<=://)[^/\s@'\"]*@", "", text)
    return re.sub(r"(\w+://[^\s?'\"]*)\?[^\s'\",)]*", r"\1", text)


def _reason(error: BaseException) -> str:
    text = without_secrets(" ".join(str(error).split()))
    return (text or type(error).__name__).rstrip(".")[:200]
