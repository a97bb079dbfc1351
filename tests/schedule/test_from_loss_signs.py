"""The signs of a change that the trees were fitted with, number by number.

The trees of `from_loss_trees.json` split on these values: a sign that is computed in another way
makes them wrong without any error. What each sign means is tested against plain loops elsewhere.
"""

import numpy as np
import pytest

from lrdiag.schedule.from_loss_features import binned, features

NAN = float("nan")
ROWS = [0, 1, 5, 13, 14, 21, 25]
# At these rows, and the sum of the squares of all. Loss per step, epochs of 3 to 12 points, a
# lasting fall by 26 % at epoch 14.
WANTED = {
    "step_over_error": [NAN, NAN, -2.180586, 0.09549496, 2.992436, -4.492114, NAN, 61.62481],
    "approach_over_error": [NAN, NAN, -3.004132, 0.4283989, 4.060397, -2.887573, NAN, 70.44384],
    "step_beside_bend": [NAN, NAN, -4.04685, 0.09353825, 3.967389, -5.318945, NAN, 82.35862],
    "step_beside_bend_gain": [NAN, NAN, -13.26763, 0.01311819, 13.05482, -17.79843, NAN, 762.4179],
    "fall_among_neighbours": [
        -0.9673767,
        0.3376432,
        -2.35999,
        -0.5585513,
        4.402976,
        -2.494423,
        1.207172,
        58.77798,
    ],
    "fall_above_later": [
        -0.3737445,
        -0.3106022,
        -0.4975697,
        -0.3790193,
        0.2047726,
        -0.258103,
        0,
        1.988334,
    ],
    "approach_above_rest": [NAN, NAN, -6.465553, -2.808166, -0.2617617, -7.312255, NAN, 423.2645],
    "step_beside_bend_above_rest": [
        NAN,
        NAN,
        -7.640856,
        -0.3499226,
        3.123881,
        -9.388356,
        NAN,
        762.3672,
    ],
    "gap_of_3_over_noise": [
        NAN,
        0.851658,
        -1.751951,
        -1.47061,
        3.570423,
        -2.022837,
        1.608932,
        61.48558,
    ],
    "gap_of_5": [
        NAN,
        0.06314231,
        -0.1298905,
        -0.1090317,
        0.2647128,
        -0.1499741,
        0.1192869,
        0.2868889,
    ],
    "slope_after": [
        -0.02521219,
        -0.0160694,
        -0.0443324,
        -0.05091271,
        -0.0265166,
        -0.09006539,
        NAN,
        0.07615059,
    ],
    "scatter_shrinks": [NAN, NAN, 0.03795557, -0.5944033, -0.3101153, 0.8072119, NAN, 7.627081],
    "step_in_parts_gain": [
        NAN,
        2.619678,
        -14.16302,
        0.1136224,
        26.35465,
        -30.76831,
        6.290749,
        2726.683,
    ],
    "step_in_parts_beside_bend_gain": [
        NAN,
        -7.727756,
        -21.73199,
        0.1350412,
        29.26264,
        -32.469,
        -0.4366269,
        2752.551,
    ],
    "approach_in_parts_over_error": [
        NAN,
        -0.05176801,
        -1.507636,
        2.043103,
        4.946697,
        -1.606591,
        -0.3289735,
        163.1123,
    ],
    "points_calm_down": [
        0.2206027,
        0.2822041,
        0.1429902,
        0.4600095,
        0.684453,
        0.1849807,
        0.1556046,
        2.947442,
    ],
    "points_calm_down_relative": [
        0.02723806,
        0.04219342,
        0.05476151,
        0.01086567,
        0.1439157,
        0.07638032,
        -0.08456672,
        0.3965485,
    ],
    "error_of_a_mean": [
        -3.67556,
        -3.571104,
        -3.535246,
        -3.745323,
        -3.781924,
        -3.773425,
        -3.798603,
        352.5398,
    ],
}


def loss_by_step():
    epoch = np.repeat(np.arange(26.0), [7, 9, 8, 11, 4, 10, 9, 8, 3, 12, 8, 9, 10] * 2)
    at = np.arange(len(epoch), dtype=float)
    wave = 1.0 + 0.1 * np.sin(1.7 * at * at % 31)
    return (
        3.0 * at,
        2.0 * np.exp(-0.03 * epoch - 0.3 * (epoch >= 14) + 0.1 * np.cos(epoch**2)) * wave,
        epoch,
    )


@pytest.mark.parametrize("name", WANTED)
def test_a_sign_is_what_the_trees_were_fitted_with(name):
    found = features(binned(*loss_by_step()))[name]
    seen = [*found[ROWS], np.nansum(found**2)]
    assert seen == pytest.approx(WANTED[name], rel=1e-4, abs=1e-5, nan_ok=True)


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
