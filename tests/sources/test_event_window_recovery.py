"""A window that moves over a file: what it holds, whatever its size and the file's growth."""

import os

import pytest

from lrdiag.sources import event_window
from lrdiag.sources.event_window import Window

DATA = bytes(range(256)) * 4
SIZE = len(DATA)


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setattr(event_window, "CHUNK", 100)
    monkeypatch.setattr(event_window, "LARGEST", 400)
    path = tmp_path / "events"
    path.write_bytes(DATA)
    descriptor = os.open(path, os.O_RDONLY)
    yield lambda start=0, end=SIZE: Window(descriptor, start, end), path
    os.close(descriptor)


def held(window):
    return window.buffer[: window.filled].tobytes()


def test_moving_through_a_file_reads_every_byte_once(opened):
    window, read = opened[0](), b""
    while window.fill():
        used = min(37, window.filled)
        read += held(window)[:used]
        window.drop(used)
    assert read + held(window) == DATA
    assert (window.final, window.base) == (True, len(read))


def test_a_full_window_has_nothing_new(opened):
    window = opened[0]()
    assert window.fill() and not window.fill()
    assert (window.filled, window.final) == (100, False)


def test_dropping_keeps_the_rest_in_place(opened):
    window = opened[0](50)
    window.fill()
    window.drop(0)
    assert (window.base, window.filled) == (50, 100)
    window.drop(30)
    assert (window.base, held(window)) == (80, DATA[80:150])


def test_it_is_final_exactly_when_it_reaches_the_end(opened):
    window = opened[0](0, 101)
    window.fill()
    assert not window.final
    window.drop(1)
    window.fill()
    assert window.final and held(window) == DATA[1:101]


def test_it_doubles_up_to_its_limit_and_keeps_what_it_holds(opened):
    window = opened[0]()
    window.fill()
    sizes = []
    while window.grow():
        sizes.append(len(window.buffer))
    assert sizes == [200, 400]
    assert held(window) == DATA[:100]
    window.fill()
    assert held(window) == DATA[:400]


def test_it_never_grows_beyond_what_is_left_of_the_file(opened):
    window = opened[0](len(DATA) - 150)
    assert window.grow() and len(window.buffer) == 150
    assert not window.grow()


def test_a_file_cut_while_it_is_read_ends_there(opened):
    make, path = opened
    window = make()
    os.truncate(path, 60)
    assert window.fill()
    assert (window.filled, window.end, window.final) == (60, 60, True)


def test_moving_on_forgets_what_was_held(opened):
    window = opened[0]()
    window.fill()
    window.move_to(300)
    assert window.filled == 0
    window.fill()
    assert held(window) == DATA[300:400]


def test_a_tiny_file_still_gets_room(opened):
    assert len(opened[0](0, 3).buffer) == 16


def test_a_tiny_rest_of_a_file_gets_no_more_room_than_it_has(opened):
    window = opened[0](SIZE - 5)
    assert len(window.buffer) == 16 and not window.grow()


def test_room_is_that_of_the_rest_of_the_file(opened):
    assert len(opened[0](SIZE - 30).buffer) == 30


def test_what_is_written_after_opening_is_left_for_later(opened):
    window = opened[0](0, 120)
    window.fill()
    window.drop(90)
    window.fill()
    assert window.final and held(window) == DATA[90:120]
