"""The measuring of changes found from the loss alone."""

import numpy as np
import pytest

from benchmarks.loss_drops_fit import as_data, logistic
from benchmarks.loss_drops_scores import (
    Training,
    best_near_visible,
    calibration_error,
    found,
    is_visible,
)
from lrdiag.schedule.from_loss_trees import trees_from


def training(changes, visible):
    return Training("mlp", "step", None, changes, visible)


def test_a_place_is_right_within_one_epoch_of_a_change():
    chance = np.zeros(20)
    chance[[5, 10, 15]] = 0.9, 0.6, 0.3
    places = found([training([6, 12], [12])], [chance])
    np.testing.assert_array_equal(places, [[0.9, 1], [0.6, 0], [0.3, 0]])
    np.testing.assert_array_equal(best_near_visible([training([6], [6, 12])], [chance]), [0.9, 0])


def test_calibration_error_is_the_mean_distance_of_told_and_seen():
    right = np.column_stack([np.full(100, 0.25), np.arange(100) % 4 == 0])
    assert calibration_error(right, 5) == pytest.approx(0.0)
    assert calibration_error(right + np.array([0.5, 0.0]), 5) == pytest.approx(0.5)


def test_the_calibration_undoes_a_log_odds_that_is_twice_too_sure():
    rng = np.random.default_rng(0)
    odds = rng.normal(0, 1.5, 40_000)
    seen = rng.random(len(odds)) < 1 / (1 + np.exp(-odds))
    slope, offset = logistic(np.column_stack([1 / (1 + np.exp(-2 * odds)), seen]))
    assert slope == pytest.approx(0.5, abs=0.02) and offset == pytest.approx(0.0, abs=0.03)


def test_only_a_step_that_stands_out_is_visible():
    level = 0.01 * np.random.default_rng(0).standard_normal(40)
    assert not is_visible(level, 20)
    assert is_visible(level - 0.2 * (np.arange(40) >= 20), 20)
    assert not is_visible(level - 0.2 * (np.arange(40) >= 2), 2)


def test_dumped_trees_become_arrays_of_one_length():
    leaf = [{"leaf_value": v} for v in (1.0, 2.0, 3.0)]
    inner = {
        "split_feature": 1, "threshold": 0.5, "default_left": False,
        "left_child": leaf[1], "right_child": leaf[2],
    }  # fmt: skip
    root = {
        "split_feature": 0, "threshold": 0.0, "default_left": True,
        "left_child": leaf[0], "right_child": inner,
    }  # fmt: skip
    model = {"tree_info": [{"tree_structure": root}, {"tree_structure": {"leaf_value": 0.25}}]}
    trees = trees_from(as_data(model, ["a", "b"]))
    table = np.array([[-1.0, 9.0], [1.0, 0.0], [1.0, 1.0], [np.nan, 0.0], [1.0, np.nan]])
    np.testing.assert_array_equal(trees.log_odds(table), [1.25, 2.25, 3.25, 1.25, 3.25])
