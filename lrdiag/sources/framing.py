"""Frames of an event file: where records lie, and where they go on after damage.

The format is TFRecord (`tensorflow/core/lib/io/record_writer.h`): little-endian uint64 length,
masked CRC-32C of these 8 bytes, payload, masked CRC-32C of the payload. Positions are indices
into a buffer of uint8; `stop` is the end of what the buffer holds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lrdiag.sources.checksums import (
    Bytes,
    Positions,
    crc32c,
    length_checksums,
    lengths_are_sound,
    masked,
    payload_is_sound,
    payloads_are_sound,
)

HEADER = 12
FRAME = 16
"""Bytes a frame adds to its payload."""
_KNOWN_LIMIT = 1 << 16
_STRAY_LIMIT = 64
_SEARCH_STRIDE, _LARGEST_STRIDE = 1 << 18, 1 << 23
_SCANNED = 1 << 17
_TRIED_SINGLY = 8
_TELLING, _FAR_ABOVE = 8, 8


class Frames(NamedTuple):
    """Whole frames that follow one another: int64[n] starts and sizes (payload + FRAME).

    `stop`: where the next frame would begin. `broken`: the header there is damaged; otherwise
    the buffer or the asked-for count ends there.
    """

    starts: Positions
    sizes: Positions
    stop: int
    broken: bool


def header_length(buffer: Bytes, at: int, stop: int) -> int | None:
    """Payload length that the frame header at `at` claims; None if damaged or incomplete."""
    if at + HEADER > stop:
        return None
    return _claimed(buffer[at : at + HEADER].tobytes())


def _claimed(header: bytes) -> int | None:
    stored = int.from_bytes(header[8:], "little")
    if masked(crc32c(header[:8])) != stored:
        return None
    return int.from_bytes(header[:8], "little")


def hop(buffer: Bytes, at: int, stop: int, known: dict[bytes, int], count: int) -> Frames:
    """Walk up to `count` frames one by one; `known` caches header bytes to frame size."""
    data = buffer.data[at:stop]
    size_of, room = known.get, len(data)
    starts: list[int] = []
    sizes: list[int] = []
    place, broken = 0, False
    while place + HEADER <= room and len(starts) < count:
        header = data[place : place + HEADER].tobytes()
        size = size_of(header)
        if size is None:
            length = _claimed(header)
            if length is None:
                broken = True
                break
            size = length + FRAME
            if len(known) < _KNOWN_LIMIT:
                known[header] = size
        if place + size > room:
            break
        starts.append(place)
        sizes.append(size)
        place += size
    found = np.array(starts, np.int64) + at
    return Frames(found, np.array(sizes, np.int64), at + place, broken)


def usual_size(frames: Frames) -> float:
    """Mean size of frames without those far above the median; 0 if they are too few to tell.

    One graph or image beside thousands of scalars says nothing of how many a stretch held.
    """
    if len(frames.sizes) < _TELLING:
        return 0.0
    usual = frames.sizes <= _FAR_ABOVE * np.median(frames.sizes)
    return float(frames.sizes[usual].mean())


def scan(buffer: Bytes, at: int, stop: int) -> Frames:
    """Walk the frames of a stretch in bulk: find all sound headers, then follow the chain.

    Only payloads below 64 KiB are found; the chain ends before a longer one.
    """
    starts, sizes = _short_headers(buffer, at, stop)
    first = int(np.searchsorted(starts, at))
    starts, sizes = starts[first:], sizes[first:]
    if not len(starts) or starts[0] != at:
        return Frames(starts[:0], sizes[:0], at, False)
    starts, sizes = _chain(starts, sizes)
    inside = int(np.searchsorted(starts + sizes, stop, side="right"))
    starts, sizes = starts[:inside], sizes[:inside]
    end = int(starts[-1] + sizes[-1]) if inside else at
    return Frames(starts, sizes, end, False)


def _short_headers(buffer: Bytes, at: int, stop: int) -> tuple[Positions, Positions]:
    """Positions of all sound headers of payloads below 64 KiB, and their frame sizes."""
    # Block by block, so that the flags of a block stay in the processor's cache.
    parts = [
        _short_headers_of(buffer[start : min(start + _SCANNED + HEADER - 1, stop)], start)
        for start in range(at, stop, _SCANNED)
    ]
    none = np.zeros(0, np.int64)
    places, sizes = zip(*parts, strict=True) if parts else ((none,), (none,))
    return np.concatenate(places), np.concatenate(sizes)


def _short_headers_of(block: Bytes, at: int) -> tuple[Positions, Positions]:
    if len(block) < HEADER:
        none = np.zeros(0, np.int64)
        return none, none
    zero = block == 0
    pairs = zero[:-1] & zero[1:]
    fours = pairs[:-2] & pairs[2:]
    sixes = fours[:-2] & pairs[4:]
    found = _true_positions(sixes) - 2
    found = found[(found >= 0) & (found <= len(block) - HEADER)]
    lengths = np.ndarray((len(block) - 1,), "<u2", block, 0, (1,))[found]
    stored = np.ndarray((len(block) - 3,), "<u4", block, 0, (1,))[found + 8]
    sound = length_checksums()[lengths] == stored
    return found[sound] + at, lengths[sound].astype(np.int64) + FRAME


def _true_positions(flags: np.ndarray) -> Positions:
    """`np.flatnonzero` of sparse flags: look at eight at a time first."""
    packed = np.packbits(flags)
    places = np.flatnonzero(packed != 0)
    bits = np.flatnonzero(np.unpackbits(packed[places]).view(bool))
    return np.asarray(places[bits >> 3] * 8 + (bits & 7), np.int64)


def _chain(starts: Positions, sizes: Positions) -> tuple[Positions, Positions]:
    """The frames that follow one another from the first; headers inside payloads drop out."""
    for _ in range(_STRAY_LIMIT):
        gaps = np.flatnonzero(starts[:-1] + sizes[:-1] != starts[1:])
        if not len(gaps):
            return starts, sizes
        last = int(gaps[0])
        following = int(np.searchsorted(starts, starts[last] + sizes[last]))
        if following == len(starts) or starts[following] != starts[last] + sizes[last]:
            break
        starts = np.delete(starts, slice(last + 1, following))
        sizes = np.delete(sizes, slice(last + 1, following))
    else:
        last = int(np.flatnonzero(starts[:-1] + sizes[:-1] != starts[1:])[0])
    return starts[: last + 1], sizes[: last + 1]


class Search(NamedTuple):
    """Where sound data goes on: `at`, and whether a sound frame was `found` there.

    Not found: nothing before `at` begins a sound frame; at `at` more bytes are needed to tell.
    """

    at: int
    found: bool


def next_sound(buffer: Bytes, at: int, stop: int, limit: int, before: int | None = None) -> Search:
    """The first frame at or after `at` (and `before`) whose two checksums are right.

    `limit` is the position where the file ends: a frame that claims to reach beyond it is not
    sound. Linear in the bytes looked at, whatever lengths forged headers claim.
    """
    last = stop if before is None else min(stop, before + HEADER - 1)
    stride = _SEARCH_STRIDE
    while at + HEADER <= last:
        end = min(last, at + stride)
        places, lengths = _headers(buffer, at, end)
        fits = places + lengths + FRAME <= limit
        places, lengths = places[fits], lengths[fits]
        whole = places + lengths + FRAME <= stop
        cut = len(places) if whole.all() else int(np.argmin(whole))
        sound = _first_sound(buffer, places[:cut], lengths[:cut])
        if sound is not None:
            return Search(sound, True)
        if cut < len(places):
            return Search(int(places[cut]), False)
        at = end - HEADER + 1
        if end == last:
            break
        if cut:
            # Claims may reach far: what they cover is not to be looked at for every stride.
            stride = min(2 * stride, _LARGEST_STRIDE)
    return Search(min(at, stop), False)


def _headers(buffer: Bytes, at: int, stop: int) -> tuple[Positions, Positions]:
    """Positions and claimed lengths (below 4 GiB) of all sound headers that begin in a block."""
    block = buffer[at:stop]
    if not block.any():
        # Disks fill files up with zeros; a length of 0 has another checksum than 0.
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    zero = block == 0
    pairs = zero[:-1] & zero[1:]
    found = _true_positions(pairs[:-2] & pairs[2:]) - 4
    found = found[(found >= 0) & (found <= len(block) - HEADER)]
    lengths = np.ndarray((len(block) - 3,), "<u4", block, 0, (1,))[found].astype(np.int64)
    stored = np.ndarray((len(block) - 3,), "<u4", block, 0, (1,))[found + 8]
    sound = lengths_are_sound(lengths, stored)
    return found[sound] + at, lengths[sound]


def _first_sound(buffer: Bytes, places: Positions, lengths: Positions) -> int | None:
    few = int(np.searchsorted(np.cumsum(lengths[:_TRIED_SINGLY]), _SEARCH_STRIDE, "right"))
    for place, length in zip(places[:few].tolist(), lengths.tolist(), strict=False):
        if payload_is_sound(buffer, place, length):
            return int(place)
    rest = slice(few, None)
    if len(places) > few:
        sound = payloads_are_sound(buffer, places[rest], lengths[rest])
        if any(sound):
            return int(places[rest][sound.index(True)])
    return None


def goes_on_at(buffer: Bytes, at: int, end: int, stop: int, limit: int) -> Search:
    """Where sound data goes on behind a frame (`at` to `end`) whose payload is damaged.

    Either the payload is damaged and the next frame follows at `end`, or the header lies (a
    forged or stale one) and real frames lie inside. They are believed if they lead exactly to
    `end` or beyond it (a record that was cut, with others appended), or if nothing sound
    follows at `end`. Not found at `at`: the bytes to tell are not there yet.
    """
    if end + HEADER > stop and stop < limit:
        return Search(at, False)
    follows = end + HEADER > stop or header_length(buffer, end, stop) is not None
    if not follows:
        return next_sound(buffer, at + 1, stop, limit)
    inner = next_sound(buffer, at + 1, stop, limit, before=end)
    if inner.found and _leads_to(buffer, inner.at, end, stop):
        return inner
    return Search(end, True)


def _leads_to(buffer: Bytes, at: int, end: int, stop: int) -> bool:
    """Whether frames that follow one another from `at` reach `end`."""
    while at < end:
        length = header_length(buffer, at, stop)
        if length is None:
            return False
        at += length + FRAME
    return True
