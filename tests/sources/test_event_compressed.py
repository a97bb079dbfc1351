"""Compressed event files read as the plain ones, bombs stopped."""

import gzip

import event_codec as codec
from event_files import NAME, as_points

from lrdiag.sources import text_lines
from lrdiag.sources.event_file import read_event_file


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
