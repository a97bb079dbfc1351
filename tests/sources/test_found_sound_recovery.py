"""What counts as lost between the damage and the next sound frame."""

import event_codec as codec
import pytest

from lrdiag.sources.tensorboard import TensorBoardSource


def record(step):
    return codec.frame(codec.event(step, float(step), [codec.scalar("loss", step / 2)]))


def read(tmp_path, *frames):
    path = tmp_path / "events.out.tfevents.1.h"
    path.write_bytes(b"".join(frames))
    return TensorBoardSource().read([path], "run")


def frames(count):
    return [codec.frame(codec.event(wall=0.0, version="brain.Event:2")), *map(record, range(count))]


def flipped(frame, at):
    return frame[:at] + bytes([frame[at] ^ 0xFF]) + frame[at + 1 :]


@pytest.mark.parametrize("at", range(12))
def test_a_record_whose_header_alone_is_damaged_is_taken_all_the_same(tmp_path, at):
    some = frames(20)
    some[8] = flipped(some[8], at)
    run = read(tmp_path, *some)
    assert run.series["loss"].step.tolist() == list(range(20))
    (problem,) = run.problems
    assert (problem.offset, problem.lost) == (len(b"".join(some[:8])), 0)
    assert "was recovered" in problem.message


@pytest.mark.parametrize("at", [12, 20, -1, -4])
def test_a_record_whose_payload_is_damaged_is_the_only_one_lost(tmp_path, at):
    some = frames(20)
    some[8] = flipped(some[8], at % len(some[8]))
    run = read(tmp_path, *some)
    assert run.series["loss"].step.tolist() == [s for s in range(20) if s != 7]
    (problem,) = run.problems
    assert (problem.kind, problem.offset, problem.lost) == (
        "corrupt-record", len(b"".join(some[:8])), 1,
    )  # fmt: skip


@pytest.mark.parametrize("count", [1, 2, 5])
def test_records_lost_in_a_stretch_are_estimated_by_the_mean_before_it(tmp_path, count):
    some = frames(60)
    for place in range(40, 40 + count):
        some[place] = b"\x07" * len(some[place])
    run = read(tmp_path, *some)
    gone = set(range(39, 39 + count))
    assert run.series["loss"].step.tolist() == [s for s in range(60) if s not in gone]
    (problem,) = run.problems
    assert problem.lost == count


def test_damage_of_the_very_first_record_is_one_lost_record(tmp_path):
    some = frames(20)
    some[0] = b"\x07" * len(some[0])
    run = read(tmp_path, *some)
    assert run.series["loss"].step.tolist() == list(range(20))
    assert [p.lost for p in run.problems] == [1]


@pytest.mark.parametrize("cut", [1, 5, 13])
def test_a_last_record_that_is_not_whole_is_not_lost_yet(tmp_path, cut):
    some = frames(20)
    some[-1] = some[-1][:-cut]
    run = read(tmp_path, *some)
    assert run.series["loss"].step.tolist() == list(range(19))
    assert [(p.kind, p.severity) for p in run.problems] == [("incomplete-record", "info")]


def test_a_forged_length_beyond_the_file_does_not_hide_what_follows(tmp_path):
    some = frames(20)
    some[8] = codec.header((1 << 31) - 1) + some[8][12:]
    run = read(tmp_path, *some)
    assert run.series["loss"].step[-1] == 19
    assert len(run.series["loss"]) >= 19
