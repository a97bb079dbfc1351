"""What was read of large logs, decoded: of a grown log only what is new is read.

One file a log in the cache folder: a line that names the layout, a CRC-32C over the rest, a
JSON header and the arrays as raw little-endian bytes; nothing in it is executed. Files are
written aside and renamed, so that two processes never see half of one.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lrdiag.findings import RunReport
from lrdiag.fleet.column_layout import Bytes, arrays_of, facts_of, state_of
from lrdiag.fleet.executors import Work
from lrdiag.fleet.store import COLUMNS, StoreError, own_folder
from lrdiag.fleet.versions import code_version
from lrdiag.sources import reading_memory
from lrdiag.sources.interface import RunLocation
from lrdiag.sources.reading_memory import State, remembering

MAX_BYTES = 1_000_000_000
"""Columns that were not used for longest are removed beyond this size."""

PROOF_BYTES = 4096
"""Bytes at the log's beginning and before the place where reading stopped that must be the same
before reading goes on."""

SHRINK_EVERY = 64
_MAGIC = b"lrdiag columns 2\n"
_SETTLED_NS = 2_000_000_000


@dataclass(slots=True)
class ColumnCache:
    """States of logs in a folder (a `sources.reading_memory.ReadingMemory`)."""

    folder: Path
    kept: int = field(default=0, init=False)

    def recall(self, path: Path) -> State | None:
        """The state of a log that is unchanged or only grew since."""
        place = self._place(path)
        try:
            if place.stat().st_size <= len(_MAGIC) or not _is_large(path):
                return None
            header, arrays = _parsed(np.fromfile(place, np.uint8))
            if header["code"] != code_version() or not _goes_on(path, header):
                return None
            state = state_of(header, arrays)
            os.utime(place)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return state

    def keep(self, path: Path, state: State) -> None:
        """Remember the state of a large log; a full or read-only disk is no reason to stop."""
        if state.offset < reading_memory.LEAST_BYTES:
            return
        try:
            own_folder(self.folder)
            header = {**_identity(path, state.offset), **facts_of(state)}
            self._write(self._place(path), header, state)
        except (OSError, StoreError, ValueError, TypeError):
            return
        if self.kept % SHRINK_EVERY == 0:
            shrink(self.folder)
        self.kept += 1

    def _place(self, path: Path) -> Path:
        name = hashlib.sha256(os.fsencode(os.path.abspath(path))).hexdigest()  # noqa: PTH100
        return self.folder / name[:40]

    def _write(self, place: Path, header: dict[str, Any], state: State) -> None:
        descriptor, name = tempfile.mkstemp(dir=self.folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for part in _packed(header, state):
                    file.write(part)
            os.replace(name, place)  # noqa: PTH105
        except BaseException:
            with suppress(OSError):
                os.unlink(name)  # noqa: PTH108
            raise


class WithColumns:
    """Work that reads through the column cache; picklable, like the work it wraps."""

    def __init__(self, work: Work, folder: Path) -> None:
        self.work = work
        self.cache = ColumnCache(folder)

    def __call__(self, location: RunLocation) -> RunReport:
        """What the work says of the location."""
        with remembering(self.cache):
            return self.work(location)


def columns_folder(cache: Path) -> Path:
    """Where the columns lie in a cache folder."""
    return cache / COLUMNS


def shrink(folder: Path, limit: int | None = None) -> None:
    """Remove the files that were not used for longest until the rest fits."""
    found = []
    for file in folder.iterdir():
        with suppress(OSError):
            status = file.stat()
            found.append((status.st_mtime_ns, status.st_size, file))
    total = sum(size for _, size, _ in found)
    for _, size, file in sorted(found):
        if total <= (MAX_BYTES if limit is None else limit):
            return
        with suppress(OSError):
            file.unlink()
        total -= size


def _is_large(path: Path) -> bool:
    return path.stat().st_size >= reading_memory.LEAST_BYTES


def _identity(path: Path, offset: int) -> dict[str, Any]:
    """What must hold of the file later; raises OSError when it cannot be told."""
    status, head, proof = _proofs(path, offset)
    newest = max(status.st_mtime_ns, status.st_ctime_ns)
    settled = time.time_ns() - newest > _SETTLED_NS
    return {
        "code": code_version(),
        "file": [status.st_ino, status.st_dev],
        "size": status.st_size,
        "times": [status.st_mtime_ns, status.st_ctime_ns] if settled else [],
        "head": head,
        "proof": proof,
    }


def _goes_on(path: Path, header: dict[str, Any]) -> bool:
    """Whether the file is the one that was read, unchanged or longer at its end only."""
    status, head, proof = _proofs(path, header["offset"])
    if [status.st_ino, status.st_dev] != header["file"]:
        return False
    if status.st_size == header["size"]:
        if [status.st_mtime_ns, status.st_ctime_ns] != header["times"]:
            return False
    elif status.st_size < header["size"]:
        return False
    return bool(head == header["head"] and proof == header["proof"])


def _proofs(path: Path, offset: int) -> tuple[os.stat_result, str, str]:
    # A FIFO that took the file's place must not block.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "not a regular file")
        head = file.read(min(PROOF_BYTES, offset))
        file.seek(max(offset - PROOF_BYTES, 0))
        proof = file.read(min(PROOF_BYTES, offset))
    return status, hashlib.sha256(head).hexdigest(), hashlib.sha256(proof).hexdigest()


def _packed(header: dict[str, Any], state: State) -> Iterator[bytes]:
    import google_crc32c

    text = json.dumps(header).encode()
    # Padding keeps the arrays aligned: numpy reads them where they lie.
    text += b" " * (-(len(_MAGIC) + 16 + len(text)) % 8)
    parts = [len(text).to_bytes(8, "little"), text]
    for array in arrays_of(state):
        kind = "<i8" if array.dtype.kind == "i" else "<f8"
        parts.append(array.astype(kind).tobytes())
    crc = 0
    for part in parts:
        crc = google_crc32c.extend(crc, part)
    yield _MAGIC + crc.to_bytes(8, "little")
    yield from parts


def _parsed(data: Bytes) -> tuple[dict[str, Any], Bytes]:
    import google_crc32c

    start = len(_MAGIC) + 16
    if data[: len(_MAGIC)].tobytes() != _MAGIC:
        raise ValueError("not a file of columns")
    stored = int.from_bytes(data[len(_MAGIC) : start - 8].tobytes(), "little")
    if google_crc32c.extend(0, data[start - 8 :]) != stored:
        raise ValueError("the checksum is wrong")
    length = int.from_bytes(data[start - 8 : start].tobytes(), "little")
    header = json.loads(data[start : start + length].tobytes())
    if not isinstance(header, dict):
        raise TypeError("the header is no object")
    return header, data[start + length :]
