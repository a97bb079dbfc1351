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
