"""Records are counted once and lost ones estimated; files that end early, shrink or grow."""

import random

import event_codec as codec
import numpy as np
import pytest
from event_files import VERSION, flipped, record, shuffled, steps

from lrdiag.sources import event_reader, event_window, framing
from lrdiag.sources.damage import DamageLog
from lrdiag.sources.event_contents import EventContents
from lrdiag.sources.event_rejects import Rejects
from lrdiag.sources.framing import FRAME, HEADER, Search

# Every record is counted once: the mean size of a record tells how many a stretch has lost.


@pytest.mark.parametrize(("large", "others"), [(0, 0), (40, 0), (0, 40), (30, 30)])
def test_every_record_of_a_mixed_file_is_counted_once(reader, large, others):
    frames = shuffled(500, large, others)
    read = reader(*frames)
    read.read_new()
    assert read.contents.records == len(frames)
    assert read.contents.others == others


@pytest.mark.parametrize("count", [1, 5, 40, 300, 3000])
def test_every_record_of_a_loop_is_counted_once(reader, count):
    frames, _ = codec.points_frames(count)
    read = reader(*frames)
    read.read_new()
    assert read.contents.records == len(frames)


# The end of a file


def test_the_end_of_a_file_loses_as_many_records_as_would_fit(reader):
    some = [VERSION, *(record(s) for s in range(1, 60))]
    size = len(b"".join(some))
    mean = size // len(some)
    read = reader(*some, b"\x07" * (5 * mean))
    read.read_new()
    read.finish()
    (problem,) = read.damage.log.problems()
    assert (problem.kind, problem.offset, problem.lost) == ("corrupt-tail", size, 5)


@pytest.mark.parametrize(("noise", "zeros", "said"), [
    (70_000, 16, True), (70_000, 15, False), (100, 40, True), (0, 20, True), (20, 0, False),
])  # fmt: skip
def test_zero_bytes_are_looked_for_at_the_very_end(reader, noise, zeros, said):
    middle = bytearray(b"\x07" * noise)
    middle[60_000:66_000] = bytes(len(middle[60_000:66_000]))
    read = reader(VERSION, record(1), bytes(middle), bytes(zeros))
    read.read_new()
    read.finish()
    (problem,) = read.damage.log.problems()
    assert ("power loss" in problem.message) is said


def test_a_file_read_to_its_end_has_nothing_wrong_at_its_end(reader):
    read = reader(VERSION, record(1))
    read.read_new()
    read.finish()
    assert read.damage.log.problems() == ()
    assert not read.is_searching


def test_damage_is_searched_past_until_something_sound_comes(reader):
    read = reader(VERSION, record(1), b"\x07" * 100)
    read.read_new()
    assert read.is_searching
    with read.path.open("ab") as file:
        file.write(record(2) + record(3))
    read.read_new()
    assert not read.is_searching
    assert steps(read) == [1, 2, 3]
    assert [p.offset for p in read.damage.log.problems()] == [len(VERSION) + len(record(1))]


# Reading in parts, and a file that shrinks


def test_a_limit_bounds_what_is_read_at_once(reader):
    some = [VERSION, *(record(s) for s in range(1, 200))]
    total = len(b"".join(some))
    read = reader(*some)
    read.read_new(1000)
    assert 1000 - len(record(199)) < read.offset <= 1000
    first = len(steps(read))
    read.read_new(1000)
    assert 2000 - 2 * len(record(199)) < read.offset <= 2000
    assert len(steps(read)) > first
    read.read_new()
    assert (read.offset, read.size) == (total, total)
    assert steps(read) == list(range(1, 200))


def test_a_file_that_shrank_is_said_with_both_sizes_and_not_read_again(reader):
    read = reader(VERSION, record(1), record(2))
    read.read_new()
    was = read.offset
    read.path.write_bytes(VERSION)
    read.read_new()
    (problem,) = read.damage.log.problems()
    assert (problem.kind, problem.offset) == ("file-shrank", len(VERSION))
    assert f"from {was} to {len(VERSION)} bytes" in problem.message
    assert steps(read) == [1, 2]


def test_a_file_as_long_as_it_was_did_not_shrink(reader):
    read = reader(VERSION, record(1))
    read.read_new()
    read.read_new()
    assert read.damage.log.problems() == ()
    assert steps(read) == [1]


# Records larger than the window may become


@pytest.fixture
def small_windows(monkeypatch):
    monkeypatch.setattr(event_window, "CHUNK", 4096)
    monkeypatch.setattr(event_window, "LARGEST", 8192)


# Walking frames


def buffer_of(*parts):
    return np.frombuffer(b"".join(parts), np.uint8).copy()


A = codec.frame(b"a" * 40)


# What a stretch of damage says


