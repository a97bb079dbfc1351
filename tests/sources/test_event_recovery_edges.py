"""Damage, giants and ends of event files at their limits: what is read, counted and said."""

import random

import event_codec as codec
import numpy as np
import pytest

from lrdiag.sources import event_reader, event_window, framing
from lrdiag.sources.damage import DamageLog
from lrdiag.sources.event_contents import EventContents
from lrdiag.sources.event_file import finished
from lrdiag.sources.event_reader import EventReader
from lrdiag.sources.event_rejects import Rejects
from lrdiag.sources.framing import FRAME, HEADER, Search

VERSION = codec.frame(codec.event(wall=1e9, version="brain.Event:2"))


def record(step, tag="loss", value=None):
    value = step if value is None else value
    return codec.frame(codec.event(step, 1e9 + step, [codec.scalar(tag, value)]))


def text(data, tag="t"):
    """A record of a text of this size, larger than any scalar's."""
    return codec.frame(codec.event(1, 1e9, [codec.field(1, tag.encode()) + codec.field(8, data)]))


@pytest.fixture
def reader(tmp_path):
    def of(*frames):
        path = tmp_path / "events.out.tfevents.1.h"
        path.write_bytes(b"".join(frames))
        return EventReader(path)

    return of


def steps(reader, tag=b"loss"):
    return reader.contents.columns.by_tag[tag].arrays()[0].tolist()


def flipped(frame, at):
    at %= len(frame)
    return frame[:at] + bytes([frame[at] ^ 0xFF]) + frame[at + 1 :]


# Every record is counted once: the mean size of a record tells how many a stretch has lost.


def shuffled(count, large=0, others=0):
    rng = random.Random(3)
    frames = [
        record(rng.randrange(1 << 30), f"{'x' * rng.randrange(1, 9)}/v") for _ in range(count)
    ]
    frames += [record(5, "y" * 2000) for _ in range(large)]
    frames += [codec.frame(codec.event(1, 1e9, [codec.histogram("h", 4000)]))] * others
    rng.shuffle(frames)
    return [VERSION, *frames]


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


def big(size):
    return text(b"\x42" + bytes([size % 256]) + b"z" * size)


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("more", [0, 1, 5])
def test_a_giant_is_told_with_its_place_and_length(reader, more):
    giant = codec.frame(codec.event(3, 1.0, [codec.histogram("h", 50_000)]))
    some = [VERSION, *(record(s) for s in range(1, 20))]
    after = [record(s) for s in range(20, 20 + more)]
    read = reader(*some, giant, *after)
    read.read_new()
    (problem,) = finished(read).problems
    assert (problem.kind, problem.severity, problem.offset) == (
        "large-record", "info", len(b"".join(some)),
    )  # fmt: skip
    assert f"one record of {len(giant) - FRAME} bytes" in problem.message
    assert steps(read) == list(range(1, 20 + more))


@pytest.mark.usefixtures("small_windows")
def test_a_giant_behind_damage_ends_the_stretch_that_is_lost(reader):
    giant = codec.frame(codec.event(3, 1.0, [codec.histogram("h", 50_000)]))
    some = [VERSION, *(record(s) for s in range(1, 20))]
    read = reader(*some, b"\x07" * 90, giant, record(20))
    read.read_new()
    start = len(b"".join(some))
    found = [(p.kind, p.offset) for p in finished(read).problems]
    assert sorted(found) == [("corrupt-record", start), ("large-record", start + 90)]
    stretch = next(p for p in read.damage.log.problems() if p.kind == "corrupt-record")
    assert f"bytes {start} to {start + 90} (90)" in stretch.message
    assert steps(read) == list(range(1, 21))


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("cut", [1, 4, 5, 20_000])
def test_a_giant_that_is_not_whole_is_still_being_written(reader, cut):
    giant = codec.frame(codec.event(3, 1.0, [codec.histogram("h", 50_000)]))
    some = [VERSION, *(record(s) for s in range(1, 20))]
    read = reader(*some, giant[:-cut])
    read.read_new()
    assert steps(read) == list(range(1, 20))
    assert [p.kind for p in finished(read).problems] == ["incomplete-record"]


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("at", [HEADER, 25_000, -5, -4, -1])
def test_a_giant_whose_payload_or_checksum_is_damaged_is_lost_as_one_stretch(reader, at):
    giant = codec.frame(codec.event(3, 1.0, [codec.histogram("h", 50_000)]))
    some = [VERSION, *(record(s) for s in range(1, 20))]
    read = reader(*some, flipped(giant, at), record(20))
    read.read_new()
    (problem,) = finished(read).problems
    assert (problem.kind, problem.offset) == ("corrupt-record", len(b"".join(some)))
    assert steps(read) == list(range(1, 21))


