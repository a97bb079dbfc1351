"""Payload of one record → what was logged: the slow, exact path, one record at a time.

Only the fields of `Event` that a linter needs are looked at; everything else is stepped over by
its wire length and never unpacked. Field numbers are those of TensorFlow's `event.proto`,
`summary.proto` and `tensor.proto`. `templates` turns the result into columns in bulk.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_DOUBLE = struct.Struct("<d").unpack_from
_FLOAT = struct.Struct("<f").unpack_from
_HALF = struct.Struct("<e").unpack

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_TAG_LIMIT = 1 << 20
TEXT_LIMIT = 65_536
"""Longest text kept of a logged text summary, in bytes; configurations are far shorter."""

# TensorProto dtype → struct format of one element of tensor_content.
_CONTENT = {
    1: "<f", 2: "<d", 3: "<i", 4: "<B", 5: "<h", 6: "<b", 9: "<q", 10: "<?", 17: "<H", 19: "<e",
    22: "<I", 23: "<Q",
}  # fmt: skip
_BFLOAT16, _HALF_TYPE, _STRING = 14, 19, 7


class MalformedError(ValueError):
    """The bytes are no valid protobuf message."""


@dataclass(slots=True)
class Scalar:
    """One scalar: tag as raw bytes, value, and where its raw bytes lie in the payload.

    `at` is -1 when the value is not stored as plain little-endian bytes of type `code` ("f" or
    "d"), so that it cannot be read in bulk.
    """

    tag: bytes
    value: float
    at: int = -1
    code: str = "f"


@dataclass(slots=True)
class Event:
    """What a record says. `step_at` and `wall_at` are offsets in the payload, -1 if absent."""

    wall_time: float = 0.0
    wall_at: int = -1
    step: int = 0
    step_at: int = -1
    step_size: int = 0
    scalars: list[Scalar] = field(default_factory=list)
    session_start: bool = False
    version: bytes = b""
    hparams: list[bytes] = field(default_factory=list)
    texts: list[tuple[bytes, bytes]] = field(default_factory=list)
    others: int = 0
    repeated: bool = False

    @property
    def plain(self) -> bool:
        """Whether the event holds nothing but scalars that can be read in bulk."""
        special = self.session_start or self.hparams or self.texts or self.repeated
        return not special and all(s.at >= 0 for s in self.scalars)


def parse_event(payload: bytes) -> Event:
    """Read one `Event` message.

    Raises:
        MalformedError: the payload is not a valid protobuf message.
    """
    event = Event()
    for number, kind, value, at, size in wire_fields(payload, 0, len(payload)):
        if number == 1 and kind == _FIXED64:
            event.repeated |= event.wall_at >= 0
            event.wall_time, event.wall_at = _DOUBLE(payload, at)[0], at
        elif number == 2 and kind == _VARINT:
            event.repeated |= event.step_at >= 0
            event.step, event.step_at, event.step_size = _signed(value), at, size
        elif number == 3 and kind == _BYTES:
            event.version = payload[at : at + size]
        elif number == 5 and kind == _BYTES:
            _read_summary(payload, at, at + size, event)
        elif number == 7 and kind == _BYTES:
            event.session_start |= _session_status(payload, at, at + size) == 1
    return event


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _session_status(payload: bytes, at: int, end: int) -> int:
    found = 0
    for number, kind, value, _, _ in wire_fields(payload, at, end):
        if number == 1 and kind == _VARINT:
            found = value
    return found


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
    raise MalformedError("a varint does not end")


def wire_fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield (field number, wire type, varint value or 0, offset of the value, its size)."""
    while at < end:
        key, at = _varint(data, at, end)
        number, kind = key >> 3, key & 7
        start = at
        value = 0
        if kind == _VARINT:
            value, at = _varint(data, at, end)
        elif kind == _FIXED64:
            at += 8
        elif kind == _FIXED32:
            at += 4
        elif kind == _BYTES:
            size, start = _varint(data, at, end)
            at = start + size
        else:
            raise MalformedError(f"wire type {kind} is not used by event files")
        if at > end or number == 0:
            raise MalformedError("a field reaches beyond its message")
        yield number, kind, value, start, at - start


def _read_summary(data: bytes, at: int, end: int, event: Event) -> None:
    for number, kind, _, start, size in wire_fields(data, at, end):
        if number == 1 and kind == _BYTES:
            _read_value(data, start, start + size, event)


def _read_value(data: bytes, at: int, end: int, event: Event) -> None:
    tag, plugin, content = b"", b"", b""
    simple: int | None = None
    tensor: tuple[int, int] | None = None
    for number, kind, _, start, size in wire_fields(data, at, end):
        if number == 1 and kind == _BYTES:
            tag = data[start : start + size]
        elif number == 2 and kind == _FIXED32:
            simple, tensor = start, None
        elif number == 8 and kind == _BYTES:
            simple, tensor = None, (start, start + size)
        elif number == 9 and kind == _BYTES:
            plugin, content = _plugin(data, start, start + size)
    if simple is not None:
        event.scalars.append(Scalar(tag, _FLOAT(data, simple)[0], simple))
    elif plugin == b"hparams":
        event.hparams.append(content)
    elif tensor is not None:
        _read_tensor(data, tensor, tag, plugin, event)
    else:
        event.others += 1


