"""Signs of a change: what they answer to and what they do not."""

import numpy as np
import pytest

from lrdiag.schedule.from_loss_features import PARTS, binned, features


def per_step(epochs=30, points=20, place=15, size=0.4, seed=0):
    step = np.arange(epochs * points)
    epoch = step // points
    rng = np.random.default_rng(seed)
    calm = np.where(epoch >= place, 0.1, 0.2)
    loss = 2.0 * np.exp(
        -np.where(epoch >= place, size, 0.0) + calm * rng.standard_normal(len(step))
    )
    return step.astype(float), loss, epoch.astype(float)


def test_binned_is_the_mean_of_each_epoch_and_of_its_quarters():
    step, loss, epoch = per_step()
    curve = binned(step, loss, epoch)
    blocks = loss.reshape(30, 20)
    np.testing.assert_allclose(curve.level, np.log(blocks.mean(axis=1)))
    np.testing.assert_allclose(curve.parts, np.log(loss.reshape(30 * PARTS, 5).mean(axis=1)))
    np.testing.assert_allclose(np.exp(curve.scatter), blocks.std(axis=1, ddof=1), rtol=1e-4)
    np.testing.assert_array_equal(curve.step, step[::20])


def test_epochs_of_unequal_length_still_fill_every_quarter():
    epoch = np.repeat(np.arange(20.0), [2, 7, 9, 5] * 5)
    curve = binned(np.arange(len(epoch), dtype=float), np.ones(len(epoch)), epoch)
    assert len(curve.parts) == 20 * PARTS and np.all(curve.parts == 0.0)


def test_one_point_an_epoch_leaves_the_inside_unknown():
    value = np.linspace(2, 1, 30)
    signs = features(binned(np.arange(30.0), value, np.arange(30.0)))
    for name in ("step_in_parts_gain", "points_calm_down", "error_of_a_mean"):
        assert np.isnan(signs[name]).all()


@pytest.mark.parametrize("size", [0.2, 0.6])
def test_every_sign_of_a_step_is_largest_at_the_step_where_windows_are_whole(size):
    signs = features(binned(*per_step(points=400, size=size)))
    for name in (
        "step_over_error",
        "approach_over_error",
        "fall_among_neighbours",
        "gap_of_5",
        "step_in_parts_gain",
    ):
        assert np.nanargmax(signs[name][8:-8]) + 8 == 15, name
    assert np.nanargmax(signs["approach_in_parts_over_error"][8:-8]) + 8 in (14, 15)


def test_points_that_calm_down_are_seen():
    signs = features(binned(*per_step(points=400)))
    assert signs["points_calm_down"][15] == pytest.approx(np.log(2) + 0.4, abs=0.1)
    assert signs["points_calm_down_relative"][15] == pytest.approx(np.log(2), abs=0.1)


def test_the_unit_of_the_loss_changes_nothing():
    step, loss, epoch = per_step()
    one, other = features(binned(step, loss, epoch)), features(binned(step, 37.0 * loss, epoch))
    for name, value in one.items():
        np.testing.assert_allclose(other[name], value, rtol=1e-6, atol=1e-8, err_msg=name)
