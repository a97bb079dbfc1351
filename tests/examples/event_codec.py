"""A slow, plain codec of event files that shares no code with the reader it checks."""

import struct

_POLYNOMIAL = 0x82F63B78


def _table():
    table = []
    for byte in range(256):
        entry = byte
        for _ in range(8):
            entry = (entry >> 1) ^ (_POLYNOMIAL if entry & 1 else 0)
        table.append(entry)
    return table


_TABLE = _table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def header(length):
    raw = struct.pack("<Q", length)
    return raw + struct.pack("<I", masked(raw))


def frame(payload):
    return header(len(payload)) + payload + struct.pack("<I", masked(payload))


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def scalar(tag, value, style="simple"):
    tag = tag if isinstance(tag, bytes) else tag.encode()
    raw = struct.pack("<f", value)
    if style == "simple":
        return field(1, tag) + b"\x15" + raw
    plugin = field(9, field(1, field(1, b"scalars")))
    if style == "content":
        tensor = b"\x08\x01" + field(2, b"") + field(4, raw)
    elif style == "list":
        tensor = b"\x08\x01" + field(2, b"") + field(5, raw)
    else:
        tensor = b"\x08\x02" + field(4, struct.pack("<d", value))
    return field(1, tag) + field(8, tensor) + plugin


def histogram(tag, size):
    return field(1, tag.encode()) + field(5, b"\x09" + b"\0" * 8 + field(6, b"\x01" * size))


def event(step=0, wall=0.0, values=(), version=None, session=None):
    out = b"\x09" + struct.pack("<d", wall)
    out += b"\x10" + varint(step) if step else b""
    out += field(3, version.encode()) if version else b""
    out += field(7, b"\x08" + varint(session)) if session is not None else b""
    return out + (field(5, b"".join(field(1, v) for v in values)) if values else b"")


def points_frames(count, tags=("loss", "lr"), style="simple", first=0, wall=1.7e9):
    """Frames as a loop logs them, and what they say: {tag: [(step, wall, value)]}."""
    frames = [frame(event(wall=wall, version="brain.Event:2"))]
    said = {tag: [] for tag in tags}
    for step in range(first, first + count):
        for k, tag in enumerate(tags):
            value = struct.unpack("<f", struct.pack("<f", 1 / (step + 1) + k))[0]
            when = wall + step + k / 64
            frames.append(frame(event(step, when, [scalar(tag, value, style)])))
            said[tag].append((step, when, value))
    return frames, said


def sound_points(data):
    """Slow oracle: every point of every sound frame, found byte by byte (small inputs only).

    After a sound frame the next one follows; otherwise the next byte is tried.
    """
    points, at = {}, 0
    while at + 16 <= len(data):
        length = struct.unpack_from("<Q", data, at)[0]
        end = at + 16 + length
        payload = data[at + 12 : end - 4]
        head_ok = data[at + 8 : at + 12] == struct.pack("<I", masked(data[at : at + 8]))
        sound = head_ok and end <= len(data)
        if sound and data[end - 4 : end] == struct.pack("<I", masked(payload)):
            for tag, point in read_event(payload):
                points.setdefault(tag, []).append(point)
            at = end
        else:
            at += 1
    return points


def _fields(data):
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        if key & 7 == 0:
            value, at = _read_varint(data, at)
        elif key & 7 == 1:
            value, at = data[at : at + 8], at + 8
        elif key & 7 == 5:
            value, at = data[at : at + 4], at + 4
        else:
            size, at = _read_varint(data, at)
            value, at = data[at : at + size], at + size
        yield key >> 3, value


def _read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def read_event(payload):
    """(tag, (step, wall, value)) of each scalar of one event."""
    step, wall, found = 0, 0.0, []
    for number, value in _fields(payload):
        if number == 1:
            wall = struct.unpack("<d", value)[0]
        elif number == 2:
            step = value - (1 << 64) if value >> 63 else value
        elif number == 5:
            found += [_read_value(v) for k, v in _fields(value) if k == 1]
    return [(tag, (step, wall, x)) for tag, x in found if x is not None]


def _read_value(data):
    tag = x = None
    for number, value in _fields(data):
        if number == 1:
            tag = value.decode("utf-8", "backslashreplace")
        elif number == 2:
            x = struct.unpack("<f", value)[0]
        elif number == 8:
            for kind, raw in _fields(value):
                if kind in (4, 5):
                    x = struct.unpack("<f" if len(raw) == 4 else "<d", raw)[0]
    return tag, x
