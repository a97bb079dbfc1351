"""Features of a loss for drop points, against plain loops."""

import math

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.schedule.from_loss import (
    binned_loss,
)
from lrdiag.schedule.from_loss_features import binned, features
from lrdiag.schedule.from_loss_windows import (
    above_the_rest,
    around,
    falls,
    lines_after,
    scatter_before,
)
from lrdiag.view import Curve

NAN = float("nan")
EPOCHS = EpochAxis(np.array([0, 60]), np.array([0.0, 60.0]), "step is epoch")
STEPS = EpochAxis(np.array([0, 6000]), np.array([0.0, 60.0]), "configured")
RNG = np.random.default_rng(7)
LEVEL = np.cumsum(RNG.normal(-0.02, 0.05, 31))
ROUGH = RNG.normal(0, 0.3, 60)


def curve(value, step=None):
    step = np.arange(len(value)) if step is None else np.asarray(step)
    value = np.asarray(value, float)
    return Curve("train_loss", "loss", step, step.astype(float), value, False, "loss")


# Windows


def test_the_points_around_each_place():
    found = around(np.array([1.0, 2.0, 3.0]), 2, 2, -9.0)
    assert found.tolist() == [[-9, -9, 1, 2], [-9, 1, 2, 3], [1, 2, 3, -9]]
    assert around(np.array([1.0, 2.0]), 1, 0, 0.0).tolist() == [[0.0], [1.0]]
    assert around(np.array([1.0, 2.0]), 0, 2, 0.0).tolist() == [[1.0, 2.0], [2.0, 0.0]]


def slow_fall(level, place, window, degree, approach):
    """One place by least squares with and without a step, as textbooks write it."""
    begin, end = max(place - window, 0), min(place + window, len(level))
    if min(place - begin, end - place) < 2 or end - begin < degree + 3:
        return NAN, NAN
    at = np.arange(begin, end) - place
    step = np.where(at >= 0, 1.0 if not approach else 1 - np.exp(-(at + 1.0) / approach), 0.0)
    smooth = np.vander((at + 0.5) / max(place - begin, end - place), degree + 1)
    both = np.column_stack([smooth, step])
    y = level[begin:end]
    fit, *_ = np.linalg.lstsq(both, y, rcond=None)
    left = float(np.sum((y - both @ fit) ** 2))
    plain, *_ = np.linalg.lstsq(smooth, y, rcond=None)
    without = float(np.sum((y - smooth @ plain) ** 2))
    freedom = max(len(y) - degree - 2, 1)
    error = math.sqrt((left / freedom + 1e-6) * np.linalg.inv(both.T @ both)[-1, -1])
    gain = len(y) * math.log((without + 1e-6) / (left + 1e-6))
    return -fit[-1] / error, gain * np.sign(-fit[-1])


@pytest.mark.parametrize(("window", "degree", "approach"), [
    (5, 1, 0.0), (4, 1, 1.0), (6, 2, 0.0), (12, 2, 0.0), (6, 1, 1.0), (40, 1, 0.0),
])  # fmt: skip
def test_falls_are_those_of_least_squares_place_by_place(window, degree, approach):
    t, gain = falls(LEVEL, window, degree, approach)
    slow = np.array([slow_fall(LEVEL, p, window, degree, approach) for p in range(len(LEVEL))])
    assert t == pytest.approx(slow[:, 0], rel=1e-6, nan_ok=True)
    assert gain == pytest.approx(slow[:, 1], rel=1e-6, nan_ok=True)
    assert np.isfinite(t).sum() >= len(LEVEL) - 5


def test_falls_are_looked_at_every_few_places():
    every = falls(LEVEL, 6, every=4)
    plain = falls(LEVEL, 6)
    for some, whole in zip(every, plain, strict=True):
        assert some == pytest.approx(whole[::4], nan_ok=True)
    assert len(falls(np.zeros(9), 3, every=4)[0]) == 3


@pytest.mark.parametrize("length", [1, 3, 4, 5])
def test_few_points_tell_no_fall(length):
    t, gain = falls(np.arange(float(length)), 5, degree=2)
    assert len(t) == len(gain) == length
    assert np.isnan(t).all() if length < 5 else np.isfinite(t).sum() == 2


def slow_line(level, place, width):
    y = level[place : place + width]
    if len(y) < 4:
        return NAN, NAN
    slope, start = np.polyfit(np.arange(len(y)), y, 1)
    rest = y - start - slope * np.arange(len(y))
    return slope, math.sqrt(float(rest @ rest) / (len(y) - 2))


@pytest.mark.parametrize("width", [4, 8, 10, 50])
def test_lines_through_the_points_that_follow(width):
    slope, scatter = lines_after(LEVEL, width)
    slow = np.array([slow_line(LEVEL, p, width) for p in range(len(LEVEL))])
    assert slope == pytest.approx(slow[:, 0], nan_ok=True)
    assert scatter == pytest.approx(slow[:, 1], nan_ok=True)


def test_scatter_of_the_points_before():
    before = scatter_before(LEVEL, 8)
    for place in range(len(LEVEL)):
        expected = slow_line(LEVEL[:place][::-1], 0, 8)[1]
        assert before[place] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("apart", [1, 3])
def test_how_far_a_value_is_above_all_that_are_apart(apart):
    value = RNG.normal(size=20)
    value[[5, 11]] = NAN
    found = above_the_rest(value, apart)
    for place in range(20):
        rivals = [v for k, v in enumerate(value)
                  if k >= apart and abs(k - place) >= apart and np.isfinite(v)]  # fmt: skip
        expected = value[place] - max(rivals) if rivals else 0.0
        assert found[place] == pytest.approx(expected, nan_ok=True)
    assert above_the_rest(np.array([1.0, 2.0]), 3).tolist() == [0.0, 0.0]


