"""Event files with random mistakes: nothing breaks, and no point is invented."""

import os
import random
from collections import Counter

import event_codec as codec
import pytest
from event_files import NAME, as_points, mixed_frames
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrdiag.sources import event_window
from lrdiag.sources.event_file import read_event_file

FUZZ = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


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


def damaged(frames, rng):
    """(bytes, whether they are an intact frame), with cuts, zeros and forged headers between."""
    for frame in frames:
        kind = rng.randrange(8) if rng.random() < 0.05 else -1
        if kind == 0:
            yield frame[: rng.randrange(1, len(frame))], False
        elif kind == 1:
            yield frame[rng.randrange(1, len(frame)) :], False
        elif kind == 2:
            yield bytes(rng.choice([len(frame), 400])), False
        elif kind == 3:
            at = rng.randrange(12, len(frame))
            yield frame[:at] + bytes([frame[at] ^ 8]) + frame[at + 1 :], False
        else:
            if kind == 4:
                yield codec.header(rng.choice([0, 7, 60, 200, 3000, 1 << 20, 1 << 60])), False
            elif kind == 5:
                yield rng.randbytes(rng.randrange(1, 300)), False
            yield frame, True


def counted(points):
    return Counter((tag, *map(repr, point)) for tag, all_ in points.items() for point in all_)


@pytest.mark.parametrize("seed", range(3))
def test_intact_frames_all_survive_whatever_lies_between(tmp_path, monkeypatch, seed):
    rng = random.Random(seed)
    path = tmp_path / NAME
    for _ in range(40):
        monkeypatch.setattr(event_window, "CHUNK", rng.choice([256, 1024, 4096, 1 << 21]))
        frames = rng.choice([codec.points_frames(60)[0], mixed_frames(rng.random(), 120)])
        parts = [(frames[0], True), *damaged(frames[1:], rng)]
        path.write_bytes(b"".join(part for part, _ in parts))
        intact = Counter()
        for part in [part for part, is_intact in parts if is_intact]:
            intact.update((tag, *map(repr, p)) for tag, p in codec.read_event(part[12:-4]))
        found = read_event_file(path)
        assert not intact - counted(as_points(found))
        assert bool(found.problems) or all(is_intact for _, is_intact in parts)
