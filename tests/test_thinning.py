from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrdiag.thinning import thin

# No test depends on the speed of the machine.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@PATIENT
@given(
    st.lists(st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf]), max_size=600),
    st.integers(8, 100),
    st.lists(st.integers(-5, 700), max_size=5),
)
def test_extremes_ends_and_kept_steps_survive(values, limit, keep):
    value = np.array(values, np.float64)
    step = np.arange(len(value), dtype=np.int64)
    at = thin(step, value, keep, limit)
    assert np.all(np.diff(at) > 0)
    assert len(at) <= limit + 2 * len(keep) + limit // 2
    kept = value[at]
    finite = value[np.isfinite(value)]
    if len(finite):
        assert finite.max() in kept
        assert finite.min() in kept
    if len(value):
        assert at[0] == 0
        assert at[-1] == len(value) - 1
    for wanted in keep:
        before = step[step < wanted]
        after = step[step >= wanted]
        assert len(value) <= limit or not len(before) or before[-1] in at
        assert len(value) <= limit or not len(after) or after[0] in at


def test_a_short_curve_is_left_alone():
    assert thin(np.arange(400), np.zeros(400)).tolist() == list(range(400))


def test_a_drop_stays_as_sharp_as_it_was_logged():
    step = np.arange(0, 100_000, 10)
    lr = np.where(step >= 43_210, 0.01, 0.1)
    at = thin(step, lr, [43_210], limit=50)
    falls = np.flatnonzero(np.diff(lr[at]) < 0)
    assert step[at][falls].tolist() == [43_200]
    assert step[at][falls + 1].tolist() == [43_210]


def test_every_spike_of_a_long_log_is_drawn():
    value = np.zeros(1_000_000)
    spikes = np.arange(7, 1_000_000, 99_991)
    value[spikes] = 5.0
    assert set(spikes) <= set(thin(np.arange(1_000_000), value).tolist())


def test_a_gap_of_missing_values_is_kept():
    value = np.ones(10_000)
    value[5_005:5_009] = np.nan
    at = thin(np.arange(10_000), value, limit=40)
    assert 5_005 in at
    assert 5_004 in at


@pytest.mark.parametrize(("count", "limit", "match"), [(3, 400, "differ|points"), (5, 4, "limit")])
def test_wrong_arguments_are_refused(count, limit, match):
    with pytest.raises(ValueError, match=match):
        thin(np.arange(5), np.zeros(count), limit=limit)
