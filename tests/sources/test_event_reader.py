"""Event files read whole: any order, any layout, windows, sessions that go on."""

import os
import random
import struct

import event_codec as codec
import numpy as np
import pytest
from event_files import NAME, alarms, as_points, mixed_frames

from lrdiag.sources import event_window
from lrdiag.sources.event_file import read_event_file
from lrdiag.sources.event_reader import EventReader


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


def test_a_record_larger_than_the_window_may_become_is_stepped_over(read, monkeypatch):
    monkeypatch.setattr(event_window, "CHUNK", 4096)
    monkeypatch.setattr(event_window, "LARGEST", 8192)
    frames, said = codec.points_frames(60)
    big = codec.frame(codec.event(3, 1.0, [codec.histogram("h", 50_000)]))
    found = read(b"".join(frames[:31]) + big + b"".join(frames[31:]))
    assert as_points(found) == said
    assert [p.kind for p in found.problems] == ["large-record"]


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
