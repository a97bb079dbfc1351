"""How much work an event file costs: which frames are read together, in pieces of what size.

All ways give the same points (`test_event_reader`); here what is counted is what each of them does,
so that a log does not quietly fall back to reading its frames one by one.
"""

import itertools
import random
import threading
from collections import Counter

import event_codec as codec
import numpy as np
import pytest

from lrdiag.sources import event_rounds, periods, templates
from lrdiag.sources.event_batch import Batch
from lrdiag.sources.event_contents import EventContents
from lrdiag.sources.event_file import read_event_file
from lrdiag.sources.event_rounds import Rounds

VERSION = codec.frame(codec.event(wall=1e9, version="brain.Event:2"))
NAMES = (f"ways{k}" for k in itertools.count())


@pytest.fixture
def work(monkeypatch):
    """What reading does: calls by name, rows read as a matrix, stretches and windows in bytes."""
    done = Counter()
    done.rows, done.scanned, done.windows = [], [], []

    def counted(owner, name, note=lambda *args: None):
        real = getattr(owner, name)

        def count(*args, **more):
            done[name] += 1
            note(*args)
            return real(*args, **more)

        monkeypatch.setattr(owner, name, count)

    for module in (periods, templates):  # what earlier tests of this process have taught them
        monkeypatch.setattr(module, "_LOCAL", threading.local())
    counted(event_rounds, "hop")
    counted(event_rounds, "find_period")
    counted(event_rounds, "decode_rows", lambda found, row: done.rows.append(len(found.rows)))
    counted(event_rounds, "scan", lambda buffer, at, end: done.scanned.append(end - at))
    counted(EventContents, "take")
    counted(Batch, "read")
    counted(Rounds, "consume", lambda self, window: done.windows.append(len(window.buffer)))
    return done


@pytest.fixture
def read(tmp_path, work):
    def read_frames(frames):
        path = tmp_path / "events.out.tfevents.1700000000.host"
        path.write_bytes(VERSION + b"".join(frames))
        work.clear()
        for noted in (work.rows, work.scanned, work.windows):
            noted.clear()
        file = read_event_file(path)
        assert not [p for p in file.problems if p.severity != "info"]
        return sum(len(s) for s in file.series.values())

    return read_frames


def loop(tags, steps, first=1):
    """`tags` tags at each step; layouts that no other test has."""
    name = next(NAMES)
    return [
        codec.frame(codec.event(step, 1e9 + step, [codec.scalar(f"{name}/{k:03}", step / 7)]))
        for step in range(first, first + steps)
        for k in range(tags)
    ]


def in_any_order(count, length=20, seed=0):
    """Frames of tags of many lengths, about `length` characters, so that no stretch repeats."""
    rng, name = random.Random(seed), next(NAMES)
    tags = [f"{name}/{'x' * (length + k)}" for k in range(-10, 11)]
    return [
        codec.frame(codec.event(5, 1e9, [codec.scalar(rng.choice(tags), k / 7)]))
        for k in range(count)
    ]


def test_a_loop_is_read_as_rows(read, work):
    assert read(loop(3, 100)) == 300
    assert work.rows == [100]
    assert work["take"] == 1 and work["read"] == 0  # the version of the format


def test_a_file_like_an_earlier_one_is_known_by_its_first_frame(read, work):
    frames = loop(3, 100)
    read(frames)
    assert work["find_period"] == 1
    read(frames)
    assert work["find_period"] == 0 and work.rows == [100]


@pytest.mark.parametrize(("rows", "matrix"), [(7, False), (8, True)])
def test_eight_rows_are_a_matrix_and_fewer_repeat_by_chance(read, work, rows, matrix):
    assert read([*loop(2, rows), *in_any_order(200)]) == 2 * rows + 200
    assert (rows in work.rows) is matrix


@pytest.mark.parametrize(("rows", "matrix"), [(1, False), (2, True), (5, True)])
def test_at_the_end_of_what_is_held_two_rows_are_a_matrix(read, work, rows, matrix):
    assert read(loop(20, rows)) == 20 * rows
    assert (rows in work.rows) is matrix


