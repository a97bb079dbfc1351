"""Planted noise that hangs together from row to row: what estimates and intervals make of it."""

import numpy as np
import pytest

from lrdiag.statistics.change import difference, level_change
from lrdiag.statistics.correlated_noise import _basis, _expected, mean_variance, stretch_noise
from lrdiag.statistics.onset import rise_over_best
from lrdiag.statistics.trend import fit_trend


def correlated(r, rows, rho):
    """Stationary AR(1) of standard deviation 1."""
    shock = r.normal(size=rows)
    noise = np.empty(rows)
    noise[0] = shock[0]
    for i in range(1, rows):
        noise[i] = rho * noise[i - 1] + np.sqrt(1 - rho**2) * shock[i]
    return noise


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6, 0.8])
@pytest.mark.parametrize("before, after", [(6, 8), (8, 13), (20, 21), (40, 21), (100, 61)])
def test_the_interval_of_a_change_covers_a_planted_step(before, after, rho):
    r = np.random.default_rng(before * 1000 + round(10 * rho))
    hit = 0
    for _ in range(200):
        curve = correlated(r, before + after, rho)
        curve[before:] = curve[before:] / 2 - 4.0
        change = level_change(curve, 0, before, before + after)
        hit += change.low <= -4.0 <= change.high
    # 88 to 92 % is what stretches of ten rows reach at 0.8; three errors of 200 draws below it
    assert hit >= 0.83 * 200 if min(before, after) < 16 and rho > 0.6 else hit >= 0.86 * 200


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_the_interval_is_not_simply_wide(rho):
    r = np.random.default_rng(7)
    errors = [level_change(correlated(r, 120, rho), 0, 60, 120).error for _ in range(100)]
    true = np.sqrt(2 * mean_variance(3, rho))
    assert np.median(errors) == pytest.approx(true, rel=0.15)


def test_independent_noise_of_twelve_rows_still_shows_a_clear_step():
    r = np.random.default_rng(8)
    found = 0
    for _ in range(100):
        curve = r.normal(size=25)
        curve[12:] += 5.0
        found += level_change(curve, 0, 12, 25).p_value < 0.01
    assert found >= 75


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6, 0.8])
def test_the_slope_of_a_line_is_covered(rho):
    r, hit = np.random.default_rng(9), 0
    at = np.arange(25.0)
    for _ in range(200):
        low, high = fit_trend(at, -0.05 * at + correlated(r, 25, rho)).slope_interval()
        hit += low <= -0.05 <= high
    assert hit >= 0.86 * 200


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6, 0.8])
def test_the_best_of_correlated_noise_is_no_rise(rho):
    r = np.random.default_rng(10)
    found = [rise_over_best(5 + correlated(r, 40, rho)).p_value < 0.05 for _ in range(200)]
    assert np.mean(found) < 0.1


@pytest.mark.parametrize("rows, rho", [(1, 0.5), (3, 0.0), (3, 0.6), (20, 0.8)])
def test_the_variance_of_a_mean_is_that_of_the_full_covariance(rows, rho):
    lag = np.abs(np.subtract.outer(np.arange(rows), np.arange(rows)))
    assert mean_variance(rows, rho) == pytest.approx((rho**lag).sum() / rows**2)


@pytest.mark.parametrize("rows, trend", [(6, "line"), (12, "slow decay"), (20, "parabola")])
def test_what_a_trend_takes_is_computed_right(rows, trend):
    r, rho = np.random.default_rng(11), 0.6
    basis = _basis(rows, trend)
    squares, products = [], []
    for _ in range(4000):
        noise = correlated(r, rows, rho)
        left = noise - basis @ np.linalg.lstsq(basis, noise, rcond=None)[0]
        squares.append(left @ left)
        products.append(left[1:] @ left[:-1])
    found = _expected(rows, trend)
    where = np.linspace(0, 0.95, 20)
    assert np.interp(rho, where, found.squares) == pytest.approx(np.mean(squares), rel=0.06)
    share = np.mean(products) / np.mean(squares)
    assert np.interp(rho, where, found.correlation) == pytest.approx(share, abs=0.04)


def test_a_spike_is_no_noise():
    curve = np.random.default_rng(12).normal(size=30)
    spiked = curve.copy()
    spiked[11] += 500.0
    plain, with_spike = (stretch_noise(c)[0].sigma for c in (curve, spiked))
    assert with_spike == pytest.approx(plain, rel=0.6)


def test_two_stretches_keep_their_own_size_and_share_the_correlation():
    r = np.random.default_rng(13)
    loud, still = stretch_noise(4 * correlated(r, 60, 0.5), correlated(r, 60, 0.5))
    assert loud.sigma > 2 * still.sigma and loud.rho == still.rho
    assert 0.4 < loud.rho < 0.85


def test_too_few_rows_say_nothing_and_a_straight_line_has_no_noise():
    short, line = stretch_noise(np.array([1.0, 2.0, 1.0]), np.linspace(5.0, 1.0, 30))
    assert short is None and line.sigma == 0.0
    two = np.array([1.0, 1.0])
    open_end = difference(two, two + 1, two, two)
    assert open_end.high == np.inf and open_end.p_value == 1.0
    sure = difference(two, two + 1, np.ones(8), 2 * np.ones(8))
    assert (sure.low, sure.high, sure.p_value) == (1.0, 1.0, 0.0)


def test_a_short_stretch_borrows_the_noise_of_its_neighbour():
    curve = np.random.default_rng(14).normal(size=20)
    change = difference(curve[-3:], curve[:2] + 9, curve, curve[:2] + 9)
    assert 0 < change.error < 2.5 and change.p_value < 0.01
