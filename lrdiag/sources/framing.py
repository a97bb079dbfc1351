"""Frames of an event file: length, checksum of the length, payload, checksum of the payload.

The format is TFRecord (`tensorflow/core/lib/io/record_writer.h`): little-endian uint64 length,
masked CRC-32C of these 8 bytes, payload, masked CRC-32C of the payload.
"""

from __future__ import annotations

import struct

import google_crc32c

_MASK_DELTA = 0xA282EAD8
HEADER = 12
FRAME = 16
"""Bytes a frame adds to its payload."""


def masked_crc(data: bytes) -> int:
    """CRC-32C of `data`, rotated right by 15 and offset, as TFRecord stores it."""
    crc = int(google_crc32c.value(data))
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def header_length(data: bytes, at: int) -> int | None:
    """Payload length that a frame header at `at` claims; None if its checksum is wrong."""
    if at + HEADER > len(data):
        return None
    length, stored = struct.unpack_from("<QI", data, at)
    return length if masked_crc(data[at : at + 8]) == stored else None


def payload_is_sound(data: bytes, at: int, length: int) -> bool:
    """Whether the payload of the frame at `at` has the checksum stored behind it."""
    end = at + HEADER + length
    if end + 4 > len(data):
        return False
    (stored,) = struct.unpack_from("<I", data, end)
    return masked_crc(data[at + HEADER : end]) == stored
