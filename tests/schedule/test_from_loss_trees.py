"""Trees kept as data: the same sums as following each branch, NaN included."""

import json
from importlib.resources import files

import numpy as np
import pytest

from lrdiag.schedule.from_loss_features import binned, features
from lrdiag.schedule.from_loss_trees import FILE, fitted_trees, trees_from

DATA = {
    "names": ["a", "b"],
    "feature": [[0, 1], [1, 1]],
    "threshold": [[0.5, -1.0], [0.0, 0.0]],
    "left": [[1, -1], [-1, -1]],
    "right": [[-3, -2], [-2, -2]],
    "unknown_left": [[True, False], [False, False]],
    "leaf": [[1.0, 2.0, 4.0], [10.0, 20.0, 20.0]],
    "slope": 2.0,
    "offset": -1.0,
    "coarse_slope": 1.0,
    "coarse_offset": -3.0,
}


def slow(data, row):
    total = 0.0
    for tree in range(len(data["feature"])):
        node = 0
        while node >= 0:
            value = row[data["feature"][tree][node]]
            left = data["unknown_left"][tree][node]
            if not np.isnan(value):
                left = value <= data["threshold"][tree][node]
            node = data["left" if left else "right"][tree][node]
        total += data["leaf"][tree][-1 - node]
    return total


def test_small_trees_by_hand():
    table = np.array([[0.0, -2.0], [0.5, 1.0], [0.6, -1.0], [np.nan, np.nan]])
    told = trees_from(DATA).log_odds(table)
    np.testing.assert_array_equal(told, [11.0, 22.0, 14.0, 22.0])
    np.testing.assert_array_equal(told, [slow(DATA, row) for row in table])


def test_the_calibration_is_a_logistic_of_the_log_odds():
    signs = {"b": np.array([1.0]), "a": np.array([0.6])}
    told = trees_from(DATA).probability(signs)
    assert told == pytest.approx(1 / (1 + np.exp(-(2.0 * 24.0 - 1.0))))


def test_curves_that_say_less_have_a_calibration_of_their_own():
    signs = {"b": np.array([1.0]), "a": np.array([-5.0])}
    assert trees_from(DATA).log_odds(np.array([[-5.0, 1.0]])) == [22.0]
    told = trees_from(DATA | {"coarse_slope": 0.1}).probability(signs, coarse=True)
    assert told == pytest.approx(1 / (1 + np.exp(-(0.1 * 22.0 - 3.0))))


def test_the_fitted_trees_follow_each_branch():
    data = json.loads(files("lrdiag.schedule").joinpath(FILE).read_text())
    rng = np.random.default_rng(1)
    table = rng.standard_normal((30, len(data["names"]))) * rng.choice([0.05, 1, 10], (30, 1))
    table[rng.random(table.shape) < 0.2] = np.nan
    np.testing.assert_allclose(
        fitted_trees().log_odds(table), [slow(data, row) for row in table], rtol=1e-9
    )


def test_the_fitted_trees_know_every_feature():
    step = np.arange(120.0)
    curve = binned(step, np.exp(-step / 50), step // 6)
    assert set(fitted_trees().names) == set(features(curve))


def test_a_feature_that_is_missing_is_named():
    with pytest.raises(KeyError, match="b"):
        trees_from(DATA).probability({"a": np.zeros(1)})
