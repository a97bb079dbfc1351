"""Joining the series of two writers, against what must come out point by point."""

from dataclasses import replace

import numpy as np
import pytest

from lrdiag.runs import Series
from lrdiag.sources.restarts import join_writers

NAN = float("nan")


def series(steps, value=0.0, wall=0.0, **more):
    steps = np.asarray(steps, np.int64)
    made = Series("loss", steps, steps + wall, steps + value)
    return replace(made, **more)


def joined(old, new):
    return join_writers("loss", old, new)


def test_a_writer_without_points_changes_nothing():
    some = series([1, 2], superseded=3)
    nothing = series([], superseded=4)
    assert joined(some, nothing) is some
    both = joined(nothing, some)
    assert (both.step.tolist(), both.superseded) == ([1, 2], 7)


def test_what_goes_on_exactly_behind_is_put_behind():
    both = joined(series(range(5), superseded=2), series(range(5, 8), superseded=1))
    assert both.step.tolist() == list(range(8))
    assert (both.superseded, both.restarts) == (3, ())


def test_one_repeated_step_is_superseded():
    both = joined(series(range(6)), series(range(5, 8), value=0.5, wall=100))
    assert both.step.tolist() == list(range(8))
    assert both.value[4:6].tolist() == [4.0, 5.5]
    assert (both.superseded, both.restarts) == (1, (5,))


def test_restarts_behind_the_new_first_step_are_forgotten():
    old = series(range(20), restarts=(5, 10, 15))
    both = joined(old, series(range(10, 30), wall=100))
    assert both.restarts == (5, 10)


def test_restarts_of_both_are_kept_in_order_and_once():
    both = joined(series(range(9), restarts=(8, 3)), series(range(9, 20), restarts=(12, 8)))
    assert both.restarts == (3, 8, 12)


@pytest.mark.parametrize(("begun", "together"), [(10, True), (12, True), (13, False), (30, False)])
def test_written_together_is_when_half_of_the_overlap_came_later(begun, together):
    # The old writer wrote the steps 10 to 14 at the times 10 to 14; the middle one is 12.
    both = joined(series(range(15)), series(range(10, 15), value=0.5, wall=begun - 10))
    assert len(both) == (20 if together else 15)


def test_points_of_two_processes_stand_in_order_of_step_and_then_of_time():
    both = joined(series(range(3), wall=0.2), series(range(3), value=0.5, wall=0.1))
    assert both.step.tolist() == [0, 0, 1, 1, 2, 2]
    assert both.value.tolist() == [0.5, 0.0, 1.5, 1.0, 2.5, 2.0]
    assert both.superseded == 0


def test_exact_repetitions_are_kept_once_and_counted():
    old = series(range(4), superseded=1)
    both = joined(old, series(range(4), superseded=2))
    assert both.step.tolist() == [0, 1, 2, 3]
    assert both.superseded == 1 + 2 + 4


@pytest.mark.parametrize(("first", "second", "kept"), [
    (NAN, NAN, 1), (NAN, 1.0, 2), (1.0, NAN, 2), (1.0, 1.0, 1), (1.0, 2.0, 2),
])  # fmt: skip
def test_what_an_exact_repetition_is(first, second, kept):
    def point(value):
        return Series("loss", np.array([3]), np.array([9.0]), np.array([value]))

    assert len(joined(point(first), point(second))) == kept


def test_another_time_is_another_point():
    both = joined(series([1, 2]), series([1, 2], wall=0.5))
    assert len(both) == 4