@pytest.mark.usefixtures("small_windows")
def test_a_giant_at_the_end_that_holds_an_event_file_is_one_record(reader):
    inner = b"".join(record(s, "inner") for s in range(60))
    giant = text(inner + b"q" * 6000)
    assert len(giant) > event_window.CHUNK
    read = reader(VERSION, record(1), giant)
    read.read_new()
    assert list(read.contents.columns.by_tag) == [b"loss"]
    assert [p.kind for p in finished(read).problems] == ["large-record"]


@pytest.mark.usefixtures("small_windows")
def test_giants_are_believed_again_and_again_while_they_are_sound(reader):
    giant = codec.frame(codec.event(3, 1.0, [codec.histogram("h", 20_000)]))
    few = event_reader._GIANTS - 1
    read = reader(VERSION, *[giant, record(1)] * few)
    read.read_new()
    assert steps(read) == [1] * few
    assert len([p for p in finished(read).problems if p.kind == "large-record"]) == few


# What is repaired


def test_a_damaged_header_before_a_payload_that_is_no_event_is_not_called_repaired(reader):
    bad = codec.frame(b"\x0b\x0b\xff\xff\xff" + bytes(20))
    some = [VERSION, *(record(s) for s in range(1, 20))]
    read = reader(*some, flipped(bad, 3), record(20))
    read.read_new()
    (problem,) = read.damage.log.problems()
    assert "recovered" not in problem.message and problem.lost == 1
    assert steps(read) == list(range(1, 21))


@pytest.mark.parametrize("junk", [1, 11, 12, 15])
def test_less_than_a_frame_of_junk_is_one_lost_record(reader, junk):
    some = [VERSION, *(record(s) for s in range(1, 20))]
    read = reader(*some, b"\x07" * junk, record(20))
    read.read_new()
    (problem,) = read.damage.log.problems()
    assert (problem.offset, problem.lost) == (len(b"".join(some)), 1)
    assert steps(read) == list(range(1, 21))


def test_an_empty_record_whose_header_is_damaged_is_recovered(reader):
    some = [VERSION, *(record(s) for s in range(1, 20))]
    read = reader(*some, flipped(codec.frame(b""), 2), record(20))
    read.read_new()
    (problem,) = read.damage.log.problems()
    assert "recovered" in problem.message and problem.lost == 0


# Walking frames


def buffer_of(*parts):
    return np.frombuffer(b"".join(parts), np.uint8).copy()


A = codec.frame(b"a" * 40)


@pytest.mark.parametrize(("held", "length"), [(12, 40), (11, None), (0, None)])
def test_a_header_is_read_once_its_twelve_bytes_are_there(held, length):
    assert framing.header_length(buffer_of(A), 0, held) == length


def test_exactly_the_room_of_a_header_is_looked_at():
    junk = buffer_of(b"\x07" * 100)
    assert framing.next_sound(junk, 88, 100, 100) == Search(89, False)
    assert framing.next_sound(buffer_of(b"\x07" * 88, A), 0, 100, 144) == Search(88, False)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9])
def test_no_more_frames_are_walked_than_asked_for(count):
    data = buffer_of(A, A, A)
    walked = framing.hop(data, 0, len(data), {}, count)
    assert len(walked.starts) == min(count, 3)
    assert walked.stop == min(count, 3) * len(A)
    assert not walked.broken


@pytest.mark.parametrize("cut", [0, 1, 4, 16, 17, 44, 45, 55])
def test_a_walk_ends_before_a_frame_that_is_not_whole(cut):
    data = buffer_of(A, A)
    for walk in (framing.hop(data, 0, len(data) - cut, {}, 9), framing.scan(data, 0, 112 - cut)):
        whole = 2 if not cut else 1
        assert (len(walk.starts), walk.stop, walk.broken) == (whole, whole * len(A), False)


def test_a_walk_may_begin_anywhere():
    data = buffer_of(b"\x07" * 33, A, A)
    for walk in (framing.hop(data, 33, len(data), {}, 9), framing.scan(data, 33, len(data))):
        assert walk.starts.tolist() == [33, 33 + len(A)]
        assert walk.sizes.tolist() == [len(A)] * 2
        assert walk.stop == len(data)


@pytest.mark.parametrize("length", [0, 1, 255, 256, 257, 65_535])
def test_a_scan_finds_every_length_below_64_kib(length):
    frame = codec.frame(b"\x01" * length)
    data = buffer_of(frame, frame)
    assert framing.scan(data, 0, len(data)).sizes.tolist() == [length + FRAME] * 2


def test_a_scan_ends_before_a_longer_payload():
    long = codec.frame(b"\x01" * 65_536)
    data = buffer_of(A, long, A)
    assert framing.scan(data, 0, len(data)).sizes.tolist() == [len(A)]


def test_the_search_finds_a_payload_above_64_kib_and_below_4_gib():
    long = codec.frame(b"\x01" * 70_000)
    data = buffer_of(b"\x07" * 50, long)
    assert framing.next_sound(data, 0, len(data), len(data)) == Search(50, True)


