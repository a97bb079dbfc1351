"""Event files as odd writers and bad luck leave them: no point lost, none made up, no blow-up."""

import struct

import event_codec as codec
import numpy as np
import pytest

from lrdiag.sources import event_window, framing
from lrdiag.sources.event_file import read_event_file
from lrdiag.sources.event_message import tag_names
from lrdiag.sources.tensorboard import TensorBoardSource

HEAD = codec.frame(codec.event(wall=1.7e9, version="brain.Event:2"))


@pytest.fixture
def read(tmp_path):
    def read_bytes(data):
        path = tmp_path / "events.out.tfevents.1700000000.host"
        path.write_bytes(data)
        return read_event_file(path)

    return read_bytes


@pytest.fixture
def read_run(tmp_path):
    def read_files(*contents):
        paths = [tmp_path / f"events.out.tfevents.17000{k}.host" for k in range(len(contents))]
        for path, data in zip(paths, contents, strict=True):
            path.write_bytes(data)
        return TensorBoardSource().read(paths, "run")

    return read_files


def points(steps, wall=lambda step: 1000.0 + step, tag="loss", value=0.0):
    """Frames of one tag, one a step."""
    return b"".join(
        codec.frame(codec.event(s, wall(s), [codec.scalar(tag, s + value)])) for s in steps
    )


def tensor(step, shape, data):
    dims = b"".join(codec.field(2, b"\x08" + codec.varint(size)) for size in shape)
    message = b"\x08\x01" + codec.field(2, dims) + codec.field(5, data)
    value = codec.field(1, b"t") + codec.field(8, message)
    return codec.frame(codec.event(step, 1.0 + step, [value]))


@pytest.mark.parametrize("chunk", [128, 1 << 21])
@pytest.mark.parametrize("left", [13, 25, 40])
def test_a_shorter_record_appended_to_a_cut_one_is_read(read, monkeypatch, left, chunk):
    """It lies across the end that the cut record claims."""
    monkeypatch.setattr(event_window, "CHUNK", chunk)
    long = codec.frame(codec.event(9, 1.0, [codec.scalar("a/long/tag/of/a/cut/record", 1)]))
    for follows in (b"", points(range(21, 30))):
        found = read(HEAD + points(range(1, 20)) + long[:left] + points([20]) + follows)
        assert found.series["loss"].step.tolist() == list(range(1, 30 if follows else 21))
        (problem,) = found.problems
        assert (problem.offset, problem.lost) == (len(HEAD) + len(points(range(1, 20))), 1)


def test_a_tag_that_is_not_utf8_takes_no_other_tags_place(read):
    for pair in ([b"a\xee", b"a\\xee"], [b"a\\xee", b"a\xee"]):
        found = read(HEAD + b"".join(points([k], tag=tag) for k, tag in enumerate(pair)))
        assert {name: s.step.tolist() for name, s in found.series.items()} == {
            "a\\xee": [pair.index(b"a\\xee")], "a\\xee\\": [pair.index(b"a\xee")],
        }  # fmt: skip
    assert tag_names([b"\xee", b"\\xee", b"\\xee\\"])[b"\xee"] == "\\xee\\\\"


@pytest.mark.parametrize(
    ("shape", "is_one"), [((), True), ((1,), True), ((1, 1), True), ((3,), False), ((0,), False)]
)
def test_a_tensor_of_several_equal_elements_is_no_scalar(read, shape, is_one):
    """TensorFlow writes equal elements once; the shape says how many there are."""
    found = read(HEAD + b"".join(tensor(k, shape, struct.pack("<f", k)) for k in range(60)))
    assert [len(s) for s in found.series.values()] == ([60] if is_one else [])


@pytest.mark.parametrize("clock", [0.0, float("nan"), -5.0])
def test_a_later_file_wins_where_the_clock_stands_still(read_run, clock):
    run = read_run(points(range(50), lambda _: clock), points(range(40, 80), lambda _: clock))
    assert run.series["loss"].step.tolist() == list(range(80))
    assert (run.series["loss"].superseded, run.series["loss"].restarts) == (10, (40,))


@pytest.mark.parametrize("odd", [0, 40])
def test_one_wall_time_of_nan_does_not_reorder_the_files(read_run, odd):
    nan = float("nan")
    first = points(range(50), lambda s: nan if s == odd else 1000.0 + s)
    second = points(range(40, 80), lambda s: nan if s == odd else 9000.0 + s, value=0.5)
    for order in ([first, second], [second, first]):
        loss = read_run(*order).series["loss"]
        assert loss.step.tolist() == list(range(80))
        assert loss.value[45] == 45.5


def start(step):
    return codec.frame(codec.event(step, 1.7e9, session=1))


def test_each_session_start_purges_what_was_logged_before_it(read_run):
    def later(steps, **how):
        return points(steps, lambda step: 1.7e9 + step, **how)

    parts = [later(range(10)), start(8), later(range(8, 20)), start(15), start(5),
             later(range(5, 7), tag="lr"), later(range(5, 9), value=0.5), start(7)]  # fmt: skip
    run = read_run(points(range(30)), HEAD + b"".join(parts))
    assert run.series["loss"].step.tolist() == [*range(5), 5, 6]
    assert run.series["loss"].value.tolist() == [*range(5), 5.5, 6.5]
    assert run.series["lr"].step.tolist() == [5, 6]
    assert run.series["loss"].superseded == 30 + 5 + 12 + 2


