"""Read an event file from where it was left to its end: in bulk where possible, whole always."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import google_crc32c
import numpy as np

from lrdiag.sources.checksums import masked
from lrdiag.sources.damage import DamageLog
from lrdiag.sources.event_contents import EventContents
from lrdiag.sources.event_rounds import Rounds
from lrdiag.sources.event_window import MIXED, Window
from lrdiag.sources.framing import FRAME, HEADER, header_length

_GIANTS = 8
"""Claims of records above the window's limit that are checked by streaming; a file of forged
headers must not make the reader stream it again and again."""
_TAIL = 1 << 16


class EventReader:
    """Reads one event file, at once or as it grows; a partial record waits for its rest.

    Attributes:
        offset: bytes of the file that are done with. size: bytes the file had when last read.
    """

    def __init__(self, path: Path, shown: str = "") -> None:
        """Read `path`; problems name it, or `shown` if that is given."""
        self.path = path
        self.offset = 0
        self.size = 0
        self.contents = EventContents()
        self.damage = DamageLog(shown or str(path))
        self._rounds = Rounds(self.contents, self.damage)
        self._giants = 0

    def read_new(self, limit: int | None = None) -> None:
        """Read what was written since the last call, at most about `limit` bytes of it.

        Raises:
            OSError: the file cannot be read, or is no regular file.
        """
        # A FIFO that took the file's place must not block the reader.
        descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(0, "not a regular file")
            if status.st_size < self.offset:
                self.damage.shrank(self.offset, status.st_size)
                return
            end = status.st_size if limit is None else min(status.st_size, self.offset + limit)
            window = Window(descriptor, self.offset, end)
            with np.errstate(invalid="ignore"):
                self._read(window)
            self.offset, self.size = window.base, window.end
            if window.end < end:
                self.damage.shrank(status.st_size, window.end)
        finally:
            os.close(descriptor)

    @property
    def is_searching(self) -> bool:
        """Whether reading stands in damage behind which no sound record was found yet."""
        return self._rounds.lost_from is not None

    def finish(self) -> None:
        """Say what is wrong with the end of the file; nothing more is expected of it."""
        start = self._rounds.lost_from
        start = self.offset if start is None else start
        if not self.size:
            self.damage.empty()
        elif start < self.size:
            with self.path.open("rb") as file:
                file.seek(start)
                head = file.read(min(_TAIL, self.size - start))
                file.seek(max(start, self.size - 16))
                end = file.read(16)
            records = self.contents.records
            mean = start // records if records else 0
            self.damage.tail(start, self.size, head + end, records, mean)

    def _read(self, window: Window) -> None:
        while window.fill():
            self.contents.columns.share = (window.base + window.filled) / max(window.end, 1)
            used = self._rounds.consume(window, trust_claims=self._giants < _GIANTS)
            window.drop(used)
            if window.final:
                break
            if not used and not window.grow():
                self._pass_giant(window)
            elif self._rounds.mixed and len(window.buffer) < MIXED:
                window.grow()

    def _pass_giant(self, window: Window) -> None:
        """The window begins with a record that is larger than the window may become."""
        length = header_length(window.buffer, 0, window.filled)
        self._giants += 1
        end = window.base + FRAME + (length or 0)
        if length is not None and end <= window.end and self._is_sound(window, length):
            self.damage.oversized(window.base, length)
            self._rounds.found_sound(window.base)
            window.move_to(end)
        else:
            self._rounds.lose(window.base)
            window.drop(1)

    def _is_sound(self, window: Window, length: int) -> bool:
        """Whether a payload has its checksum, read in pieces."""
        crc, at = 0, window.base + HEADER
        end = at + length
        part = np.empty(1 << 20, np.uint8)
        while at < end:
            got = window.read_at(part[: min(len(part), end - at)], at)
            if not got:
                return False
            crc = google_crc32c.extend(crc, part[:got])
            at += got
        stored = np.empty(4, np.uint8)
        window.read_at(stored, end)
        return masked(crc) == int.from_bytes(stored.tobytes(), "little")
