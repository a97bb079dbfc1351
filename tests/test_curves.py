from __future__ import annotations

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.curves import curves_of
from lrdiag.roles.resolution import resolve_roles


def curves(run):
    return curves_of(run, resolve_roles(run), EpochAxis())


def test_percent_becomes_a_fraction_and_is_said(make_run):
    found, notes = curves(make_run({"val_acc": [70.0, 80.0, 90.0]}))
    np.testing.assert_allclose(found["val_accuracy"].value, [0.7, 0.8, 0.9])
    assert notes == ["val_accuracy: 'val_acc' is logged in percent, divided by 100."]


def test_fractions_are_left_alone(make_run):
    found, notes = curves(make_run({"val_acc": [0.7, 0.8]}))
    np.testing.assert_allclose(found["val_accuracy"].value, [0.7, 0.8])
    assert notes == []


def test_the_twin_decides_where_one_split_stays_below_one_percent(make_run):
    found, _ = curves(make_run({"train_acc": [1.0, 40.0], "val_acc": [0.9, 1.1]}))
    np.testing.assert_allclose(found["val_accuracy"].value, [0.009, 0.011])


@pytest.mark.parametrize(
    ("logged", "expected"), [([0.4, 0.1], [0.6, 0.9]), ([40.0, 10.0], [0.6, 0.9])]
)
def test_error_rates_become_accuracy(make_run, logged, expected):
    found, notes = curves(make_run({"val_error1": logged}))
    np.testing.assert_allclose(found["val_accuracy"].value, expected)
    assert "error" in notes[0]


def test_a_miss_rate_becomes_recall_but_a_count_does_not(make_run):
    rate, _ = curves(make_run({"fast_rcnn/false_negative": [1.0, 0.9]}))
    np.testing.assert_allclose(
        rate["val_recall/fast rcnn"].value
        if "val_recall/fast rcnn" in rate
        else rate["val_recall"].value,
        [0.0, 0.1],
    )
    count, _ = curves(make_run({"val_false_negatives": [55.0, 40.0]}))
    assert "val_recall" not in count
    np.testing.assert_allclose(count["val_false_negatives"].value, [55.0, 40.0])


def test_points_logged_out_of_order_are_put_in_order(make_run):
    found, _ = curves(make_run({"val_loss": [3.0, 1.0, 2.0]}, {"val_loss": [2, 0, 1]}))
    assert found["val_loss"].step.tolist() == [0, 1, 2]
    assert found["val_loss"].value.tolist() == [1.0, 2.0, 3.0]


def test_nan_survives_conversion(make_run):
    found, _ = curves(make_run({"val_acc": [70.0, float("nan")]}))
    assert np.isnan(found["val_accuracy"].value[1])
