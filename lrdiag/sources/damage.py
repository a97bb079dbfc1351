"""Words for what is wrong with the bytes of an event file."""

from __future__ import annotations

from lrdiag.sources.checksums import crc32c, masked
from lrdiag.sources.framing import FRAME, HEADER
from lrdiag.sources.problem_log import ProblemLog

_PROTOBUF_LIMIT = 1 << 31
"""No protobuf message is longer (protobuf documentation, size limits)."""

COMPRESSED = "compressed-file"
_GZIP = b"\x1f\x8b\x08"
"""RFC 1952, section 2.3.1: the two magic bytes and the one method there is."""


class DamageLog:
    """Collects damage of one file in `log`, with offsets and counts of lost records."""

    def __init__(self, file: str) -> None:
        self.log = ProblemLog(file)
        self.lost = 0

    def record(self, start: int, end: int) -> None:
        """The payload of one record fails its checksum."""
        self.lost += 1
        what = f"corrupt record: the payload at bytes {start} to {end} fails its checksum"
        self.log.add("corrupt-record", what, offset=start, lost=1)

    def stretch(self, start: int, end: int, lost: int, *, repaired: bool) -> None:
        """Bytes that begin no sound record; reading went on behind them."""
        self.lost += lost
        if repaired:
            what = (
                f"corrupt record header at byte {start}: its length fails its checksum; the "
                "payload is sound and was recovered"
            )
        else:
            what = (
                f"corrupt data: bytes {start} to {end} ({end - start}) hold no sound record "
                "(checksum or length damaged); reading went on behind them"
            )
        self.log.add("corrupt-record", what, offset=start, lost=lost)

    def malformed(self, start: int, why: str) -> None:
        """The checksums are right but the payload is no valid message."""
        self.lost += 1
        what = f"the record at byte {start} cannot be decoded as a protobuf event: {why}"
        self.log.add("malformed-record", what, offset=start, lost=1)

    def oversized(self, start: int, length: int) -> None:
        """A record too large to be looked into."""
        what = f"stepped over one record of {length} bytes, too large to look into"
        self.log.add("large-record", what, severity="info", offset=start)

    def shrank(self, before: int, now: int) -> None:
        """The file is shorter than what was read of it."""
        what = f"the file shrank from {before} to {now} bytes while it was read"
        self.log.add("file-shrank", what, offset=now)

    def empty(self) -> None:
        """A file of 0 bytes."""
        what = "the file is empty (0 bytes): no record was written"
        self.log.add("empty-file", what, severity="info", offset=0, lost=0)

    def tail(self, start: int, size: int, data: bytes, records: int, mean: int) -> None:
        """The bytes from `start` to the end of the file hold no whole record.

        `data` is how the tail begins, `records` how many were read before it, `mean` their size.
        """
        left = size - start
        if _is_incomplete(data, left):
            what = (
                f"the file ends inside a record at byte {start}: incomplete (truncated, or "
                "still being written)"
            )
            self.log.add("incomplete-record", what, severity="info", offset=start, lost=1)
            return
        lost = max(1, round(left / mean)) if mean else 1
        self.lost += lost
        if not records and not start and data.startswith(_GZIP):
            what = "compressed with gzip: event files are read uncompressed only, nothing was read"
            action = "Decompress it with gunzip; the file it writes will be read."
            self.log.add(COMPRESSED, what, severity="error", offset=start, action=action)
            return
        if not records:
            what = "not an event file: no valid record in it (every checksum fails)"
            action = "Remove it, or copy it again from where it was written."
            self.log.add("not-an-event-file", what, severity="error", offset=start, action=action)
            return
        what = f"corrupt end of the file: bytes {start} to {size} hold no sound record"
        if not data[-16:].strip(b"\0"):
            what += "; they end in zero bytes, as after a power loss"
        self.log.add("corrupt-tail", what, offset=start, lost=lost)


def _is_incomplete(data: bytes, left: int) -> bool:
    """Whether a tail looks like the sound beginning of one record."""
    if left < HEADER:
        return data.strip(b"\0") != b"" or left < 4
    if masked(crc32c(data[:8])) != int.from_bytes(data[8:HEADER], "little"):
        return False
    claimed = int.from_bytes(data[:8], "little")
    return claimed + FRAME > left and claimed < _PROTOBUF_LIMIT
