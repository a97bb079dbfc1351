"""Two writers that share some of their points."""

import numpy as np

from lrdiag.runs import Series
from lrdiag.sources.restarts import join_writers


def series(steps):
    steps = np.asarray(steps, np.int64)
    return Series("loss", steps, steps + 0.5, steps * 2.0)


def test_points_that_both_wrote_are_kept_once_with_their_times_and_values():
    both = join_writers("loss", series(range(6)), series(range(3, 9)))
    assert both.step.tolist() == list(range(9))
    assert both.wall_time.tolist() == [k + 0.5 for k in range(9)]
    assert both.value.tolist() == [k * 2.0 for k in range(9)]
    assert both.superseded == 3


def test_equal_points_that_are_no_numbers_are_kept_once_too():
    step = np.array([0, 1, 2])
    nan = Series("loss", step, step + 0.5, np.array([1.0, np.nan, np.nan]))
    both = join_writers("loss", nan, nan)
    assert both.step.tolist() == [0, 1, 2] and both.superseded == 3


def test_points_of_the_same_step_that_differ_in_time_or_value_are_both_kept():
    step = np.array([0, 1, 2])
    old = Series("loss", step, step + 0.5, np.array([1.0, 2.0, np.nan]))
    new = Series("loss", step[1:], np.array([1.5, 2.5]), np.array([7.0, 3.0]))
    both = join_writers("loss", old, new)
    assert both.step.tolist() == [0, 1, 1, 2, 2] and both.superseded == 0
