from __future__ import annotations

import math

from lrdiag.findings import ReportCurve
from lrdiag.reports.sparkline import markers, sparkline


def curve(values, steps=None):
    steps = tuple(range(len(values))) if steps is None else tuple(steps)
    return ReportCurve("val_loss", "t", steps, (None,) * len(steps), tuple(values))


def test_a_line_falls_and_rises():
    assert sparkline(curve([3.0, 2.0, 1.0, 2.0]), 4) == "█▅▁▅"


def test_a_sparse_curve_is_a_line_not_dots():
    assert sparkline(curve([1.0, 0.0], [0, 9]), 10) == "█████████▁"


def test_values_that_are_not_finite_are_marked():
    assert sparkline(curve([1.0, math.nan, 0.0]), 3) == "█!▁"
    assert sparkline(curve([None, math.inf]), 2) == "!!"


def test_equal_decades_of_a_rate_are_equal_steps():
    line = sparkline(curve([1e-1, 1e-2, 1e-3]), 3, log=True)
    assert line == "█▅▁"
    assert sparkline(curve([1e-1, 0.0]), 2, log=True) == "█▁"


def test_a_flat_curve_is_in_the_middle():
    assert sparkline(curve([2.0, 2.0]), 2) == "▄▄"


def test_markers_stand_under_their_steps_and_never_outside():
    assert markers([5, 99, -3], curve([0.0] * 10), 10) == "↓    ↓   ↓"