def _plugin(data: bytes, at: int, end: int) -> tuple[bytes, bytes]:
    name = content = b""
    for number, kind, _, start, size in wire_fields(data, at, end):
        if number == 1 and kind == _BYTES:
            for inner, inner_kind, _, begin, length in wire_fields(data, start, start + size):
                if inner == 1 and inner_kind == _BYTES:
                    name = data[begin : begin + length]
                elif inner == 2 and inner_kind == _BYTES:
                    content = data[begin : begin + length]
    return name, content


def _read_tensor(
    data: bytes, span: tuple[int, int], tag: bytes, plugin: bytes, event: Event
) -> None:
    dtype = 0
    numbers: list[tuple[float, int, str]] = []
    text = b""
    many = False
    for number, kind, value, start, size in wire_fields(data, *span):
        if number == 1 and kind == _VARINT:
            dtype = value
        elif number == 2 and kind == _BYTES:
            many |= not _is_single(data, start, start + size)
        elif number == 4 and kind == _BYTES and size:
            found = _from_content(data, start, size, dtype)
            many |= found is None
            numbers += [found] if found else []
        elif number == 8 and kind == _BYTES:
            text = data[start : start + min(size, TEXT_LIMIT)]
        elif number in (5, 6, 7, 10, 11, 13, 16, 17):
            element, alone = value, True
            if kind == _BYTES and number not in (5, 6):
                element, rest = _varint(data, start, start + size)
                alone = rest == start + size
            found = _from_list(data, (number, element, dtype), start, size) if alone else None
            many |= found is None
            numbers += [found] if found else []
    if plugin in (b"scalars", b"") and len(numbers) == 1 and not many:
        number_, at, code = numbers[0]
        event.scalars.append(Scalar(tag, number_, at, code))
    elif text and plugin == b"text":
        event.texts.append((tag, text))
    else:
        event.others += 1


def _is_single(data: bytes, at: int, end: int) -> bool:
    """Whether a `TensorShapeProto` is that of one element: all dimensions, if any, are 1.

    A tensor of equal elements may list one only, so the list does not tell.
    """
    for number, kind, _, start, size in wire_fields(data, at, end):
        if number != 2 or kind != _BYTES:
            continue
        length = 0
        for inner, inner_kind, value, _, _ in wire_fields(data, start, start + size):
            if inner == 1 and inner_kind == _VARINT:
                length = value
        if length != 1:
            return False
    return True


def _from_content(data: bytes, at: int, size: int, dtype: int) -> tuple[float, int, str] | None:
    if dtype == _BFLOAT16 and size == 2:
        return struct.unpack("<f", b"\0\0" + data[at : at + 2])[0], -1, "f"
    form = _CONTENT.get(dtype)
    if form is None or struct.calcsize(form) != size:
        return None
    bulk = form[1] in "fd"
    return float(struct.unpack_from(form, data, at)[0]), at if bulk else -1, form[1]


def _from_list(
    data: bytes, element: tuple[int, int, int], at: int, size: int
) -> tuple[float, int, str] | None:
    """One element (field number, varint, dtype) of a typed list.

    None when the list holds another number of elements.
    """
    number, value, dtype = element
    if number == 5:
        return (_FLOAT(data, at)[0], at, "f") if size == 4 else None
    if number == 6:
        return (_DOUBLE(data, at)[0], at, "d") if size == 8 else None
    if number == 13:
        raw = struct.pack("<H", value & 0xFFFF)
        if dtype == _BFLOAT16:
            return struct.unpack("<f", b"\0\0" + raw)[0], -1, "f"
        return _HALF(raw)[0], -1, "f"
    return float(value if number in (16, 17) else _signed(value)), -1, "f"


def tag_text(tag: bytes) -> str:
    r"""A tag as text; bytes that are not UTF-8 are spelt `\xee`."""
    return tag.decode("utf-8", "backslashreplace")


def tag_names(tags: Iterable[bytes]) -> dict[bytes, str]:
    r"""The text of each tag, so that no two collide.

    A tag that is not UTF-8 gets a backslash more while another tag is spelt like it.
    """
    names = {tag: tag_text(tag) for tag in tags}
    if len(set(names.values())) == len(names):
        return names
    taken = {text for tag, text in names.items() if text.encode() == tag}
    for tag, text in names.items():
        if text.encode() == tag:
            continue
        while names[tag] in taken:
            names[tag] += "\\"
        taken.add(names[tag])
    return names
