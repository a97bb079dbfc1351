"""The signs of a change that the trees were fitted with, number by number.

The trees of `from_loss_trees.json` split on these values: a sign that is computed in another way
makes them wrong without any error. What each sign means is tested against plain loops elsewhere.
"""

import numpy as np
import pytest

from lrdiag.schedule.from_loss_features import binned, features

NAN = float("nan")
ROWS = [0, 1, 5, 13, 14, 21, 25]
# Loss per step, epochs of 3 to 12 points, a lasting fall by 26 % at epoch 14.
WANTED = {
    "step_over_error": [NAN, NAN, -0.2482155, 0.02030559, 5.230602, -2.426156, NAN],
    "approach_over_error": [NAN, NAN, -0.7837723, 0.6697781, 4.496729, -0.4992835, NAN],
    "step_beside_bend": [NAN, NAN, -0.5048596, 0.3149399, 6.513124, -2.828789, NAN],
    "step_beside_bend_gain": [NAN, NAN, -0.3937074, 0.1478853, 22.09852, -8.391627, NAN],
    "fall_among_neighbours": [
        -0.4899909,
        -0.1179596,
        0.6426917,
        -0.7955838,
        4.754264,
        -3.507082,
        2.650439,
    ],
    "fall_above_later": [-0.3281415, -0.310969, -0.2570805, -0.3406814, 0.205304, -0.1095629, 0],
    "approach_above_rest": [NAN, NAN, -7.593044, -1.073361, 3.978198, -8.370957, NAN],
    "step_beside_bend_above_rest": [NAN, NAN, -10.66379, 0.9335176, 8.671476, -12.22668, NAN],
    "gap_of_3_over_noise": [NAN, 0.4474852, 0.8457623, -0.6336238, 7.917148, -1.10323, 1.751781],
    "gap_of_5": [NAN, 0.01717254, 0.03245669, -0.02431573, 0.3038258, -0.04233717, 0.06722574],
    "slope_after": [
        -0.02886103,
        -0.02945182,
        -0.04570418,
        -0.04654497,
        -0.02764869,
        -0.04825548,
        NAN,
    ],
    "scatter_shrinks": [NAN, NAN, -0.3914648, -0.9974887, -0.1445635, 2.285582, NAN],
    "step_in_parts_gain": [NAN, -0.3902865, -0.1319753, 0.03976371, 38.56292, -5.577823, 1.614504],
    "step_in_parts_beside_bend_gain": [
        NAN,
        -2.110557,
        -0.1345565,
        0.05270487,
        39.85634,
        -5.682676,
        -0.0001644365,
    ],
    "approach_in_parts_over_error": [
        NAN,
        -0.8838121,
        -0.3668705,
        2.233664,
        3.906584,
        -0.5860032,
        -0.1253257,
    ],
    "points_calm_down": [
        0.1207539,
        0.1635559,
        0.2158777,
        0.433334,
        0.6201678,
        0.2082115,
        0.06106154,
    ],
    "points_calm_down_relative": [
        0.02723806,
        0.04219342,
        0.05476151,
        0.01086567,
        0.1439157,
        0.07638032,
        -0.08456672,
    ],
    "error_of_a_mean": [-3.67556, -3.571104, -3.535246, -3.745323, -3.781924, -3.773425, -3.798603],
}


def loss_by_step():
    epoch = np.repeat(np.arange(26.0), [7, 9, 8, 11, 4, 10, 9, 8, 3, 12, 8, 9, 10] * 2)
    at = np.arange(len(epoch), dtype=float)
    wave = 1.0 + 0.1 * np.sin(1.7 * at * at % 31)
    return 3.0 * at, 2.0 * np.exp(-0.03 * epoch - 0.3 * (epoch >= 14)) * wave, epoch


@pytest.mark.parametrize("name", WANTED)
def test_a_sign_is_what_the_trees_were_fitted_with(name):
    found = features(binned(*loss_by_step()))[name]
    assert found[ROWS] == pytest.approx(WANTED[name], rel=1e-4, abs=1e-5, nan_ok=True)


def test_all_signs_are_looked_at():
    assert set(features(binned(*loss_by_step()))) == set(WANTED)


@pytest.mark.parametrize(("count", "inside"), [(3, False), (4, True)])
def test_parts_need_four_points_an_epoch(count, inside):
    epoch = np.repeat(np.arange(8.0), count)
    at = np.arange(len(epoch), dtype=float)
    curve = binned(at, 1.0 + at, epoch)
    assert (len(curve.parts), len(curve.scatter)) == ((32, 8) if inside else (0, 0))
    assert curve.points.tolist() == [count] * 8
    assert curve.level == pytest.approx(np.log((1.0 + at).reshape(8, count).mean(axis=1)))
    if inside:
        assert curve.parts == pytest.approx(np.log(1.0 + at))


def test_the_scatter_is_that_of_the_points_of_an_epoch():
    epoch = np.repeat(np.arange(3.0), 4)
    value = np.array([1.0, 3.0, 1.0, 3.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 5.0])
    curve = binned(np.arange(12.0), value, epoch)
    # Standard deviations with n - 1, and a millionth of the mean.
    deviations = [np.sqrt(4 / 3) + 2e-6, 2e-6, 2.0 + 2e-6]
    assert curve.scatter == pytest.approx(np.log(deviations), rel=1e-9)


def test_an_epoch_of_one_point_among_longer_ones_has_no_scatter():
    epoch = np.repeat(np.arange(4.0), [5, 5, 1, 5])
    curve = binned(np.arange(16.0), np.full(16, 2.0), epoch)
    assert curve.scatter == pytest.approx([np.log(2e-6)] * 4)
