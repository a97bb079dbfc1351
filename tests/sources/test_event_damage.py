"""Damaged event files: what is intact survives, what is lost is named with its place."""

import random

import event_codec as codec
import pytest
from event_files import alarms, as_points, mixed_frames
from hypothesis import HealthCheck, settings

from lrdiag.sources import event_window


def test_a_flipped_bit_costs_one_record_and_is_located(read):
    frames, said = codec.points_frames(300)
    data = bytearray(b"".join(frames))
    start = sum(map(len, frames[:101]))
    data[start + 30] ^= 4
    found = read(bytes(data))
    lost = codec.read_event(frames[101][12:-4])[0]
    said[lost[0]].remove(lost[1])
    assert as_points(found) == said
    (problem,) = alarms(found)
    assert (problem.kind, problem.offset, problem.lost) == ("corrupt-record", start, 1)


def test_equal_errors_in_several_rows_do_not_cancel(read):
    """The XOR of all rows hides them; each row is checked."""
    frames, said = codec.points_frames(2000)
    for rows in ([401, 601], [401, 403, 405, 407], list(range(1, 2001, 2))):
        data = [bytearray(f) for f in frames]
        for k in rows:
            data[k][-6] ^= 1
        found = read(b"".join(bytes(f) for f in data))
        bad = [codec.read_event(frames[k][12:-4])[0] for k in rows]
        gone = {(tag, point) for tag, point in bad}
        kept = {tag: [p for p in points if (tag, p) not in gone] for tag, points in said.items()}
        assert as_points(found) == {tag: points for tag, points in kept.items() if points}
        assert sum(p.lost or 0 for p in alarms(found)) == len(rows)


def damaged(kind, frames, rng):
    """A file with damage, and the indices of the frames that it costs."""
    k = len(frames) // 2
    raw = [bytearray(f) for f in frames]
    if kind == "length":
        raw[k][0] ^= 1
    elif kind == "length checksum":
        raw[k][9] ^= 8
    elif kind == "payload checksum":
        raw[k][-1] ^= 8
    elif kind == "garbage":
        raw.insert(k, bytearray(rng.randbytes(3000)))
        return b"".join(map(bytes, raw)), set()
    elif kind == "zeros":
        raw[k][:] = bytes(len(raw[k]))
    elif kind == "lying header":
        raw.insert(k, bytearray(codec.header(1 << 60)))
        return b"".join(map(bytes, raw)), set()
    elif kind == "swallowing header":
        inside = sum(map(len, raw[k : k + 3])) - 4
        raw.insert(k, bytearray(codec.header(inside)))
        return b"".join(map(bytes, raw)), set()
    elif kind == "cut out":
        del raw[k][10:40]
    return b"".join(map(bytes, raw)), {k}


FUZZ = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

KINDS = [
    "length", "length checksum", "payload checksum", "garbage", "zeros", "lying header",
    "swallowing header", "cut out",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mixed", [False, True])
def test_everything_intact_survives_damage_in_the_middle(read, kind, mixed):
    frames = mixed_frames(3, 200) if mixed else codec.points_frames(150)[0]
    data, lost = damaged(kind, frames, random.Random(5))
    whole = codec.sound_points(b"".join(f for i, f in enumerate(frames) if i not in lost))
    found = as_points(read(data))
    for tag, points in whole.items():
        assert set(points) <= set(found[tag])
    everything = codec.sound_points(b"".join(frames))
    for tag, points in found.items():
        assert set(points) <= set(everything[tag])
    problems = [p for p in alarms(read(data)) if p.kind == "corrupt-record"]
    start = sum(map(len, frames[: len(frames) // 2]))
    assert [p.offset for p in problems] == [start]


def test_a_record_whose_header_alone_is_damaged_is_recovered(read):
    frames, said = codec.points_frames(50)
    data, _ = damaged("length", frames, None)
    found = read(data)
    assert as_points(found) == said
    assert "recovered" in alarms(found)[0].message


@pytest.mark.parametrize("cut", [3, 10, 20, 35])
def test_an_unfinished_tail_is_incomplete_not_corrupt(read, cut):
    frames, _ = codec.points_frames(20)
    data = b"".join(frames[:-1]) + frames[-1][:cut]
    found = read(data)
    (problem,) = found.problems
    assert (problem.kind, problem.severity, problem.lost) == ("incomplete-record", "info", 1)
    assert problem.offset == len(data) - cut
    assert "corrupt" not in problem.message


def test_zeros_at_the_end_are_corrupt(read):
    frames, said = codec.points_frames(20)
    found = read(b"".join(frames) + bytes(6000))
    assert as_points(found) == said
    assert alarms(found)[0].kind == "corrupt-tail" and "zero bytes" in alarms(found)[0].message


def test_a_file_that_is_no_event_file_says_so(read):
    (problem,) = read(b"this is not an event file\n" * 50).problems
    assert (problem.kind, problem.severity) == ("not-an-event-file", "error")


def test_an_empty_file_says_so(read):
    (problem,) = read(b"").problems
    assert problem.kind == "empty-file"


def test_a_valid_frame_that_is_no_message(read):
    frames, said = codec.points_frames(60)
    bad = codec.frame(b"\x0b\x0b\xff\xff\xff" + bytes(20))
    found = read(b"".join(frames[:31]) + bad + b"".join(frames[31:]))
    assert as_points(found) == said
    assert alarms(found)[0].kind == "malformed-record"
    assert alarms(found)[0].offset == sum(map(len, frames[:31]))


def test_forged_headers_cost_linear_time_and_no_memory(read):
    frames, said = codec.points_frames(30)
    forged = b"".join(codec.header(500_000 + k % 7) for k in range(20_000))
    found = read(b"".join(frames[:21]) + forged + b"".join(frames[21:]))
    assert as_points(found) == said


def test_a_damaged_record_larger_than_the_window(read, monkeypatch):
    monkeypatch.setattr(event_window, "CHUNK", 4096)
    monkeypatch.setattr(event_window, "LARGEST", 8192)
    frames, said = codec.points_frames(60)
    big = bytearray(codec.frame(codec.event(3, 1.0, [codec.histogram("h", 50_000)])))
    big[25_000] ^= 1
    found = read(b"".join(frames[:31]) + bytes(big) + b"".join(frames[31:]))
    assert as_points(found) == said
    assert [p.kind for p in alarms(found)] == ["corrupt-record"]
