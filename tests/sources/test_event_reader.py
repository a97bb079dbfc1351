"""The event-file reader against a slow oracle: same points, damage named, nothing invented."""

import gzip
import os
import random
import struct

import event_codec as codec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrdiag.sources import event_window, text_lines
from lrdiag.sources.event_file import read_event_file
from lrdiag.sources.event_reader import EventReader

NAME = "events.out.tfevents.1700000000.host"


@pytest.fixture
def read(tmp_path):
    def read_bytes(data):
        path = tmp_path / NAME
        path.write_bytes(data)
        return read_event_file(path)

    return read_bytes


def as_points(file):
    return {
        tag: list(zip(s.step.tolist(), s.wall_time.tolist(), s.value.tolist(), strict=True))
        for tag, s in file.series.items()
    }


def alarms(file):
    return [p for p in file.problems if p.severity != "info"]


@pytest.mark.parametrize("style", ["simple", "content", "list", "double"])
@pytest.mark.parametrize("count", [1, 3, 200, 20_000])
def test_a_loop_is_read_whole(read, style, count):
    if count == 20_000 and style != "simple":
        count = 2_000
    frames, said = codec.points_frames(count, ("loss", "lr", "val/acc"), style)
    found = read(b"".join(frames))
    assert as_points(found) == said
    assert found.problems == ()


def test_windows_smaller_than_the_file(read, monkeypatch):
    monkeypatch.setattr(event_window, "CHUNK", 4096)
    frames, said = codec.points_frames(1500, tuple(f"tag/{k}" for k in range(7)))
    assert as_points(read(b"".join(frames))) == said


def mixed_frames(seed, count):
    """Random order, sizes, styles, repeated tags, several values an event, histograms."""
    rng = random.Random(seed)
    tags = [f"{'x' * rng.randrange(1, 30)}/{k}" for k in range(12)]
    frames = [codec.frame(codec.event(wall=1.0, version="brain.Event:2"))]
    for _ in range(count):
        step = rng.choice([0, 5, rng.randrange(1 << 22), rng.randrange(1 << 40), -3])
        kind = rng.random()
        if kind < 0.1:
            values = [codec.histogram("weights", rng.choice([100, 3000, 30_000]))]
        elif kind < 0.2:
            values = [codec.scalar(rng.choice(tags), rng.random()) for _ in range(4)]
        else:
            style = rng.choice(["simple", "simple", "content", "double"])
            values = [codec.scalar(rng.choice(tags), rng.random(), style)]
        frames.append(codec.frame(codec.event(step, rng.random() * 1e9, values)))
    return frames


@pytest.mark.parametrize("seed", range(6))
def test_any_order_equals_the_oracle(read, seed, monkeypatch):
    monkeypatch.setattr(event_window, "CHUNK", [1 << 21, 1 << 15][seed % 2])
    data = b"".join(mixed_frames(seed, 600))
    found = read(data)
    assert as_points(found) == codec.sound_points(data)
    assert alarms(found) == []


def test_many_values_of_the_same_layouts_in_random_order(read):
    rng = random.Random(1)
    tags = [f"layer_{k:03d}/loss" for k in range(40)]
    frames = []
    for step in range(400):
        for tag in rng.sample(tags, 20):
            frames.append(codec.frame(codec.event(step, float(step), [codec.scalar(tag, step)])))
    data = b"".join(frames)
    expected = {}
    for raw in frames:
        for tag, point in codec.read_event(raw[12:-4]):
            expected.setdefault(tag, []).append(point)
    assert as_points(read(data)) == expected


def test_more_tags_of_one_size_than_layouts_are_kept(read):
    frames = [
        codec.frame(codec.event(k, float(k), [codec.scalar(f"tag_{k:05d}", k)]))
        for k in range(3000)
    ]
    found = read(b"".join(frames))
    assert len(found.series) == 3000
    assert all(s.value.tolist() == [float(t[4:])] for t, s in found.series.items())


def test_nan_and_infinities_survive_and_are_named(read):
    values = [1.0, float("nan"), float("inf"), float("-inf"), 2.0]
    frames = [
        codec.frame(codec.event(k, 1.0 + k, [codec.scalar("loss", value)]))
        for k, value in enumerate(values)
    ]
    found = read(b"".join(frames))
    assert np.array_equal(found.series["loss"].value, values, equal_nan=True)
    (problem,) = [p for p in found.problems if p.kind == "non-finite"]
    assert "3 of 5" in problem.message and "step 1" in problem.message
    assert problem.severity == "info"


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


