"""Points keep the order of the file, whichever way its records are read."""

import random

import event_codec as codec
import numpy as np
from event_files import VERSION, flipped, record, shuffled, steps

from lrdiag.sources import event_window
from lrdiag.sources.event_file import finished
from lrdiag.sources.event_rejects import Rejects

# Walking frames


def buffer_of(*parts):
    return np.frombuffer(b"".join(parts), np.uint8).copy()


A = codec.frame(b"a" * 40)


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


def test_a_damaged_record_among_few_is_told_at_its_place_in_the_file(reader, monkeypatch):
    monkeypatch.setattr(event_window, "CHUNK", 4096)
    loop = [record(step) for step in range(1, 101)]
    odd = [record(step, f"{'x' * step}") for step in range(1, 8)]
    read = reader(VERSION, *loop, *odd[:3], flipped(odd[3], -6), *odd[4:])
    read.read_new()
    (problem,) = finished(read).problems
    start = len(b"".join([VERSION, *loop, *odd[:3]]))
    assert start > 4096
    assert (problem.kind, problem.offset, problem.lost) == ("corrupt-record", start, 1)
    assert f"bytes {start} to {start + len(odd[3])}" in problem.message
    assert steps(read, b"xxx") == [3] and steps(read, b"xxxxx") == [5]
    assert b"xxxx" not in read.contents.columns.by_tag


def test_a_damaged_header_far_into_a_file_is_repaired_too(reader, monkeypatch):
    monkeypatch.setattr(event_window, "CHUNK", 4096)
    some = [record(step) for step in range(1, 301)]
    read = reader(VERSION, *some[:199], flipped(some[199], 2), *some[200:])
    read.read_new()
    assert steps(read) == list(range(1, 301))
    (problem,) = finished(read).problems
    assert (problem.offset, problem.lost) == (len(b"".join([VERSION, *some[:199]])), 0)
