"""Record layouts: which bytes of a frame vary from one point to the next.

A training loop logs the same tags again and again, so frames of one tag differ only in wall
time, step, value and checksum. A template knows where these lie; frames that match it are read
as columns (`decoding`), without parsing each.
"""

from __future__ import annotations

import struct
import threading
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lrdiag.sources.checksums import Bytes
from lrdiag.sources.event_message import Event, MalformedError, Scalar, parse_event
from lrdiag.sources.framing import HEADER

_FLOAT = struct.Struct("<f")
_DOUBLE = struct.Struct("<d")
LARGEST = 8192
"""Frames above this size are read one by one: scalars are smaller by far."""
PER_SIZE = 512
"""Templates of one frame size; a log with more distinct tags of a size is read one by one."""
_IN_ALL = 4096
_WORDS = 24


@dataclass(slots=True, eq=False, repr=False)
class Template:
    """Layout of a frame that holds scalars only. Offsets count from the start of the frame.

    Attributes:
        row: uint8[size], an example. varies: bool[size], bytes that differ between points.
        values: (tag, offset, "f" or "d") of each scalar. -1 as an offset means absent.
    """

    row: Bytes
    varies: npt.NDArray[np.bool_]
    wall_at: int
    step_at: int
    step_size: int
    values: tuple[tuple[bytes, int, str], ...]
    fixed: npt.NDArray[np.intp] = field(init=False)
    _mask: int = field(init=False)
    _expected: int = field(init=False)

    def __post_init__(self) -> None:
        self.fixed = np.flatnonzero(~self.varies)
        mask = np.where(self.varies, 0, 255).astype(np.uint8)
        self._mask = int.from_bytes(mask.tobytes(), "little")
        self._expected = int.from_bytes(self.row.tobytes(), "little") & self._mask

    @property
    def size(self) -> int:
        """Bytes of the whole frame."""
        return len(self.row)

    def fits(self, number: int) -> bool:
        """Whether a frame, read as one little-endian number, has this layout."""
        return number & self._mask == self._expected

    def read(self, frame: bytes) -> Event:
        """The event of one frame that has this layout."""
        (wall,) = _DOUBLE.unpack_from(frame, self.wall_at)
        step = _step(frame[self.step_at : self.step_at + self.step_size])
        scalars = [
            Scalar(tag, (_FLOAT if code == "f" else _DOUBLE).unpack_from(frame, at)[0], at, code)
            for tag, at, code in self.values
        ]
        return Event(wall, self.wall_at, step, self.step_at, self.step_size, scalars)


def _step(varint: bytes) -> int:
    value = 0
    for k, byte in enumerate(varint):
        if (byte < 0x80) != (k == len(varint) - 1):
            raise MalformedError("a step has another length than its layout says")
        value |= (byte & 0x7F) << (7 * k)
    value &= 0xFFFFFFFFFFFFFFFF
    return value - (1 << 64) if value >> 63 else value


def template_of(frame: bytes, event: Event) -> Template | None:
    """The layout of a frame, or None if it must be read on its own."""
    if len(frame) > LARGEST or not event.plain or not event.scalars or event.wall_at < 0:
        return None
    varies = np.zeros(len(frame), bool)
    varies[HEADER + event.wall_at : HEADER + event.wall_at + 8] = True
    if event.step_at >= 0:
        step_at = HEADER + event.step_at
        varies[step_at : step_at + event.step_size] = True
    values = []
    for scalar in event.scalars:
        at = HEADER + scalar.at
        varies[at : at + (4 if scalar.code == "f" else 8)] = True
        values.append((scalar.tag, at, scalar.code))
    varies[-4:] = True
    step_at = HEADER + event.step_at if event.step_at >= 0 else -1
    return Template(
        np.frombuffer(frame, np.uint8), varies, HEADER + event.wall_at, step_at,
        event.step_size, tuple(values),
    )  # fmt: skip


class Index:
    """Finds the layouts of many frames of one size at once.

    The key of a frame is a weighted sum of the 8-byte words that are fixed in all layouts of
    this size (tags, mostly), modulo 2**64. It only proposes a layout; `decoding.matches` proves
    it.
    """

    def __init__(self, templates: list[Template]) -> None:
        fixed = ~np.logical_or.reduce([t.varies for t in templates])
        self._words = _words_of(fixed)
        keys = self.keys(np.stack([t.row for t in templates]))
        order = np.argsort(keys)
        self._sorted = keys[order]
        self.templates = [templates[i] for i in order]

    def keys(self, rows: Bytes) -> npt.NDArray[np.uint64]:
        """uint64[n] keys of uint8[n, size] rows."""
        key = np.zeros(len(rows), np.uint64)
        for weight, at in enumerate(self._words):
            word = rows[:, at : at + 8].view("<u8")[:, 0]
            key += word * np.uint64(2 * weight * 0x9E3779B97F4A7C15 + 1 & 0xFFFFFFFFFFFFFFFF)
        return key

    def labels(self, rows: Bytes) -> npt.NDArray[np.int64]:
        """int64[n]: index into `templates` for each row, -1 where no key fits."""
        keys = self.keys(rows)
        place = np.searchsorted(self._sorted, keys)
        place[place == len(self._sorted)] = 0
        return np.where(self._sorted[place] == keys, place, -1)


def _words_of(fixed: npt.NDArray[np.bool_]) -> list[int]:
    """Offsets of 8-byte words behind the header that lie in fixed bytes."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], fixed, [False]]).astype(np.int8)))
    words: list[int] = []
    for start, end in edges.reshape(-1, 2).tolist():
        inside = range(max(start, HEADER), end - 7, 8)
        words += [*inside, end - 8] if inside else []
    return words[:_WORDS]


class Templates:
    """The layouts seen so far, by frame size."""

    def __init__(self) -> None:
        self.by_size: dict[int, list[Template]] = {}
        self.headers: dict[bytes, int] = {}
        self._indexes: dict[int, Index] = {}
        self._count = 0

    def index(self, size: int) -> Index | None:
        """The index of the layouts of a size, None if there are none."""
        found = self._indexes.get(size)
        if found is None and size in self.by_size:
            found = self._indexes[size] = Index(self.by_size[size])
        return found

    def of(self, frame: bytes) -> Template | None:
        """The layout of a frame, learnt if it is new; None if it must be read on its own."""
        known = self.by_size.get(len(frame), ())
        if len(known) >= PER_SIZE or len(frame) > LARGEST:
            return None
        number = int.from_bytes(frame, "little")
        for template in known:
            if template.fits(number):
                return template
        return self._learn(frame)

    def _learn(self, frame: bytes) -> Template | None:
        try:
            template = template_of(frame, parse_event(frame[HEADER:-4]))
        except MalformedError:
            return None
        if template is not None:
            if self._count >= _IN_ALL:
                self.by_size.clear()
                self._indexes.clear()
                self._count = 0
            self._indexes.pop(len(frame), None)
            self.by_size.setdefault(len(frame), []).append(template)
            self._count += 1
        return template


_LOCAL = threading.local()


def shared_templates() -> Templates:
    """The templates of this thread: the runs of a sweep log the same tags."""
    found: Templates | None = getattr(_LOCAL, "templates", None)
    if found is None:
        found = _LOCAL.templates = Templates()
    return found