@pytest.mark.parametrize("missing", [0, 1])
def test_a_claim_that_ends_with_what_is_held_is_checked_at_once(missing):
    data = buffer_of(b"\x07" * 10, A)
    found = framing.next_sound(data, 0, len(data) - missing, len(data))
    assert found == Search(10, not missing)


# What follows damage


def test_a_chain_inside_a_damaged_frame_that_ends_exactly_with_it_is_believed():
    end = HEADER + 3 + 2 * len(A)
    data = buffer_of(codec.header(end - FRAME) + b"pad" + A + A, A)
    assert framing.goes_on_at(data, 0, end, len(data), len(data)) == Search(15, True)


def test_frames_that_lead_beyond_the_damaged_one_are_believed():
    data = buffer_of(codec.header(60) + b"pad" + A + A + A)
    assert framing.goes_on_at(data, 0, 76, len(data), len(data)) == Search(15, True)


def test_a_chain_that_breaks_inside_is_not_believed_where_a_frame_follows():
    data = buffer_of(codec.header(len(A) + 20) + A + b"\x07" * 24, A)
    end = FRAME + len(A) + 20
    assert framing.goes_on_at(data, 0, end, len(data), len(data)) == Search(end, True)


def test_the_next_header_is_looked_for_only_where_it_is_held():
    outer = flipped(A, 20)
    data = buffer_of(outer, A)
    for held in (len(outer), len(outer) + 11, len(outer) + 12):
        assert framing.goes_on_at(data, 0, len(outer), held, 112) == Search(len(outer), True)


# Frames that bulk reading gives back


def session(step):
    return codec.frame(codec.event(step, 1e9, session=1))


def test_a_session_start_ends_a_stretch_and_a_large_frame_does_not_begin_one():
    data = buffer_of(A, session(7), A)
    places = [(0, len(A)), (len(A), len(session(7)))]
    questions = Rejects(data, len(data), len(data))
    assert questions.first_special(places, set()) == len(A)
    assert questions.first_special(places[:1], set()) is None


def test_damage_that_hides_more_than_one_payload_ends_a_stretch():
    data = buffer_of(A, flipped(A, -1), b"\x07" * 50, A)
    places = [(0, len(A)), (len(A), len(A))]
    questions = Rejects(data, len(data), len(data))
    assert questions.first_special(places, {len(A)}) == len(A)


def test_a_session_start_between_records_in_any_order_keeps_what_came_before(reader):
    rng = random.Random(4)
    before = [record(rng.randrange(1, 1 << 28), f"{'x' * (k % 5)}v") for k in range(400)]
    after = [record(rng.randrange(1, 1 << 28), f"{'x' * (k % 5)}v") for k in range(400)]
    read = reader(VERSION, *before, session(1 << 27), *after)
    read.read_new()
    ((step, counts),) = read.contents.columns.session_starts
    assert step == 1 << 27
    assert counts == {b"x" * k + b"v": 80 for k in range(5)}
    assert read.contents.records == 802


def test_damage_among_records_in_any_order_costs_those_alone(reader):
    frames = shuffled(600, large=20, others=20)
    bad = [100, 101, 300, 599]
    data = [flipped(f, -6) if k in bad else f for k, f in enumerate(frames)]
    read = reader(*data)
    read.read_new()
    starts = [len(b"".join(frames[:k])) for k in bad]
    assert [(p.offset, p.lost) for p in read.damage.log.problems()] == [(s, 1) for s in starts]
    assert read.contents.records == len(frames) - len(bad)


def test_a_message_that_cannot_be_decoded_among_records_in_any_order(reader):
    bad = codec.frame(b"\x0b\x0b\xff\xff\xff" + bytes(20))
    frames = shuffled(600)
    frames.insert(300, bad)
    read = reader(*frames)
    read.read_new()
    (problem,) = read.damage.log.problems()
    assert (problem.kind, problem.offset) == ("malformed-record", len(b"".join(frames[:300])))
    assert read.contents.records == 602


# Points keep the order of the file, whichever way they are read


def test_several_tags_in_any_order_keep_the_order_of_the_file(reader):
    rng = random.Random(9)
    said, frames = {}, [VERSION]
    for k in range(900):
        tag = f"t{rng.randrange(40):02d}" if rng.random() < 0.9 else f"rare{rng.randrange(9)}"
        frames.append(record(k + 1, tag, k))
        said.setdefault(tag.encode(), []).append(k + 1)
    read = reader(*frames)
    read.read_new()
    assert {tag: steps(read, tag) for tag in said} == said


def test_a_tag_logged_twice_in_a_row_keeps_the_order_of_the_file(reader):
    frames, said = [VERSION], []
    for k in range(300):
        frames += [record(k + 1, "a", 1), record(k + 1, "b", 2), record(k + 1, "a", 3)]
        said += [1.0, 3.0]
    read = reader(*frames)
    read.read_new()
    step, _, value = read.contents.columns.by_tag[b"a"].arrays()
    assert value.tolist() == said
    assert step.tolist() == [s for s in range(1, 301) for _ in range(2)]


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
