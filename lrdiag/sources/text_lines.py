"""Lines of a text log, bounded in memory whatever the file holds.

Handles UTF-8 (with or without a byte-order mark), UTF-16, single bytes that are not UTF-8,
gzip, the three kinds of line end, NUL bytes and lines that never end.
"""

from __future__ import annotations

import codecs
import gzip
import io
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from lrdiag.sources.problem_log import ProblemLog

BLOCK_BYTES = 1 << 20
MAX_LINE_BYTES = 16 << 20
"""A longer line is stepped over and reported; 10,000 columns of numbers need 0.2 MB."""
MAX_GZIP_BYTES = 2 << 30
"""Most bytes that a gzip file may unfold to."""
MAX_GZIP_RATIO = 200
"""Real logs shrink 3 to 20 times; gzip's own limit is 1032. Above, reading stops at 64 MiB."""
_FREE_GZIP_BYTES = 64 << 20
_CONTROL = bytes([*range(1, 8), *range(14, 27)])  # backspaces are progress bars
_SLICE = 1 << 18
_GZIP_MAGIC = b"\x1f\x8b"


class LinePlace(NamedTuple):
    """Where a line begins: byte in the file, 1-based number."""

    offset: int
    number: int


BEGINNING = LinePlace(0, 1)


class Line(NamedTuple):
    """One line without its end: 1-based number, text, whether a line end followed."""

    number: int
    text: str
    ended: bool


def is_gzip(head: bytes) -> bool:
    """Whether the file is gzip-compressed, from its first bytes."""
    return head[:2] == _GZIP_MAGIC


def head_bytes(head: bytes) -> bytes:
    """The first bytes of a file, unfolded if they are gzip (never more than 64 KiB)."""
    if not is_gzip(head):
        return head
    try:
        return zlib.decompressobj(31).decompress(head, 65_536)
    except zlib.error:
        return b""