# Features, by plain loops


def slow_features(level):
    n = len(level)
    fall = [0.0, *(level[k - 1] - level[k] for k in range(1, n))]
    second = [level[k + 1] - 2 * level[k] + level[k - 1] for k in range(1, n - 1)]
    noise = 1.4826 * np.median(np.abs(second)) / math.sqrt(6) + 1e-4

    def gap(place, width):
        if not place:
            return NAN
        return min(level[max(place - width, 0) : place]) - max(level[place : place + width])

    def neighbours(place):
        near = [fall[k] for k in range(max(place - 6, 1), min(place + 7, n)) if k != place]
        spread = np.median(np.abs(np.array(near) - np.median(near)))
        return (fall[place] - np.median(near)) / (1.4826 * spread + 2e-3)

    places = range(n)
    return {
        "fall_among_neighbours": [neighbours(p) for p in places],
        "fall_above_later": [fall[p] - max(fall[p + 1 :], default=fall[-1]) for p in places],
        "gap_of_3_over_noise": [gap(p, 3) / noise for p in places],
        "gap_of_5": [gap(p, 5) for p in places],
    }


@pytest.mark.parametrize("level", [LEVEL, ROUGH], ids=["falling", "rough"])
def test_features_between_epochs(level):
    loss = binned_loss(curve(np.exp(level)), EPOCHS)
    found = features(loss)
    for name, expected in slow_features(level).items():
        assert found[name] == pytest.approx(np.array(expected), nan_ok=True), name
    assert found["step_over_error"] == pytest.approx(falls(level, 5)[0], nan_ok=True)
    approach = falls(level, 4, approach=1.0)[0]
    assert found["approach_over_error"] == pytest.approx(approach, nan_ok=True)
    bend, gain = falls(level, 6, degree=2)
    assert found["step_beside_bend"] == pytest.approx(bend, nan_ok=True)
    assert found["step_beside_bend_gain"] == pytest.approx(gain, nan_ok=True)
    assert found["slope_after"] == pytest.approx(lines_after(level, 10)[0], nan_ok=True)
    before, after = scatter_before(level, 8), lines_after(level, 8)[1]
    shrinks = np.log((before + 1e-4) / (after + 1e-4))
    assert found["scatter_shrinks"] == pytest.approx(shrinks, nan_ok=True)
    for name, falling in (
        ("approach_above_rest", falls(level, 6, approach=1.0)[0]),
        ("step_beside_bend_above_rest", falls(level, 12, degree=2)[0]),
    ):
        assert found[name] == pytest.approx(above_the_rest(falling, 3), nan_ok=True)


def test_without_points_inside_epochs_their_signs_are_unknown():
    found = features(binned_loss(curve(np.exp(LEVEL)), EPOCHS))
    for name in ("step_in_parts_gain", "points_calm_down", "error_of_a_mean"):
        assert np.isnan(found[name]).all()


def dense(points=40, epochs=20, noise=0.1):
    rng = np.random.default_rng(3)
    level = np.repeat(-0.05 * np.arange(epochs), points)
    return np.exp(level + rng.normal(0, noise, points * epochs))


def test_features_inside_epochs():
    value = dense()
    number = np.repeat(np.arange(20.0), 40)
    loss = binned(np.arange(800.0), value, number)
    epochs = value.reshape(20, 40)
    assert loss.level == pytest.approx(np.log(epochs.mean(axis=1)))
    assert loss.parts == pytest.approx(np.log(epochs.reshape(80, 10).mean(axis=1)))
    spread = epochs.std(axis=1, ddof=1)
    assert loss.scatter == pytest.approx(np.log(spread + 1e-6 * epochs.mean(axis=1)))
    assert loss.points.tolist() == [40.0] * 20 and loss.step.tolist() == list(range(0, 800, 40))
    found = features(loss)
    relative = loss.scatter - loss.level
    for place in range(1, 20):
        before = slice(max(place - 6, 0), place)
        after = slice(place, place + 6)
        assert found["points_calm_down"][place] == pytest.approx(
            loss.scatter[before].mean() - loss.scatter[after].mean()
        )
        assert found["points_calm_down_relative"][place] == pytest.approx(
            relative[before].mean() - relative[after].mean()
        )
        error = (np.exp(relative) / np.sqrt(40))[max(place - 4, 0) : place + 4].mean()
        assert found["error_of_a_mean"][place] == pytest.approx(math.log(error + 1e-5))
    assert found["step_in_parts_gain"] == pytest.approx(
        falls(loss.parts, 20, every=4)[1], nan_ok=True
    )


@pytest.mark.parametrize(("points", "inside"), [(3, False), (4, True)])
def test_points_inside_epochs_count_from_four_on(points, inside):
    number = np.repeat(np.arange(15.0), points)
    loss = binned(np.arange(15.0 * points), dense(points, 15), number)
    assert (len(loss.parts) == 60) is inside and (len(loss.scatter) == 15) is inside


def test_a_part_without_a_point_has_the_mean_of_its_epoch():
    number = np.array([0.0] * 8 + [1.0] * 8 + [2.0] * 2)
    value = np.concatenate([np.full(8, 2.0), np.full(8, 3.0), [4.0, 6.0]])
    loss = binned(np.arange(18.0), value, number)
    assert np.exp(loss.parts[8:]) == pytest.approx([4.0, 5.0, 6.0, 5.0])
