"""Estimates against planted truth, a slow oracle, and scipy."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from lrdiag.statistics.binning import fill_gaps, mean_between, merge_equal
from lrdiag.statistics.change import level_change
from lrdiag.statistics.discoveries import adjusted_p_values
from lrdiag.statistics.distributions import normal_tail, t_quantile_975, t_tail
from lrdiag.statistics.noise import noise_level
from lrdiag.statistics.onset import rise_over_best
from lrdiag.statistics.scorecard import read_card, scorecard
from lrdiag.statistics.trend import fit_trend, theil_sen


@pytest.mark.parametrize("degrees", [1, 2, 3, 5, 10, 30, 200])
def test_t_distribution_agrees_with_scipy(degrees):
    assert t_quantile_975(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=0.02)
    for t in (0.5, 1.0, 2.0, 3.0):
        assert t_tail(t, degrees) == pytest.approx(stats.t.sf(t, degrees), rel=0.25, abs=2e-3)
    assert t_tail(-2.0, degrees) == pytest.approx(1 - t_tail(2.0, degrees))


def test_normal_tail_agrees_with_scipy():
    for z in (-2.0, 0.0, 1.0, 5.0):
        assert normal_tail(z) == pytest.approx(stats.norm.sf(z))


def test_binned_means_agree_with_a_slow_oracle():
    r = np.random.default_rng(0)
    at, value = r.uniform(0, 10, 500), r.normal(size=500)
    edges = np.linspace(-1, 11, 13)
    slow = [
        np.mean([v for a, v in zip(at, value, strict=True) if lo < a <= hi] or [np.nan])
        for lo, hi in pairwise(edges)
    ]
    assert np.allclose(mean_between(at, value, edges), slow, equal_nan=True)


def test_merged_positions_are_averaged_and_gaps_interpolated():
    at, value = merge_equal(np.array([1.0, 0, 1, 2]), np.array([4.0, 1, 6, np.nan]))
    assert at.tolist() == [0, 1] and value.tolist() == [1, 5]
    assert fill_gaps(np.array([np.nan, 1, np.nan, 3])).tolist() == [1, 1, 2, 3]


def test_noise_is_blind_to_trend_and_jumps():
    r = np.random.default_rng(1)
    clean = np.linspace(5, 1, 400)
    clean[200:] -= 2
    assert noise_level(clean + r.normal(0, 0.1, 400)) == pytest.approx(0.1, rel=0.2)
    assert math.isnan(noise_level(clean[:3]))


def test_theil_sen_ignores_outliers():
    at = np.arange(50.0)
    value = 3 - 0.1 * at
    value[::7] += 5
    slope, level = theil_sen(at, value)
    assert slope == pytest.approx(-0.1, abs=0.01) and level == pytest.approx(3 - 4.9, abs=0.2)
    assert fit_trend(at[:2], value[:2]) is None


def test_slope_interval_covers_the_truth():
    r, hit = np.random.default_rng(3), 0
    for _ in range(200):
        trend = fit_trend(np.arange(20.0), -0.05 * np.arange(20) + r.normal(0, 0.3, 20))
        low, high = trend.slope_interval()
        hit += low <= -0.05 <= high
    assert hit >= 180


def test_level_change_covers_a_planted_step_and_keeps_its_level():
    r, hit, alarms = np.random.default_rng(4), 0, 0
    for _ in range(300):
        noise = r.normal(0, 0.1, 40)
        stepped = noise + np.where(np.arange(40) >= 20, -0.5, 0.0)
        change = level_change(stepped, 0, 20, 40)
        hit += change.low <= -0.5 <= change.high
        alarms += level_change(noise, 0, 20, 40).p_value < 0.05
    assert hit >= 270
    assert alarms <= 30


def test_rise_over_best_finds_a_planted_onset():
    t = np.arange(40)
    curve = 1 + np.exp(-t / 3.0) + np.maximum(t - 15, 0) * 0.03
    rise = rise_over_best(curve + np.random.default_rng(5).normal(0, 0.005, 40))
    assert 12 <= rise.best <= 17 and rise.best <= rise.onset <= 19
    assert rise.relative == pytest.approx(0.68, abs=0.03) and rise.p_value < 1e-3


def test_picking_the_best_of_pure_noise_is_no_rise():
    r = np.random.default_rng(6)
    found = [rise_over_best(1 + r.normal(0, 0.05, 40)).p_value < 0.05 for _ in range(200)]
    assert np.mean(found) < 0.1


def test_benjamini_hochberg_agrees_with_scipy():
    p = [0.001, 0.2, 0.03, 0.03, 0.9]
    assert adjusted_p_values(p) == pytest.approx(stats.false_discovery_control(p))
    assert adjusted_p_values([]) == []


def test_a_card_can_be_taken_apart():
    card = read_card(
        {
            "bias": -1.0,
            "threshold": 0.5,
            "traits": {"up": {"edges": [0.2, 0.4], "points": [-1.0, 0.0, 2.0], "missing": 0.5}},
        }
    )
    assert card.contributions({"up": 0.2}) == {"up": -1.0}
    assert card.contributions({"up": 0.2 + 1e-12}) == {"up": -1.0}, "rounding is no other band"
    assert card.contributions({"up": 0.41}) == {"up": 2.0}
    assert card.contributions({}) == {"up": 0.5}
    assert card.probability({"up": 0.5}) == pytest.approx(1 / (1 + math.exp(-1.0)))


@pytest.mark.parametrize("name", ["overfitting", "lr_too_low", "plateau_after_drop"])
def test_shipped_cards_are_well_formed(name):
    card = scorecard(name)
    assert 0 < card.threshold < 1
    for bands in card.bands.values():
        assert len(bands.points) == len(bands.edges) + 1
        assert list(bands.edges) == sorted(bands.edges)
