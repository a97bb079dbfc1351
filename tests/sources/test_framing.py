"""Bulk walking and bulk checksums against one frame at a time."""

import random

import event_codec as codec
import numpy as np
import pytest

from lrdiag.sources import checksums, framing


def buffer_of(data):
    return np.frombuffer(data, np.uint8).copy()


def test_checksums_are_those_of_the_format():
    assert codec.crc32c(b"123456789") == 0xE3069283  # RFC 3720, appendix B.4 (check value)
    for data in (b"", b"\0" * 8, b"abc" * 50):
        assert checksums.masked(checksums.crc32c(data)) == codec.masked(data)


def test_tables_of_lengths():
    table = checksums.length_checksums()
    for length in (0, 1, 255, 256, 65_535):
        assert table[length] == codec.masked(length.to_bytes(8, "little"))
    lengths = np.array([0, 70_000, 1 << 31, 4_000_000_000])
    stored = np.array([codec.masked(int(n).to_bytes(8, "little")) for n in lengths], np.uint32)
    assert checksums.lengths_are_sound(lengths, stored).all()
    stored[2] ^= 1
    assert checksums.lengths_are_sound(lengths, stored).tolist() == [True, True, False, True]


def test_overlapping_payloads_are_checked_as_one_by_one():
    rng = np.random.default_rng(0)
    buffer = rng.integers(0, 256, 4000).astype(np.uint8)
    at = np.sort(rng.integers(0, 1500, 60))
    length = rng.integers(0, 2400, 60)
    for k in range(0, 60, 4):
        end = at[k] + 12 + length[k]
        crc = checksums.masked(checksums.crc32c(buffer[at[k] + 12 : end]))
        buffer[end : end + 4] = np.frombuffer(crc.to_bytes(4, "little"), np.uint8)
    one_by_one = [
        checksums.payload_is_sound(buffer, a, n)
        for a, n in zip(at.tolist(), length.tolist(), strict=True)
    ]
    assert checksums.payloads_are_sound(buffer, at, length) == one_by_one
    assert any(one_by_one) and not all(one_by_one)


def frames_of(seed, count):
    rng = random.Random(seed)
    return [codec.frame(rng.randbytes(rng.choice([0, 3, 40, 40, 41, 300]))) for _ in range(count)]


@pytest.mark.parametrize("seed", range(4))
def test_scanning_equals_hopping(seed):
    buffer = buffer_of(b"".join(frames_of(seed, 300)))
    for stop in (len(buffer), len(buffer) - 5, 40):
        hopped = framing.hop(buffer, 0, stop, {}, 10_000)
        scanned = framing.scan(buffer, 0, stop)
        assert scanned.starts.tolist() == hopped.starts.tolist()
        assert scanned.sizes.tolist() == hopped.sizes.tolist()
        assert scanned.stop == hopped.stop


def test_frames_inside_payloads_are_no_frames():
    inner = b"".join(frames_of(1, 5))
    frames = [codec.frame(inner if k % 3 == 0 else b"x" * 20) for k in range(40)]
    scanned = framing.scan(buffer_of(b"".join(frames)), 0, sum(map(len, frames)))
    assert scanned.sizes.tolist() == [len(f) for f in frames]


def test_hopping_says_whether_a_header_is_broken():
    frames = frames_of(2, 3)
    data = b"".join(frames)
    whole = framing.hop(buffer_of(data), 0, len(data), {}, 10)
    assert (len(whole.starts), whole.stop, whole.broken) == (3, len(data), False)
    bad = bytearray(data)
    bad[len(frames[0])] ^= 1
    broken = framing.hop(buffer_of(bytes(bad)), 0, len(data), {}, 10)
    assert (len(broken.starts), broken.stop, broken.broken) == (1, len(frames[0]), True)


def test_the_next_sound_frame_after_garbage():
    garbage = random.Random(3).randbytes(5000)
    data = garbage + codec.frame(b"abc")
    found = framing.next_sound(buffer_of(data), 0, len(data), len(data))
    assert found == (5000, True)


def test_searching_waits_for_a_frame_that_is_not_here_yet():
    data = b"x" * 100 + codec.frame(b"y" * 50)
    found = framing.next_sound(buffer_of(data), 0, len(data) - 20, len(data))
    assert found == (100, False)
    beyond = framing.next_sound(buffer_of(data), 0, len(data) - 20, len(data) - 20)
    assert not beyond.found and beyond.at > 100


def test_an_embedded_event_file_in_a_damaged_payload_is_not_read():
    inner = codec.frame(b"inner") * 2
    outer = bytearray(codec.frame(b"head" + inner + b"tail" * 4))
    outer[13] ^= 1
    data = bytes(outer) + codec.frame(b"next")
    found = framing.goes_on_at(buffer_of(data), 0, len(outer), len(data), len(data))
    assert found == (len(outer), True)
