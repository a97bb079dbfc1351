"""Walking frames by their headers, and finding the next one after damage."""

import event_codec as codec
import numpy as np
import pytest
from event_files import flipped

from lrdiag.sources import framing
from lrdiag.sources.framing import FRAME, HEADER, Search

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
    for held in (len(outer), len(outer) + 11):
        assert framing.goes_on_at(data, 0, len(outer), held, 112) == Search(0, False)
        assert framing.goes_on_at(data, 0, len(outer), held, held) == Search(len(outer), True)
    held = len(outer) + 12
    assert framing.goes_on_at(data, 0, len(outer), held, 112) == Search(len(outer), True)
