"""Records larger than the window may become, and what is repaired."""

import event_codec as codec
import pytest
from event_files import VERSION, flipped, record, steps, text

from lrdiag.sources import event_reader, event_window
from lrdiag.sources.event_file import finished
from lrdiag.sources.event_reader import EventReader
from lrdiag.sources.framing import FRAME, HEADER

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


@pytest.mark.usefixtures("small_windows")
def test_eight_claims_of_giants_are_followed_and_no_more(reader, monkeypatch):
    followed = []
    is_sound = EventReader._is_sound
    monkeypatch.setattr(EventReader, "_is_sound", lambda self, window, length: (
        followed.append(window.base) or is_sound(self, window, length)))  # fmt: skip
    claim = codec.header(50_000) + b"\x07" * 10_000
    read = reader(VERSION, record(1), *[claim] * 12, b"\x07" * 60_000, record(2))
    read.read_new()
    start = len(VERSION + record(1))
    assert followed == [start + k * len(claim) for k in range(8)]
    assert steps(read) == [1, 2]