def test_a_session_start_takes_nothing_that_another_process_goes_on_logging(read_run):
    """The coordinator writes a START, the worker beside it does not."""
    worker = points(range(50), lambda s: 1000.0 + s, tag="worker/loss")
    begins = codec.frame(codec.event(0, 1001.5, session=1))
    coordinator = begins + points(range(50), lambda s: 1002.0 + s)
    for files in ([worker, coordinator], [coordinator, worker]):
        run = read_run(*files)
        assert {tag: len(s) for tag, s in run.series.items()} == {"worker/loss": 50, "loss": 50}
        assert run.problems == ()


def test_session_starts_remember_only_tags_that_grew(read):
    """All tags at each of many starts would be gigabytes from a small file."""
    tags = b"".join(points([1], tag=f"tag{k}") for k in range(1000))
    data = HEAD + tags + b"".join(start(10 + k) + points([10 + k]) for k in range(3000))
    found = read(data)
    assert (len(found.series), len(found.session_starts)) == (1001, 3000)
    assert sum(len(before) for _, before in found.session_starts) == 1000 + 2999


@pytest.mark.parametrize("at", [0, 60_000])
def test_one_large_record_does_not_hide_how_many_a_stretch_held(read, at):
    """The graph before the first scalar is a thousand times as long as they are."""
    frames, said = codec.points_frames(1000)
    graph = codec.frame(codec.event(0, 1.7e9) + codec.field(4, bytes(500_000)))
    data = bytearray(frames[0] + graph + b"".join(frames[1:]))
    at += len(frames[0] + graph) if at else 0
    data[at : at + 4096] = bytes(4096)
    found = read(bytes(data))
    (problem,) = found.problems
    assert problem.offset == pytest.approx(at, abs=50)
    if at:
        gone = sum(map(len, said.values())) - sum(map(len, found.series.values()))
        assert problem.lost == pytest.approx(gone, abs=3)


def test_headers_that_claim_much_are_looked_at_together(monkeypatch):
    """Each claim checked alone would be a hundred times the bytes of the file."""
    looked_at = []
    payload_is_sound, together = framing.payload_is_sound, framing.payloads_are_sound
    monkeypatch.setattr(
        framing, "payload_is_sound",
        lambda b, at, n: looked_at.append(n) or payload_is_sound(b, at, n),
    )  # fmt: skip
    monkeypatch.setattr(
        framing, "payloads_are_sound",
        lambda b, at, n: looked_at.append(int((at + n).max() - at.min())) or together(b, at, n),
    )  # fmt: skip
    part = codec.header(6 << 20) + b"\x55" * 4084
    data = np.frombuffer(part * 3000, np.uint8)
    assert not framing.next_sound(data, 1, len(data), len(data)).found
    assert sum(looked_at) < 10 * len(data)


def test_damage_and_nan_beyond_the_tenth_are_named_with_their_places(read):
    frames, _ = codec.points_frames(100)
    at = [sum(map(len, frames[:k])) for k in range(40, 160, 8)]
    data = bytearray(b"".join(frames))
    for place in at:
        data[place + 30] ^= 4
    said = " ".join(f"{p.offset} {p.message}" for p in read(bytes(data)).problems)
    assert all(str(place) in said for place in at)
    nan = float("nan")
    found = read(HEAD + b"".join(points([5, 6], tag=f"layer{k}", value=nan) for k in range(30)))
    said = " ".join(p.message for p in found.problems)
    assert all(f"layer{k}:" in said or f"layer{k} (2 from step 5)" in said for k in range(30))


@pytest.mark.parametrize("length", [100, 300_000, 3 << 20])
def test_a_frame_behind_zeros_of_any_length_is_found(read, length):
    found = read(HEAD + points(range(1, 50)) + bytes(length) + points(range(50, 90)))
    assert found.series["loss"].step.tolist() == list(range(1, 90))
    (problem,) = found.problems
    assert problem.offset == len(HEAD) + len(points(range(1, 50)))


def test_a_step_that_ends_before_its_field_is_not_taken_from_the_frame_before(read):
    """Frames of two lengths of step whose words are equal; the second is no valid event."""

    def pair(step, odd):
        second = bytearray(codec.event(200, 1.0 + step, [codec.scalar("b", step)]))
        if odd:
            second[10:12] = bytes([step, 0])
        return codec.frame(codec.event(step, 1.0, [codec.scalar("a", 1)])) + codec.frame(
            bytes(second)
        )

    frames = [pair(1 + k % 100, k > 5) for k in range(3000)]
    found = read(HEAD + b"".join(frames))
    assert len(found.series["a"]) == 3000
    assert len(found.series["b"]) == 6
    assert sum(p.lost or 0 for p in found.problems) == 2994
