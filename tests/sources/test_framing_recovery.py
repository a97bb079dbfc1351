"""Where reading goes on behind damage, to the byte."""

import event_codec as codec
import numpy as np
import pytest

from lrdiag.sources import framing
from lrdiag.sources.event_rejects import Rejects
from lrdiag.sources.framing import FRAME, HEADER, Search, goes_on_at, next_sound

FRAME_A = codec.frame(b"a" * 40)
JUNK = b"\x07" * 100


def buffer_of(*parts):
    return np.frombuffer(b"".join(parts), np.uint8).copy()


def search(data, at=0, stop=None, limit=None):
    stop = len(data) if stop is None else stop
    return next_sound(data, at, stop, len(data) if limit is None else limit)


def broken(frame):
    return frame[:-1] + bytes([frame[-1] ^ 1])


@pytest.mark.parametrize("junk", [0, 1, 5, 99, 1000])
def test_the_next_frame_is_found_at_its_very_first_byte(junk):
    data = buffer_of(b"\x07" * junk, FRAME_A, FRAME_A)
    assert search(data) == Search(junk, True)
    assert search(data, junk + 1) == Search(junk + len(FRAME_A), True)


def test_the_smallest_frame_alone_is_found():
    assert search(buffer_of(codec.frame(b""))) == Search(0, True)


@pytest.mark.parametrize("missing", [1, 4, 30])
def test_a_frame_not_yet_whole_is_waited_for(missing):
    data = buffer_of(JUNK, FRAME_A)
    held = len(data) - missing
    assert search(data, stop=held) == Search(100, False)


def test_a_frame_that_reaches_beyond_the_file_is_passed_over():
    data = buffer_of(JUNK, FRAME_A, JUNK)
    end = 100 + len(FRAME_A)
    assert search(data, limit=end) == Search(100, True)
    found = search(data, limit=end - 1)
    assert not found.found and found.at > 100


def test_a_sound_header_over_a_damaged_payload_is_passed_over():
    assert search(buffer_of(JUNK, broken(FRAME_A), FRAME_A)) == Search(156, True)


@pytest.mark.parametrize("damaged", [7, 8, 9, 20])
def test_many_damaged_frames_do_not_hide_the_sound_one_behind_them(damaged):
    data = buffer_of(broken(FRAME_A) * damaged, FRAME_A)
    assert search(data) == Search(damaged * len(FRAME_A), True)


def test_where_nothing_follows_the_last_bytes_may_begin_a_header():
    data = buffer_of(JUNK)
    found = search(data)
    assert found == Search(len(data) - HEADER + 1, False)


@pytest.mark.parametrize("at", [89, 95, 100])
def test_less_than_a_header_cannot_be_told(at):
    assert search(buffer_of(JUNK), at) == Search(at, False)


@pytest.mark.parametrize("offset", range(-HEADER - 1, 3))
def test_frames_across_the_strides_of_the_search_are_found(monkeypatch, offset):
    monkeypatch.setattr(framing, "_SEARCH_STRIDE", 200)
    place = 200 + offset
    assert search(buffer_of(b"\x07" * place, FRAME_A)) == Search(place, True)


@pytest.mark.parametrize("offset", range(-HEADER - 1, 3))
def test_headers_across_the_blocks_of_the_scan_are_found(monkeypatch, offset):
    monkeypatch.setattr(framing, "_SCANNED", 200)
    first = codec.frame(b"\x07" * (200 + offset - FRAME))
    found = framing.scan(buffer_of(first, FRAME_A), 0, len(first) + len(FRAME_A))
    assert found.starts.tolist() == [0, len(first)]


def test_a_scan_that_begins_in_no_frame_finds_none():
    found = framing.scan(buffer_of(JUNK, FRAME_A), 0, 156)
    assert (len(found.starts), found.stop, found.broken) == (0, 0, False)


def test_a_scan_gives_up_on_too_many_headers_inside_payloads_where_it_is_right():
    nested = codec.frame(codec.frame(b"") * 1)
    count = framing._STRAY_LIMIT + 40
    data = buffer_of(nested * count)
    found = framing.scan(data, 0, len(data))
    whole = np.arange(0, len(data), len(nested))
    assert len(found.starts) >= framing._STRAY_LIMIT
    assert found.starts.tolist() == whole[: len(found.starts)].tolist()
    assert found.stop == len(found.starts) * len(nested)


def test_hop_remembers_headers_only_up_to_its_limit(monkeypatch):
    monkeypatch.setattr(framing, "_KNOWN_LIMIT", 2)
    data = buffer_of(*(codec.frame(b"x" * n) for n in range(5)))
    known = {}
    assert len(framing.hop(data, 0, len(data), known, 99).starts) == 5
    assert len(known) == 2


def damage_at(*parts):
    """Where reading goes on behind the damaged first of some frames."""
    data = buffer_of(*parts)
    return goes_on_at(data, 0, len(parts[0]), len(data), len(data))


def test_behind_a_damaged_payload_the_next_frame_follows():
    assert damage_at(broken(FRAME_A), FRAME_A) == Search(len(FRAME_A), True)


def test_the_end_of_the_file_behind_a_damaged_payload_counts_as_what_follows():
    assert damage_at(broken(FRAME_A)) == Search(len(FRAME_A), True)


def test_a_forged_header_gives_way_to_the_real_frames_inside_it():
    forged = broken(codec.frame(FRAME_A * 3))
    inside = damage_at(forged, JUNK)
    assert inside == Search(HEADER, True)


def test_frames_inside_a_damaged_payload_that_lead_nowhere_are_not_believed():
    payload = FRAME_A + b"\x07" * 60
    outer = broken(codec.frame(payload))
    assert damage_at(outer, FRAME_A) == Search(len(outer), True)


def test_what_is_plain_damage():
    whole = buffer_of(broken(FRAME_A), FRAME_A)
    questions = Rejects(whole, len(whole), len(whole))
    size = len(FRAME_A)
    assert questions.is_plain_damage(0, size)
    assert not questions.is_plain_damage(size, size)  # sound
    lost = buffer_of(broken(FRAME_A), JUNK, FRAME_A)
    assert not Rejects(lost, len(lost), len(lost)).is_plain_damage(0, size)


def test_only_the_damaged_frames_are_named():
    data = buffer_of(FRAME_A, broken(FRAME_A), FRAME_A)
    size = len(FRAME_A)
    places = [(k * size, size) for k in range(3)]
    questions = Rejects(data, len(data), len(data))
    assert questions.damaged(places) == {size}
    assert questions.first_special(places, {size}) is None


@pytest.mark.parametrize("rest", range(1, FRAME + 1))
def test_a_last_block_of_the_scan_may_have_no_room_for_a_header(monkeypatch, rest):
    first = codec.frame(b"\x07" * (200 - FRAME))
    data = buffer_of(first, FRAME_A)
    monkeypatch.setattr(framing, "_SCANNED", 100)
    found = framing.scan(data, 0, len(first) + rest)
    assert found.starts.tolist() == [0] and found.stop == len(first)


def test_a_scan_in_the_middle_of_a_frame_finds_none_although_frames_follow():
    found = framing.scan(buffer_of(FRAME_A, FRAME_A, FRAME_A), 1, 3 * len(FRAME_A))
    assert (len(found.starts), len(found.sizes), found.stop) == (0, 0, 1)
