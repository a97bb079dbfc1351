import struct

from lrdiag.sources.visualdl import VisualDLSource


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def record(tag: str, step: int, value: float) -> bytes:
    name = tag.encode()
    body = b"\x08" + varint(step) + b"\x12" + varint(len(name)) + name
    body += b"\x18" + varint(1_700_000_000_000 + step) + b"\x25" + struct.pack("<f", value)
    message = b"\x0a" + varint(len(body)) + body
    return struct.pack("<q", len(message)) + message


def meta() -> bytes:
    body = b"\x12\x0dmeta_data_tag\x18" + varint(1_700_000_000_000) + b"\x52\x00"
    message = b"\x0a" + varint(len(body)) + body
    return struct.pack("<q", len(message)) + message


def read(tmp_path, data):
    path = tmp_path / "vdlrecords.1.log"
    path.write_bytes(data)
    assert VisualDLSource().sniff(path, data)
    return VisualDLSource().read([path], "x")


def test_scalars(tmp_path):
    data = meta() + b"".join(record("loss", i * 20, 0.5) for i in range(10))
    run = read(tmp_path, data)
    assert run.series["loss"].step.tolist() == [i * 20 for i in range(10)]
    assert run.series["loss"].wall_time[1] == 1_700_000_000.020
    assert list(run.series) == ["loss"]
    assert run.problems == ()


def test_a_growing_file_is_incomplete_and_a_false_length_ends_it(tmp_path):
    data = meta() + b"".join(record("loss", i, 0.5) for i in range(10))
    run = read(tmp_path, data[:-3])
    assert len(run.series["loss"]) == 9
    assert [(p.kind, p.severity) for p in run.problems] == [("incomplete-record", "info")]
    run = read(tmp_path, data + struct.pack("<q", 1 << 60) + b"x" * 50)
    assert len(run.series["loss"]) == 10
    assert [(p.kind, p.offset) for p in run.problems] == [("damaged-record", len(data))]
