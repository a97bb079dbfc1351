"""What is remembered of an event file, and when it is remembered anew."""

import event_codec as codec
import pytest

from lrdiag.sources.event_reader import EventReader
from lrdiag.sources.event_resume import read_through_memory, resumed, state_of
from lrdiag.sources.reading_memory import remembering


class Memory:
    """Keeps states in a dict, whatever became of the files."""

    def __init__(self):
        self.states = {}
        self.kept = 0

    def recall(self, path):
        return self.states.get(path)

    def keep(self, path, state):
        self.states[path] = state
        self.kept += 1


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "events.out.tfevents.1.h"
    path.write_bytes(b"".join(codec.points_frames(100)[0]))
    return path


def append(path, count, first=100):
    path.write_bytes(path.read_bytes() + b"".join(codec.points_frames(count, first=first)[0][1:]))


def points(reader):
    return {
        tag: [a.tolist() for a in column.arrays()]
        for tag, column in reader.contents.columns.by_tag.items()
    }


def test_a_file_is_remembered_and_read_on_from_there(log):
    memory = Memory()
    with remembering(memory):
        read_through_memory(log)
        size = log.stat().st_size
        append(log, 100)
        warm = read_through_memory(log)
    cold = EventReader(log)
    cold.read_new()
    assert points(warm) == points(cold)
    assert warm.contents.records == cold.contents.records == 401
    assert memory.states[log].offset == cold.offset > size
    assert memory.kept == 2


@pytest.mark.parametrize(("size", "grown", "kept"), [
    (1600, 100, 1), (1600, 101, 2), (1600, 0, 1), (1599, 99, 1), (1599, 100, 2),
])  # fmt: skip
def test_it_is_remembered_anew_when_it_grew_by_more_than_a_sixteenth(tmp_path, size, grown, kept):
    path, memory = tmp_path / "events.out.tfevents.1.h", Memory()

    def padding(count):
        return codec.frame(b"\x7a" + codec.varint(count - 18) + bytes(count - 18))

    path.write_bytes(padding(100) * 15 + padding(size - 1500))
    with remembering(memory):
        read_through_memory(path)
        path.write_bytes(path.read_bytes() + (padding(grown) if grown else b""))
        assert read_through_memory(path).offset == size + grown
    assert memory.kept == kept


def test_outside_the_block_nothing_is_remembered(log):
    memory = Memory()
    with remembering(memory):
        pass
    read_through_memory(log)
    assert memory.kept == 0


@pytest.mark.parametrize("harm", [b"\x07" * 60, b""])
def test_a_damaged_file_is_not_remembered(log, harm):
    data = bytearray(log.read_bytes())
    if not harm:
        data[500] ^= 1
    log.write_bytes(bytes(data) + harm)
    memory = Memory()
    with remembering(memory):
        read_through_memory(log)
    assert memory.kept == 0


def test_a_half_written_record_is_read_when_it_is_whole(log):
    memory, data = Memory(), log.read_bytes()
    log.write_bytes(data[:-7])
    with remembering(memory):
        assert read_through_memory(log).contents.records == 200
        log.write_bytes(data)
        assert read_through_memory(log).contents.records == 201


def test_a_state_holds_all_that_was_read(log):
    histogram = codec.frame(codec.event(1, 5.0, [codec.histogram("h", 400)]))
    start = codec.frame(codec.event(50, 7.0, session=1))
    log.write_bytes(log.read_bytes() + histogram + start)
    reader = EventReader(log)
    reader.read_new()
    state = state_of(reader)
    assert (state.offset, state.records, state.others) == (log.stat().st_size, 203, 1)
    assert state.begun == reader.contents.begun
    assert state.sessions == [(50, {b"loss": 100, b"lr": 100})]
    again = resumed(log, state)
    assert (again.offset, again.size) == (state.offset, state.offset)
    assert points(again) == points(reader)
    assert again.contents.columns.session_starts == state.sessions
    assert (again.contents.records, again.contents.others) == (203, 1)