def test_a_record_larger_than_the_window_may_become_is_stepped_over(read, monkeypatch):
    monkeypatch.setattr(event_window, "CHUNK", 4096)
    monkeypatch.setattr(event_window, "LARGEST", 8192)
    frames, said = codec.points_frames(60)
    big = codec.frame(codec.event(3, 1.0, [codec.histogram("h", 50_000)]))
    found = read(b"".join(frames[:31]) + big + b"".join(frames[31:]))
    assert as_points(found) == said
    assert [p.kind for p in found.problems] == ["large-record"]


def test_a_damaged_record_larger_than_the_window(read, monkeypatch):
    monkeypatch.setattr(event_window, "CHUNK", 4096)
    monkeypatch.setattr(event_window, "LARGEST", 8192)
    frames, said = codec.points_frames(60)
    big = bytearray(codec.frame(codec.event(3, 1.0, [codec.histogram("h", 50_000)])))
    big[25_000] ^= 1
    found = read(b"".join(frames[:31]) + bytes(big) + b"".join(frames[31:]))
    assert as_points(found) == said
    assert [p.kind for p in alarms(found)] == ["corrupt-record"]


def test_tags_that_are_not_utf8_stay_apart_and_are_named(read):
    frames = [codec.frame(codec.event(1, 1.0, [codec.scalar(t, 1)])) for t in (b"a\xee", b"a\xef")]
    found = read(b"".join(frames))
    assert list(found.series) == ["a\\xee", "a\\xef"]
    assert {p.kind for p in found.problems} == {"tag-encoding"}


def test_steps_out_of_order_are_all_kept_and_named(read):
    steps = [3, 1, 2, 0, 7, 5, 4, 6] * 3
    frames = [
        codec.frame(codec.event(step, 10.0 + k, [codec.scalar("loss", k)]))
        for k, step in enumerate(steps)
    ]
    found = read(b"".join(frames))
    assert found.series["loss"].step.tolist() == steps
    assert [p.kind for p in found.problems] == ["out-of-order"]


def test_clock_and_negative_steps_are_named(read):
    frames = [
        codec.frame(codec.event(s, 5000.0 - 3600 * (s > 0), [codec.scalar("loss", 1)]))
        for s in range(-5, 5)
    ]
    assert {p.kind for p in read(b"".join(frames)).problems} == {"wall-clock", "negative-step"}


def test_reading_goes_on_where_it_stopped(tmp_path):
    frames, said = codec.points_frames(300, ("loss", "lr"))
    data = b"".join(frames)
    path = tmp_path / NAME
    path.write_bytes(b"")
    reader, rng, at = EventReader(path), random.Random(2), 0
    while at < len(data):
        step = rng.randrange(1, 700)
        with path.open("ab") as file:
            file.write(data[at : at + step])
        at += step
        reader.read_new()
        assert reader.offset <= at
    reader.finish()
    assert reader.damage.log.problems() == ()
    for tag, points in said.items():
        step, _, value = reader.contents.columns.by_tag[tag.encode()].arrays()
        assert step.tolist() == [p[0] for p in points]
        assert value.tolist() == [p[2] for p in points]


def test_a_fifo_does_not_block(tmp_path):
    path = tmp_path / NAME
    os.mkfifo(path)
    with pytest.raises(OSError, match="not a regular file"):
        read_event_file(path)


def test_a_compressed_file_is_read_as_the_plain_one(tmp_path):
    frames, said = codec.points_frames(400)
    path = tmp_path / f"{NAME}.gz"
    path.write_bytes(gzip.compress(b"".join(frames)))
    found = read_event_file(path)
    assert as_points(found) == said
    assert found.path == path
    assert not found.problems


def test_damage_in_a_compressed_file_names_it_and_says_what_offsets_count(tmp_path):
    frames, said = codec.points_frames(400)
    data = bytearray(b"".join(frames))
    start = sum(map(len, frames[:100]))
    data[start + 20] ^= 1
    path = tmp_path / f"{NAME}.gz"
    path.write_bytes(gzip.compress(data))
    found = read_event_file(path)
    assert found.points == sum(map(len, said.values())) - 1
    damage, remark = found.problems
    assert (damage.file, damage.offset, damage.lost) == (str(path), start, 1)
    assert "unfolds" in remark.message


