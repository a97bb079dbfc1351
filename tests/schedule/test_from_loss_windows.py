"""Windowed sums against the same thing written out slowly."""

import numpy as np
import pytest

from lrdiag.schedule.from_loss_windows import (
    above_the_rest,
    around,
    falls,
    lines_after,
    scatter_before,
)

LEVEL = np.cumsum(np.random.default_rng(3).standard_normal(40)) * 0.1


def slow_fall(level, place, window, degree, approach):
    begin, end = max(place - window, 0), min(place + window, len(level))
    at = np.arange(begin, end) - place + 0.5
    step = (at > 0) * (1.0 if not approach else 1 - np.exp(-(at + 0.5) / approach))
    smooth = np.stack([at**power for power in range(degree + 1)], axis=1)
    both = np.column_stack([smooth, step])
    value = level[begin:end]
    found = np.linalg.lstsq(both, value, rcond=None)[0]
    without = value - smooth @ np.linalg.lstsq(smooth, value, rcond=None)[0]
    rest = value - both @ found
    variance = rest @ rest / max(len(at) - degree - 2, 1) + 1e-6
    t = -found[-1] / np.sqrt(variance * np.linalg.inv(both.T @ both)[-1, -1])
    gain = len(at) * np.log((without @ without + 1e-6) / (rest @ rest + 1e-6))
    return t, gain * np.sign(-found[-1])


@pytest.mark.parametrize(
    ("window", "degree", "approach"), [(5, 1, 0.0), (6, 2, 0.0), (4, 1, 1.0), (30, 2, 4.0)]
)
def test_falls_are_those_of_least_squares_at_every_place(window, degree, approach):
    t, gain = falls(LEVEL, window, degree, approach)
    for place in range(4, len(LEVEL) - 3):
        assert (t[place], gain[place]) == pytest.approx(
            slow_fall(LEVEL, place, window, degree, approach), rel=1e-6, abs=1e-8
        )
    assert np.isnan(t[[0, 1, -1]]).all()


def test_every_fourth_place_is_what_all_places_give_there():
    every, whole = falls(LEVEL, 6, every=4), falls(LEVEL, 6)
    np.testing.assert_allclose(every[0], whole[0][::4])
    np.testing.assert_allclose(every[1], whole[1][::4])


def test_lines_are_those_of_polyfit():
    slope, scatter = lines_after(LEVEL, 8)
    before = scatter_before(LEVEL, 8)
    for place in range(4, len(LEVEL) - 4):
        for value, told in (
            (LEVEL[place : place + 8], scatter[place]),
            (LEVEL[max(place - 8, 0) : place], before[place]),
        ):
            at = np.arange(len(value))
            rest = value - np.polyval(np.polyfit(at, value, 1), at)
            assert told == pytest.approx(np.sqrt(rest @ rest / (len(value) - 2)), abs=1e-12)
        value = LEVEL[place : place + 8]
        assert slope[place] == pytest.approx(np.polyfit(np.arange(len(value)), value, 1)[0])
    assert np.isnan(slope[-3:]).all() and np.isnan(before[:4]).all()


def test_lines_on_a_curve_shorter_than_the_window():
    slope, _ = lines_after(np.arange(6.0), 10)
    np.testing.assert_allclose(slope[:3], 1.0)
    assert np.isnan(slope[3:]).all()


def test_around_pads_beyond_the_ends():
    np.testing.assert_array_equal(
        around(np.array([1.0, 2.0, 3.0]), 1, 2, 0.0), [[0, 1, 2], [1, 2, 3], [2, 3, 0]]
    )


def test_above_the_rest_compares_with_every_place_far_enough_away():
    value = np.random.default_rng(0).standard_normal(20)
    value[7] = np.nan
    told = above_the_rest(value, 3)
    for place in (8, 12, 19):
        rivals = [value[p] for p in range(3, 20) if abs(p - place) >= 3 and not np.isnan(value[p])]
        assert told[place] == pytest.approx(value[place] - max(rivals))
    np.testing.assert_array_equal(above_the_rest(np.arange(3.0), 3), 0.0)
