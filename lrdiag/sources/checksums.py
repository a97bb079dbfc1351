"""CRC-32C of event-file records, one at a time and in bulk.

TFRecord stores a *masked* CRC-32C (Castagnoli; `tensorflow/core/lib/hash/crc32c.h`): rotated
right by 15 bits and offset by 0xA282EAD8. Bulk checks rest on the checksum being affine over
GF(2): the checksum of a row is that of a reference row, XORed with one table entry for each byte
that differs; and that of B in AB follows from those of A and AB. Both are exact for every row,
so errors cannot cancel between rows.
"""

from __future__ import annotations

from functools import cache

import google_crc32c
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint32]
Positions = npt.NDArray[np.int64]

_POLYNOMIAL = 0x82F63B78
_DELTA = 0xA282EAD8

crc32c = google_crc32c.value


def masked(crc: int) -> int:
    """The checksum as TFRecord stores it."""
    return ((crc >> 15 | crc << 17) + _DELTA) & 0xFFFFFFFF


def masked_words(crc: Words) -> Words:
    """`masked` of uint32[n]."""
    rotated: Words = (crc >> np.uint32(15)) | (crc << np.uint32(17))
    rotated += np.uint32(_DELTA)
    return rotated


def _byte_table() -> Words:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        odd = (table & np.uint32(1)).astype(bool)
        table = np.where(odd, (table >> np.uint32(1)) ^ np.uint32(_POLYNOMIAL), table >> 1)
    return table.astype(np.uint32)


_TABLES: list[Words] = []


def distance_table(distance: int) -> Words:
    """uint32[256]: what a byte followed by `distance` more bytes adds to a checksum."""
    if not _TABLES:
        _TABLES.append(_byte_table())
    while len(_TABLES) <= distance:
        last = _TABLES[-1]
        _TABLES.append((last >> np.uint32(8)) ^ _TABLES[0][last & np.uint32(0xFF)])
    return _TABLES[distance]


@cache
def length_checksums() -> Words:
    """uint32[65536]: masked checksum of every length below 64 KiB as a little-endian uint64."""
    zero = np.uint32(crc32c(bytes(8)))
    low, high = distance_table(7), distance_table(6)
    return masked_words((zero ^ high[:, None] ^ low[None, :]).reshape(-1))


def lengths_are_sound(lengths: Positions, stored: Words) -> npt.NDArray[np.bool_]:
    """Which of the lengths (below 2**32) have the masked checksum stored beside them."""
    crc = np.full(len(lengths), crc32c(bytes(8)), np.uint32)
    for byte in range(4):
        crc ^= distance_table(7 - byte)[(lengths >> (8 * byte)) & 0xFF]
    return np.asarray(masked_words(crc) == stored)


def payload_is_sound(buffer: Bytes, at: int, length: int) -> bool:
    """Whether the payload behind the header at `at` has the checksum stored behind it."""
    end = at + 12 + length
    stored = int.from_bytes(buffer[end : end + 4].tobytes(), "little")
    return masked(crc32c(buffer[at + 12 : end])) == stored


def payloads_are_sound(buffer: Bytes, at: Positions, length: Positions) -> list[bool]:
    """`payload_is_sound` for headers whose payloads may overlap, in time linear in the buffer.

    Overlapping claims (forged headers) would make checking each on its own quadratic: the
    checksum of a range is derived from those of two prefixes instead.
    """
    start, end = at + 12, at + 12 + length
    cuts = np.unique(np.concatenate([start, end]))
    prefix = np.zeros(len(cuts), np.uint32)
    crc = 0
    for i in range(1, len(cuts)):
        crc = google_crc32c.extend(crc, buffer[cuts[i - 1] : cuts[i]])
        prefix[i] = crc
    before = prefix[np.searchsorted(cuts, start)]
    crcs = prefix[np.searchsorted(cuts, end)] ^ _append_zeros(before, length)
    stored = np.zeros(len(at), np.uint32)
    for byte in range(4):
        stored |= buffer[end + byte].astype(np.uint32) << np.uint32(8 * byte)
    return [bool(x) for x in masked_words(crcs) == stored]


def _append_zeros(crc: Words, count: Positions) -> Words:
    """Linear part of a checksum after `count[i]` more bytes, for each i."""
    moved = crc.copy()
    for bit in range(int(count.max(initial=0)).bit_length()):
        chosen = np.flatnonzero((count >> bit) & 1)
        if len(chosen):
            moved[chosen] = _apply(_power(bit), moved[chosen])
    return moved


@cache
def _power(bit: int) -> tuple[Words, ...]:
    """The operator that appends 2**bit zero bytes, as four tables of 256."""
    if bit == 0:
        values = np.arange(256, dtype=np.uint32)
        columns = [values << np.uint32(8 * k) for k in range(4)]
        table = distance_table(0)
        return tuple((c >> np.uint32(8)) ^ table[c & np.uint32(0xFF)] for c in columns)
    half = _power(bit - 1)
    return tuple(_apply(half, column) for column in half)


def _apply(tables: tuple[Words, ...], crc: Words) -> Words:
    out: Words = tables[0][crc & np.uint32(0xFF)]
    for k in range(1, 4):
        out = out ^ tables[k][(crc >> np.uint32(8 * k)) & np.uint32(0xFF)]
    return out
