"""Progress: a bar on a terminal for work that takes its time, else nothing."""

import io
import sys

import pytest

from lrdiag.cli import progress


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def now(monkeypatch):
    times = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: times[0])
    return times


@pytest.mark.parametrize(
    ("elapsed", "words"),
    [(10.0, "about 30 s left"), (100.0, "about 5 min left"), (3600.0, "about 3 h left")],
)
def test_a_bar_with_the_time_left(now, monkeypatch, elapsed, words):
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    with progress.Progress("runs") as told:
        now[0] = elapsed
        told(25, 100)
        shown = screen.getvalue()
    assert shown == f"\r\x1b[K[#####...............] 25/100 runs, {words}"
    assert screen.getvalue() == shown + "\r\x1b[K"


def test_nothing_for_short_work(now, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Screen())
    with progress.Progress("runs") as told:
        now[0] = 0.5
        told(1, 2)
    assert sys.stderr.getvalue() == ""


def test_nothing_in_a_pipe(now, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress.Progress("runs") as told:
        now[0] = 10.0
        told(1, 2)
    assert sys.stderr.getvalue() == ""