def head_text(head: bytes) -> str:
    """The first bytes of a file as text; "" if they are binary."""
    raw = head_bytes(head)
    encoding = text_encoding(raw)
    if encoding == "utf-8" and _is_binary(raw):
        return ""
    return raw.decode(encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")


def _is_binary(raw: bytes) -> bool:
    control = len(raw) - len(raw.translate(None, _CONTROL))
    return raw.find(b"\0", 0, raw.find(b"\n")) >= 0 or control > len(raw) // 50


def text_encoding(head: bytes) -> str:
    """`utf-8-sig`, `utf-16`, `utf-16-le`, `utf-16-be` or `utf-8`, from the first bytes."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = head[:512]
    if len(sample) >= 8:
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        if odd * 5 >= len(sample) * 2 and even == 0:
            return "utf-16-le"
        if even * 5 >= len(sample) * 2 and odd == 0:
            return "utf-16-be"
    return "utf-8"


def has_plain_lines(head: bytes) -> bool:
    """Whether a file's lines are UTF-8 as they lie there, from its first bytes."""
    return not is_gzip(head) and text_encoding(head).startswith("utf-8") and b"\n" in head


def lines(path: Path, log: ProblemLog) -> Iterator[Line]:
    """The lines of a file as it is now; bytes appended while reading are left for later.

    Lines with NUL bytes and lines over MAX_LINE_BYTES are reported in `log` and left out.

    Raises:
        OSError: the file cannot be opened or read.
    """
    for number, data in line_blocks(path, log, BLOCK_BYTES):
        yield from lines_in(data, number, log)


def line_blocks(
    path: Path, log: ProblemLog, block_bytes: int, begin: LinePlace = BEGINNING
) -> Iterator[tuple[int, bytes]]:
    """(number of the first line, whole lines as UTF-8) in blocks of about `block_bytes`.

    A last line without a line end comes as a block of its own. `begin` is another place than
    the beginning only in plain UTF-8 (see `has_plain_lines`).

    Raises:
        OSError: the file cannot be opened or read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if begin.offset:
            file.seek(begin.offset)
            rest = _plain_blocks(file, size - begin.offset, block_bytes)
            yield from _whole_lines(rest, log, begin.number)
            return
        blocks = _blocks(file, size, log, block_bytes)
        first = next(blocks, b"")
        yield from _whole_lines(_utf8_blocks(first, blocks), log)


def lines_in(data: bytes, number: int, log: ProblemLog) -> Iterator[Line]:
    """The lines of a block; `number` is the first one's."""
    parts = data.split(b"\n")
    last = len(parts) - 1
    for at, part in enumerate(parts):
        if at == last and not part:
            return
        if len(part) > MAX_LINE_BYTES:
            _report_long_line(number + at, log)
            continue
        if b"\0" in part:
            _report_nul(number + at, part, log)
            continue
        yield Line(number + at, _text(part, number + at, log), at < last)


def _text(data: bytes, number: int, log: ProblemLog) -> str:
    try:
        return data.decode().removesuffix("\r")
    except UnicodeDecodeError:
        if not log.has("encoding"):
            message = f"line {number} is not UTF-8; such bytes are read as Windows-1252/Latin-1"
            action = "Write the log as UTF-8."
            log.add("encoding", message, severity="info", line=number, action=action)
        return data.decode("cp1252", "replace").removesuffix("\r")


def _blocks(file: IO[bytes], size: int, log: ProblemLog, block_bytes: int) -> Iterator[bytes]:
    head = file.read(2)
    file.seek(0)
    if is_gzip(head):
        yield from gzip_blocks(file, size, log)
        return
    yield from _plain_blocks(file, size, block_bytes)


def _plain_blocks(file: IO[bytes], size: int, block_bytes: int) -> Iterator[bytes]:
    while size > 0:
        block = file.read(min(size, block_bytes))
        if not block:
            return
        size -= len(block)
        yield block


def gzip_blocks(file: IO[bytes], size: int, log: ProblemLog) -> Iterator[bytes]:
    """The unfolded bytes of a gzip file of `size` bytes, up to the limits above.

    Damage and what lies beyond the limits are reported in `log`.

    Raises:
        OSError: the file cannot be read.
    """
    limit = min(MAX_GZIP_BYTES, max(_FREE_GZIP_BYTES, size * MAX_GZIP_RATIO))
    done = 0
    with gzip.GzipFile(fileobj=io.BufferedReader(file)) as plain:  # type: ignore[type-var]
        while done <= limit:
            try:
                block = plain.read1(BLOCK_BYTES)  # what there is, even before damage
            except (EOFError, OSError, zlib.error) as error:
                message = f"the gzip data is truncated or corrupt after {done:,} bytes: {error}"
                log.add("damaged-gzip", message, action="Compress the log again from its source.")
                return
            if not block:
                return
            done += len(block)
            yield block
    message = f"the gzip file unfolds to more than {limit:,} bytes; reading stopped there"
    log.add("gzip-too-large", message, action="Unpack the file and give the unpacked one.")


def _utf8_blocks(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """All blocks as UTF-8 with a line feed as line end."""
    encoding = text_encoding(first)
    decoder = None
    if encoding == "utf-8-sig":
        first = first[len(codecs.BOM_UTF8) :]
    elif encoding != "utf-8":
        decoder = codecs.getincrementaldecoder(encoding)("replace")
    old_mac = decoder is None and b"\n" not in first and b"\r" in first.strip()
    for block in _chain(first, blocks):
        data = block if decoder is None else decoder.decode(block).encode("utf-8", "replace")
        yield data.replace(b"\r", b"\n") if old_mac else data


def _chain(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from blocks


def _line_feeds(data: bytes) -> int:
    """Count the line feeds, in slices that fit the processor's cache: a quarter of the time."""
    if len(data) < _SLICE:
        return data.count(b"\n")
    signs = np.frombuffer(data, np.uint8)
    slices = range(0, len(signs), _SLICE)
    return sum(int(np.count_nonzero(signs[at : at + _SLICE] == 10)) for at in slices)


def _whole_lines(
    blocks: Iterator[bytes], log: ProblemLog, number: int = 1
) -> Iterator[tuple[int, bytes]]:
    rest, skipping = b"", False
    for block in blocks:
        begin = 0
        if skipping:
            begin = block.find(b"\n") + 1
            if not begin:
                continue
            number, skipping = number + 1, False
        end = block.rfind(b"\n") + 1
        if end > begin:
            whole = rest + block[begin:end]
            yield number, whole
            number += _line_feeds(whole)
            rest = b""
        rest += block[max(begin, end) :]
        if len(rest) > MAX_LINE_BYTES:
            _report_long_line(number, log)
            rest, skipping = b"", True
    if rest:
        yield number, rest


def _report_long_line(number: int, log: ProblemLog) -> None:
    message = f"line {number} is too long (over {MAX_LINE_BYTES >> 20} MiB); it was stepped over"
    log.add("long-line", message, line=number, lost=1, action="Look at how this file was written.")


def _report_nul(number: int, data: bytes, log: ProblemLog) -> None:
    message = f"line {number} holds {data.count(0)} NUL bytes (as after a power loss); left out"
    log.add("nul-bytes", message, line=number, lost=1)