def test_a_cut_compressed_file_gives_what_is_whole(tmp_path):
    frames, said = codec.points_frames(4000)
    path = tmp_path / f"{NAME}.gz"
    path.write_bytes(gzip.compress(b"".join(frames))[:-20_000])
    found = read_event_file(path)
    assert found.points > 1000
    for tag, points in as_points(found).items():
        assert points == said[tag][: len(points)]
    assert "damaged-gzip" in [p.kind for p in found.problems]


def test_a_compressed_bomb_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(text_lines, "_FREE_GZIP_BYTES", 1 << 20)
    monkeypatch.setattr(text_lines, "MAX_GZIP_RATIO", 2)
    frames, _ = codec.points_frames(10)
    path = tmp_path / f"{NAME}.gz"
    path.write_bytes(gzip.compress(b"".join(frames) + bytes(50 << 20)))
    found = read_event_file(path)
    assert found.points == 20
    assert "gzip-too-large" in [p.kind for p in found.problems]


def mutated(data, rng):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(data))
        kind = rng.randrange(6)
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[at : at + rng.randrange(1, 200)]
        elif kind == 2:
            data[at:at] = rng.randbytes(rng.randrange(1, 200))
        elif kind == 3:
            data[at : at + rng.randrange(1, 300)] = bytes(rng.randrange(1, 300))
        elif kind == 4:
            data[at:at] = codec.header(rng.choice([0, 5, 200, 1 << 20, 1 << 40, 1 << 63]))
        else:
            del data[at:]
        if not data:
            data = bytearray(b"\0")
    return bytes(data)


def check_mutants(directory, seed, count):
    """No traceback, no invented point; returns how many points of the good files were read."""
    rng = random.Random(seed)
    good = [codec.points_frames(40, ("loss", "lr"), s)[0] for s in ("simple", "content", "list")]
    good.append(mixed_frames(seed, 60))
    real = []
    for frames in good:
        points = codec.sound_points(b"".join(frames))
        real.append({(tag, *map(repr, point)) for tag, all_ in points.items() for point in all_})
    path, kept = directory / NAME, 0
    for k in range(count):
        which = k % len(good)
        path.write_bytes(mutated(b"".join(good[which]), rng))
        for tag, points in as_points(read_event_file(path)).items():
            for point in points:
                assert (tag, *map(repr, point)) in real[which], (seed, k)
            kept += len(points)
    return kept


@pytest.mark.parametrize("part", range(5))
def test_mutants_invent_nothing(tmp_path, part):
    """Seeded; `LRDIAG_MUTANTS=1000000 pytest -k mutants` is a longer one."""
    count = int(os.environ.get("LRDIAG_MUTANTS", "10000")) // 5
    assert check_mutants(tmp_path, seed=20_261_124 + part, count=count) > 10 * count


@FUZZ
@given(data=st.binary(max_size=300))
def test_any_bytes_are_survived(tmp_path, data):
    path = tmp_path / NAME
    path.write_bytes(data)
    assert as_points(read_event_file(path)) == codec.sound_points(data)


@FUZZ
@given(payload=st.binary(max_size=120))
def test_any_payload_is_survived(tmp_path, payload):
    frames, said = codec.points_frames(3)
    path = tmp_path / NAME
    path.write_bytes(b"".join(frames) + codec.frame(payload))
    found = as_points(read_event_file(path))
    for tag, points in said.items():
        assert found[tag][: len(points)] == points


def test_real_writers(tmp_path):
    tensorboardx = pytest.importorskip("tensorboardX")
    writer = tensorboardx.SummaryWriter(str(tmp_path))
    for step in range(200):
        writer.add_scalar("loss", 1 / (step + 1), step)
    writer.add_histogram("weights", np.arange(100.0), 3)
    writer.close()
    (path,) = tmp_path.iterdir()
    found = read_event_file(path)
    assert found.series["loss"].step.tolist() == list(range(200))
    expected = [struct.unpack("<f", struct.pack("<f", 1 / (s + 1)))[0] for s in range(200)]
    assert found.series["loss"].value.tolist() == expected
    assert found.problems == ()
