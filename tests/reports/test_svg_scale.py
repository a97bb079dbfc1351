from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrdiag.reports.svg_scale import Scale, fit

# No test depends on the speed of the machine.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

FINITE = st.floats(-1e9, 1e9, allow_nan=False)


@PATIENT
@given(st.lists(FINITE | st.sampled_from([math.nan, math.inf]), max_size=40))
def test_every_finite_value_lands_inside(values):
    scale = fit(values, 100.0, 0.0)
    for value in values:
        if math.isfinite(value):
            assert 0.0 <= scale.at(value) <= 100.0
    assert all(scale.low <= tick <= scale.high for tick in scale.ticks(4))


def test_order_is_kept_and_up_is_up():
    scale = fit([0.0, 1.0], 100.0, 0.0)
    assert scale.at(0.0) > scale.at(0.5) > scale.at(1.0)


def test_ticks_are_round():
    assert Scale(0.0, 199.0, 0, 1).ticks(8) == [0, 25, 50, 75, 100, 125, 150, 175]
    assert Scale(0.0009, 0.11, 0, 1, log=True).ticks(3) == pytest.approx([1e-3, 1e-2, 1e-1])
    assert Scale(1.5, 8.0, 0, 1, log=True).ticks(3) == [2, 3, 5, 7]


def test_outliers_and_wide_spans_make_it_logarithmic():
    bulk = [1.0 + i / 100 for i in range(60)]
    assert not fit(bulk, 0, 1).log
    assert fit([*bulk, 90.0], 0, 1).log
    assert fit([1e-4, 1.0], 0, 1).log
    assert not fit([-1.0, *bulk, 900.0], 0, 1).log


def test_zero_on_a_logarithmic_scale_is_held_at_the_bottom():
    scale = fit([0.0, 0.01, 0.1], 100.0, 0.0, log=True)
    assert scale.at(0.0) == 100.0
