"""Whether a file grew, was cut, or is another one by now, judged by a few bytes of it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

PROOF_BYTES = 256
"""Bytes at the file's beginning, and before the place where reading stopped, that are compared
before reading goes on: a file that was written anew (Lightning's CSVLogger does so for a new
column) differs there."""


class Growth(Enum):
    """What became of a file since it was looked at last (GONE too if it is no file now)."""

    GONE = "gone"
    SAME = "same"
    GREW = "grew"
    NEW = "new"


@dataclass(slots=True)
class FollowedFile:
    """The place in a growing file up to which it was read."""

    path: Path
    offset: int = 0
    inode: int = -1
    mtime_ns: int = -1
    size: int = 0
    proof: bytes = b""
    head: bytes = b""
    _moved: int = -1

    def look(self) -> Growth:
        """What became of the file; the caller reads on from `offset`, or anew if NEW."""
        try:
            status = self.path.stat()
        except OSError:
            return Growth.GONE
        if not stat.S_ISREG(status.st_mode):
            return Growth.GONE
        known = self.inode
        same = (self.inode, self.size, self.mtime_ns) == (
            status.st_ino,
            status.st_size,
            status.st_mtime_ns,
        )
        self.inode, self.size, self.mtime_ns = status.st_ino, status.st_size, status.st_mtime_ns
        if same:
            return Growth.SAME
        if known == -1:
            return Growth.NEW
        self._moved = known if known != status.st_ino else -1
        if known != status.st_ino or status.st_size < self.offset or not self._proven():
            return Growth.NEW
        return Growth.GREW

    def _proven(self) -> bool:
        """Whether the bytes read last and those at the beginning are still where they were."""
        try:
            with self.path.open("rb", buffering=0) as file:
                if file.read(len(self.head)) != self.head:
                    return False
                file.seek(self.offset - len(self.proof))
                return file.read(len(self.proof)) == self.proof
        except OSError:
            return False

    def moved_to(self) -> Path | None:
        """Where the file that was followed lies now, if it was renamed within its folder."""
        if self._moved == -1:
            return None
        try:
            with os.scandir(self.path.parent) as entries:
                found = [e.path for e in entries if e.inode() == self._moved]
            place = Path(found[0]) if found else None
            return place if place and place.stat().st_size >= self.offset else None
        except OSError:
            return None

    def restart(self) -> None:
        """Read from the beginning again."""
        self.offset, self.proof, self.head = 0, b"", b""

    def read(self, limit: int, path: Path | None = None) -> bytes:
        """At most `limit` bytes from where reading stopped; does not move on.

        `path` is where the file lies if not in its place any more.

        Raises:
            OSError: the file cannot be read.
        """
        # A FIFO that took the file's place since `look` must not block.
        descriptor = os.open(path or self.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            file.seek(self.offset)
            return file.read(max(limit, 0)) or b""

    def done_with(self, data: bytes) -> None:
        """Move on past `data`, which was read here."""
        self.head += data[: max(PROOF_BYTES - self.offset, 0)]
        self.offset += len(data)
        self.proof = (self.proof + data[-PROOF_BYTES:])[-PROOF_BYTES:]
