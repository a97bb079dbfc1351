"""Records that hold one image, histogram or audio clip: recognised by their first bytes.

They are the bulk of many logs and are stepped over by their length, never unpacked.
"""

from __future__ import annotations

import re

SMALLEST_OTHER = 160
"""Frames below this size are parsed: a histogram or an image is larger."""
HEAD = 192
"""Bytes of a payload that are looked at."""

# Event { wall_time, step?, summary { value { tag, …: the lengths of summary, value and tag.
_START = re.compile(
    rb"\x09.{8}(?:\x10[\x80-\xff]{0,9}[\x00-\x7f])?"
    rb"\x2a([\x80-\xff]{0,4}[\x00-\x7f])\x0a([\x80-\xff]{0,4}[\x00-\x7f])"
    rb"\x0a([\x80-\xff]?[\x00-\x7f])",
    re.DOTALL,
)
_VALUE = re.compile(rb"[\x22\x2a\x32]([\x80-\xff]{0,4}[\x00-\x7f])", re.DOTALL)
"""image = 4, histo = 5, audio = 6 of `Summary.Value`."""


def is_other(head: bytes, length: int) -> bool:
    """Whether a payload of `length` bytes that begins with `head` holds exactly one such value."""
    start = _START.match(head)
    if start is None:
        return False
    summary, value, tag = start.groups()
    if start.end(1) + _varint(summary) != length or start.end(2) + _varint(value) != length:
        return False
    kind = _VALUE.match(head, start.end(3) + _varint(tag))
    return kind is not None and kind.end() + _varint(kind[1]) == length


def _varint(data: bytes) -> int:
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
    return value