def test_a_stretch_before_any_record_is_one_record(reader):
    read = reader(b"\x07" * 5000, record(1))
    read.read_new()
    (problem,) = read.damage.log.problems()
    assert (problem.offset, problem.lost) == (0, 1)


def test_only_the_texts_and_parameters_at_the_beginning_are_kept():
    contents = EventContents()
    plugin = codec.field(9, codec.field(1, codec.field(1, b"text")))
    tensor = codec.field(8, b"\x08\x07" + codec.field(8, b"words"))
    for k in range(80):
        value = codec.field(1, b"t%02d" % k) + tensor + plugin
        assert contents.take(codec.frame(codec.event(1, 5.0 + k, [value])), None) == ""
    assert (len(contents.texts), contents.records) == (64, 80)
    assert contents.texts[0] == (b"t00", b"words")
    assert contents.begun == 5.0


def test_a_log_of_damage_adds_up_what_is_lost():
    log = DamageLog("f")
    log.record(0, 40)
    log.malformed(40, "x")
    log.stretch(80, 200, 3, repaired=False)
    log.tail(1000, 1400, b"\x07" * 400, 10, 40)
    assert log.lost == 1 + 1 + 3 + 10


def test_the_place_of_damage_and_its_size_are_not_mixed_up():
    small, large = codec.frame(b"s" * 9), codec.frame(b"l" * 300)
    data = buffer_of(small, small, flipped(large, 30), A)
    places = [(0, 25), (25, 25), (50, len(large))]
    questions = Rejects(data, len(data), len(data))
    assert questions.damaged(places) == {50}
    assert questions.first_special(places, {50}) is None


@pytest.mark.parametrize("mixed", [False, True])
def test_a_damaged_record_is_told_from_its_first_to_its_last_byte(reader, mixed):
    some = shuffled(400) if mixed else [VERSION, *(record(s) for s in range(1, 400))]
    start = len(b"".join(some[:200]))
    end = start + len(some[200])
    some[200] = flipped(some[200], -6)
    read = reader(*some)
    read.read_new()
    (problem,) = read.damage.log.problems()
    assert problem.offset == start and f"bytes {start} to {end} " in problem.message


def test_nothing_is_found_in_no_bytes():
    nothing = buffer_of(b"")
    assert len(framing.scan(nothing, 0, 0).starts) == 0
    assert len(framing.hop(nothing, 0, 0, {}, 9).starts) == 0
    assert framing.next_sound(nothing, 0, 0, 0) == Search(0, False)


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("beyond", [1, 100, 5000])
def test_a_claim_beyond_the_file_in_a_later_window_hides_nothing(reader, beyond):
    some = [VERSION, *(record(s) for s in range(1, 300))]
    rest = len(b"".join(some[250:]))
    some[250] = codec.header(rest - FRAME + beyond) + some[250][HEADER:]
    read = reader(*some)
    read.read_new()
    assert set(range(1, 300)) - set(steps(read)) <= {250}
    assert [p.offset for p in read.damage.log.problems()] == [len(b"".join(some[:250]))]


def test_a_chain_inside_that_ends_with_the_damaged_frame_and_the_file_is_believed():
    end = HEADER + 3 + 2 * len(A)
    data = buffer_of(codec.header(end - FRAME) + b"pad" + A + A)
    assert framing.goes_on_at(data, 0, end, len(data), len(data)) == Search(15, True)


def test_bytes_of_an_earlier_window_are_never_read_again(reader, monkeypatch):
    rng = random.Random(2)
    tags = [f"t{rng.randrange(30):02d}" for _ in range(270)]
    frames = [record(1000 + k, tag, k) for k, tag in enumerate(tags)]
    (size,) = {len(f) for f in frames}
    for name in ("CHUNK", "MIXED"):
        monkeypatch.setattr(event_window, name, 100 * size)
    monkeypatch.setattr(event_reader, "MIXED", 100 * size)
    read = reader(*frames)
    read.read_new()
    assert read.contents.records == 270
    for tag in set(tags):
        assert steps(read, tag.encode()) == [1000 + k for k, t in enumerate(tags) if t == tag]


@pytest.mark.parametrize("count", [3, 400])
def test_damage_that_reaches_beyond_one_record_is_told_as_a_stretch(reader, count):
    some = [VERSION, *(record(s) for s in range(1, count))]
    start = len(b"".join(some))
    bad = flipped(record(count), -6)
    read = reader(*some, bad, b"\x07" * 50, record(count + 1))
    read.read_new()
    (problem,) = read.damage.log.problems()
    end = start + len(bad) + 50
    assert problem.offset == start and f"bytes {start} to {end} ({end - start})" in problem.message
    assert steps(read) == [*range(1, count), count + 1]