@pytest.mark.parametrize(("tags", "rows"), [(8, 9), (24, 9), (64, 9), (65, 0)])
def test_a_row_that_repeats_within_128_frames_is_found(read, work, tags, rows):
    assert read(loop(tags, 9)) == 9 * tags
    assert max(work.rows, default=0) == rows
    assert bool(work["read"]) is not bool(rows)


@pytest.mark.parametrize(("frames", "together"), [(31, False), (32, True)])
def test_from_32_frames_in_any_order_are_read_together(read, work, frames, together):
    assert read(in_any_order(frames)) == frames
    assert bool(work["read"]) is together
    assert work["take"] == 1 + (0 if together else frames) or together


def test_a_few_frames_are_walked_no_more_often_than_needed(read, work):
    read(in_any_order(10))
    assert work["find_period"] == 1
    assert work["hop"] == 3  # the version, the first frame, and all ten


@pytest.mark.parametrize("before", [0, 2000])
@pytest.mark.parametrize(("length", "scanned"), [(345, True), (360, False)])
def test_frames_above_400_bytes_are_walked_and_smaller_ones_are_scanned(
    read, work, before, length, scanned
):
    frames = in_any_order(600, length)
    mean = np.mean([len(f) for f in frames])
    assert bool(mean < 400) is scanned and abs(mean - 400) < 10
    read([*loop(1, before), *frames])
    assert bool(work["scan"]) is scanned


def test_stretches_and_windows_grow_while_frames_come_in_any_order(read, work):
    some = b"".join(in_any_order(2000))
    read([some * (5_000_000 // len(some))])
    assert work.scanned[:3] == [1 << 16, 1 << 18, 1 << 20]
    assert work.windows[0] == 1 << 21 and max(work.windows) > 1 << 21
    assert max(work.windows) <= 1 << 23


def test_rows_need_no_larger_window_and_begin_with_short_stretches_again(read, work):
    some = b"".join(in_any_order(4000))
    read([some, *loop(50, 100), *in_any_order(1000)])
    assert work.scanned[0] == 1 << 16
    assert set(work.windows[1:]) <= {1 << 21, 1 << 22}
    lengths = [n for n in work.scanned if n == 1 << 16]
    assert len(lengths) == 2  # once at the start, once behind the rows


def test_most_frames_in_any_order_are_read_together(read, work):
    assert read(in_any_order(5000)) == 5000
    assert work["take"] < 100


def test_the_frames_before_a_loop_are_remembered_with_it(read, work):
    frames = loop(3, 100, first=0)  # the first step is 0, which is not written
    assert read(frames) == 300
    assert work["find_period"] == 1 and work.rows == [99] and work["take"] == 1 + 3
    assert read(frames) == 300
    assert work["find_period"] == 0 and work.rows == [99] and work["take"] == 1 + 3


def test_pictures_and_histograms_are_stepped_over_unopened(read, work):
    name = next(NAMES)
    large = [codec.frame(codec.event(k, 1e9, [codec.histogram(name, 200)])) for k in range(20)]
    assert read([*large, *loop(1, 5)]) == 5
    assert work["take"] <= 1 + 5


def test_a_later_frame_that_only_looks_like_that_of_an_earlier_file_is_read_alone(
    tmp_path, work, read
):
    frames = loop(2, 100, first=200)  # steps of two bytes
    read(frames)
    payload = bytearray(frames[1][12:-4])
    payload[11] |= 0x80  # its step goes on where the values begin
    path = tmp_path / "events.out.tfevents.1700000001.host"
    path.write_bytes(VERSION + frames[0] + codec.frame(bytes(payload)) + b"".join(frames[2:]))
    file = read_event_file(path)
    assert [p.kind for p in file.problems] == ["malformed-record"]
    assert file.problems[0].offset == len(VERSION + frames[0])
    assert sorted(len(s) for s in file.series.values()) == [99, 100]
