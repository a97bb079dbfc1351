"""A change of the rate as a value."""

import math

import pytest

from lrdiag.schedule.values import Change


@pytest.mark.parametrize(("before", "after", "ratio", "drop"), [
    (0.1, 0.01, 0.1, True), (0.1, 0.2, 2.0, False), (0.1, 0.0, 0.0, True),
])  # fmt: skip
def test_its_ratio_and_direction(before, after, ratio, drop):
    change = Change(10, 1.0, before, after)
    assert change.ratio == pytest.approx(ratio)
    assert change.is_drop is drop


def test_a_rise_from_zero_has_no_ratio():
    assert math.isnan(Change(10, 1.0, 0.0, 0.1).ratio)
