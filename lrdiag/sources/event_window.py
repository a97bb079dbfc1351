"""A reused window of bytes that moves over a file."""

from __future__ import annotations

import os

import numpy as np

from lrdiag.sources.checksums import Bytes

CHUNK = 1 << 21
"""Bytes looked at together: large enough to spread the cost of a call, small enough for caches."""
MIXED = 1 << 23
"""The same for frames in irregular order: each layout needs enough frames in the window."""
LARGEST = 1 << 26
"""The window grows up to this for one large record; larger ones are streamed past."""


class Window:
    """Bytes of a file from `base` on: `buffer[:filled]`.

    The file is read up to its size at opening (`end`), so a growing file is not chased; the
    buffer grows with bytes that exist, never with a claimed length.
    """

    def __init__(self, descriptor: int, start: int, end: int) -> None:
        self._descriptor = descriptor
        self.base = start
        self.end = end
        self.filled = 0
        self.buffer: Bytes = np.empty(max(min(CHUNK, end - start), 16), np.uint8)

    @property
    def final(self) -> bool:
        """Whether the window reaches the end of the file."""
        return self.base + self.filled >= self.end

    def drop(self, used: int) -> None:
        """Forget the first `used` bytes."""
        if used:
            rest = self.filled - used
            self.buffer[:rest] = self.buffer[used : self.filled]
            self.base += used
            self.filled = rest

    def fill(self) -> bool:
        """Read on until the buffer is full or the file ends; whether there are new bytes."""
        before = self.filled
        while self.filled < len(self.buffer) and not self.final:
            room = min(len(self.buffer), self.end - self.base) - self.filled
            target = self.buffer.data[self.filled : self.filled + room]
            got = os.preadv(self._descriptor, [target], self.base + self.filled)
            if got == 0:
                self.end = self.base + self.filled
            self.filled += got
        return self.filled > before

    def grow(self) -> bool:
        """Double the room, up to LARGEST and what is left of the file; whether there is more."""
        room = min(2 * len(self.buffer), LARGEST, max(self.end - self.base, 16))
        if room <= len(self.buffer):
            return False
        larger = np.empty(room, np.uint8)
        larger[: self.filled] = self.buffer[: self.filled]
        self.buffer = larger
        return True

    def read_at(self, target: Bytes, position: int) -> int:
        """Read bytes from a position of the file past the window; returns how many."""
        return os.preadv(self._descriptor, [target.data], position)

    def move_to(self, position: int) -> None:
        """Go on at a position of the file."""
        self.base, self.filled = position, 0
