"""The new whole lines of a growing text file; what was read is never read again."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.text_lines import MAX_LINE_BYTES, is_gzip, text_encoding
from lrdiag.watching.followed_file import FollowedFile, Growth

READ_BYTES = 4 << 20
"""Bytes read at once: bounds memory when a large log is looked at for the first time."""

_SNIFFED = 512


class LineTail:
    """Follows one file; a partial last line is held back until its end is written.

    Attributes:
        bytes_read: bytes of the file read so far. lines: whole lines given so far.
    """

    def __init__(self, path: Path) -> None:
        self._place = FollowedFile(path)
        self._rest = b""
        self._skipping = False
        self.bytes_read = 0
        self.lines = 0

    @property
    def path(self) -> Path:
        """The file that is followed."""
        return self._place.path

    def look(self) -> Growth:
        """What became of the file."""
        return self._place.look()

    def restart(self) -> None:
        """Another file took this one's place: begin with its first line."""
        self._place.restart()
        self._rest, self._skipping, self.lines = b"", False, 0

    def is_plain(self) -> bool:
        """Whether the file is text that grows at its end (no gzip, no UTF-16)."""
        try:
            head = self._place.read(_SNIFFED)
        except OSError:
            return True
        return not is_gzip(head) and text_encoding(head).startswith("utf-8")

    def blocks(self, log: ProblemLog) -> Iterator[tuple[int, bytes]]:
        """(number of the first line, whole lines) of what is new, up to the size looked at."""
        yield from self._read(None, self._place.size, log)

    def moved_blocks(self, log: ProblemLog) -> Iterator[tuple[int, bytes]]:
        """What was written to the old file between the last look and its rotation."""
        moved = self._place.moved_to()
        if moved is not None:
            yield from self._read(moved, moved.stat().st_size, log)
            if self._rest and not self._skipping:
                yield self.lines + 1, self._rest + b"\n"

    def _read(self, path: Path | None, end: int, log: ProblemLog) -> Iterator[tuple[int, bytes]]:
        while self._place.offset < end:
            try:
                data = self._place.read(min(READ_BYTES, end - self._place.offset), path)
            except OSError:
                return
            if not data:
                return
            first = self._place.offset == 0
            self._place.done_with(data)
            self.bytes_read += len(data)
            data = data.removeprefix(codecs.BOM_UTF8) if first else data
            whole = self._whole(data, log)
            if whole:
                yield self.lines + 1, whole
                self.lines += whole.count(b"\n")

    def _whole(self, data: bytes, log: ProblemLog) -> bytes:
        """The whole lines among what was held back and `data`."""
        if self._skipping:
            _, ended, data = data.partition(b"\n")
            if not ended:
                return b""
            self._skipping = False
            self.lines += 1
        end = data.rfind(b"\n") + 1
        whole, rest = (self._rest + data[:end], data[end:]) if end else (b"", self._rest + data)
        self._rest = rest
        if len(rest) > MAX_LINE_BYTES:
            size = MAX_LINE_BYTES >> 20
            message = f"a line is too long (over {size} MiB); it is stepped over"
            action = "Look at how this file was written."
            log.add("long-line", message, lost=1, action=action)
            self._rest, self._skipping = b"", True
        return whole
