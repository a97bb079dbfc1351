"""The LevelDB log by its documented form; real files are compared in `benchmarks/wild.py`."""

import json
import struct
import zlib

import pytest

from lrdiag.sources.wandb_offline import WandbOfflineSource


def field(number: int, data: bytes) -> bytes:
    return bytes([*varint(number << 3 | 2), *varint(len(data))]) + data


def varint(value: int) -> list[int]:
    out = []
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return [*out, value]


def item(key: str, value: object) -> bytes:
    return field(1, field(1, key.encode()) + field(16, json.dumps(value).encode()))


def history(**values: object) -> bytes:
    return field(2, b"".join(item(k, v) for k, v in values.items()))


def log_of(records: list[bytes]) -> bytes:
    out = bytearray(b":W&B" + struct.pack("<HB", 0xBEE1, 0))
    for whole in records:
        record, first = whole, True
        while True:
            room = 32_768 - len(out) % 32_768
            if room < 7:
                out += bytes(room)
                continue
            part, record = record[: room - 7], record[room - 7 :]
            kind = (1 if not record else 2) if first else (4 if not record else 3)
            crc = zlib.crc32(part, zlib.crc32(bytes([kind])))
            out += struct.pack("<IHB", crc, len(part), kind) + part
            first = False
            if not record:
                break
    return bytes(out)


def read(tmp_path, data: bytes):
    path = tmp_path / "run-x.wandb"
    path.write_bytes(data)
    source = WandbOfflineSource()
    assert source.sniff(path, data[:65_536])
    return source.read([path], "x")


RECORDS = [
    field(17, field(4, item("lr", 0.1))),
    *(
        history(_step=i, _timestamp=1.7e9 + i, loss=1 / (i + 1), note="x", img={"_type": "image"})
        for i in range(200)
    ),
]


def test_history_and_config(tmp_path):
    run = read(tmp_path, log_of(RECORDS))
    assert list(run.series) == ["loss"]
    assert run.series["loss"].step.tolist() == list(range(200))
    assert run.series["loss"].wall_time[1] == 1.7e9 + 1
    assert run.params == {"lr": 0.1}
    assert run.problems == ()


def test_records_that_cross_blocks(tmp_path):
    long = [history(_step=i, loss=float(i), text="y" * 20_000) for i in range(10)]
    assert read(tmp_path, log_of(long)).series["loss"].value.tolist() == list(range(10))


def test_damage_costs_a_block_and_is_reported_with_its_byte(tmp_path):
    long = [history(_step=i, loss=float(i), text="y" * 9_000) for i in range(20)]
    data = bytearray(log_of(long))
    data[40_000] ^= 1
    run = read(tmp_path, bytes(data))
    values = run.series["loss"].value.tolist()
    assert 14 <= len(values) < 20
    assert set(values) <= set(map(float, range(20)))
    problems = [p for p in run.problems if p.kind == "corrupt-record"]
    assert len(problems) == 1
    assert 32_768 <= problems[0].offset < 40_000


@pytest.mark.parametrize("cut", [8, 50, 1000, 5000])
def test_a_growing_file_is_incomplete(tmp_path, cut):
    run = read(tmp_path, log_of(RECORDS)[:-cut])
    assert {p.severity for p in run.problems} <= {"info"}
    assert len(run.series["loss"]) < 200


def test_an_empty_file(tmp_path):
    run = read(tmp_path, b"")
    assert [p.kind for p in run.problems] == ["empty-file"]
