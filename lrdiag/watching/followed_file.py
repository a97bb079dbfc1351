"""Whether a file grew, was cut, or is another one by now, judged by a few bytes of it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

PROOF_BYTES = 256
"""Bytes before the place where reading stopped that are compared before reading goes on: a
file that was written anew (Lightning's CSVLogger does so for a new column) differs there."""


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
        if known != status.st_ino or status.st_size < self.offset or not self._proven():
            return Growth.NEW
        return Growth.GREW

    def _proven(self) -> bool:
        if not self.proof:
            return True
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset - len(self.proof))
                return file.read(len(self.proof)) == self.proof
        except OSError:
            return False

    def restart(self) -> None:
        """Read from the beginning again."""
        self.offset, self.proof = 0, b""

    def read(self, limit: int) -> bytes:
        """At most `limit` bytes from where reading stopped; does not move on.

        Raises:
            OSError: the file cannot be read.
        """
        # A FIFO that took the file's place since `look` must not block.
        descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            file.seek(self.offset)
            return file.read(limit)

    def done_with(self, data: bytes) -> None:
        """Move on past `data`, which was read here."""
        self.offset += len(data)
        self.proof = (self.proof + data[-PROOF_BYTES:])[-PROOF_BYTES:]
