"""Drop points from the loss: bins, trees, and which places are told."""

import math

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.schedule import from_loss
from lrdiag.schedule.from_loss import (
    USED_FROM,
    binned_loss,
    likely_drops,
    peaks,
    probabilities,
)
from lrdiag.schedule.from_loss_features import binned, features
from lrdiag.schedule.from_loss_trees import fitted_trees, trees_from
from lrdiag.schedule.infer import infer_schedule
from lrdiag.view import Curve

NAN = float("nan")
EPOCHS = EpochAxis(np.array([0, 60]), np.array([0.0, 60.0]), "step is epoch")
STEPS = EpochAxis(np.array([0, 6000]), np.array([0.0, 60.0]), "configured")


def curve(value, step=None):
    step = np.arange(len(value)) if step is None else np.asarray(step)
    value = np.asarray(value, float)
    return Curve("train_loss", "loss", step, step.astype(float), value, False, "loss")


def dense(points=40, epochs=20, noise=0.1):
    rng = np.random.default_rng(3)
    level = np.repeat(-0.05 * np.arange(epochs), points)
    return np.exp(level + rng.normal(0, noise, points * epochs))


# Binning


def test_a_row_an_epoch_is_its_own_bin():
    found = binned_loss(curve(np.exp(-np.arange(20.0))), EPOCHS)
    assert found.step.tolist() == list(range(20))
    assert found.level == pytest.approx(-np.arange(20.0))


def test_iterations_are_averaged_by_epoch():
    value = 1.0 + np.arange(2000) % 100 + 100.0 * (np.arange(2000) // 100)
    found = binned_loss(curve(value), STEPS)
    assert found.step.tolist() == list(range(0, 2000, 100))
    assert np.exp(found.level) == pytest.approx(50.5 + 100.0 * np.arange(20))


def test_without_epochs_sixty_equal_stretches():
    found = binned_loss(curve(np.ones(600)), EpochAxis())
    assert found.step.tolist() == list(range(0, 600, 10))
    few = binned_loss(curve(np.ones(30)), EpochAxis())
    assert few.step.tolist() == list(range(30))


def test_more_epochs_than_are_looked_at_become_sixty_stretches():
    whole = EpochAxis(np.array([0, 500]), np.array([0.0, 500.0]), "step is epoch")
    most = from_loss._MOST_BINS
    assert len(binned_loss(curve(np.ones(most)), whole).step) == most
    assert len(binned_loss(curve(np.ones(most + 1)), whole).step) == 60


@pytest.mark.parametrize(("value", "enough"), [
    (np.ones(14), True), (np.ones(13), False), ([*[1.0] * 14, NAN], True),
    ([*[1.0] * 13, NAN], False), ([*[1.0] * 19, 0.0], False), ([*[1.0] * 19, 1e-9], True),
])  # fmt: skip
def test_fourteen_epochs_of_positive_losses_are_needed(value, enough):
    assert (binned_loss(curve(value), EPOCHS) is not None) is enough


def test_many_points_of_few_epochs_are_too_few():
    assert binned_loss(curve(np.ones(1300)), STEPS) is None
    assert binned_loss(curve(np.ones(1301)), STEPS) is not None


# Trees


LITTLE = {
    "names": ["a", "b"], "feature": [[0, 1], [1, 0]], "threshold": [[1.0, 5.0], [0.0, 0.0]],
    "left": [[1, -1], [-1, -3]], "right": [[-3, -2], [-2, -3]],
    "unknown_left": [[False, True], [True, False]],
    "leaf": [[10.0, 20.0, 30.0], [1.0, 2.0, 3.0]], "slope": 0.1, "offset": -2.0,
    "coarse_slope": 0.05, "coarse_offset": -3.0,
}  # fmt: skip


@pytest.mark.parametrize(("a", "b", "leaves"), [
    (1.0, 5.0, 10 + 2), (1.0, 5.1, 20 + 2), (1.1, -1.0, 30 + 1), (NAN, 0.0, 30 + 1),
    (0.0, NAN, 10 + 1), (-9.0, 0.1, 10 + 2),
])  # fmt: skip
def test_a_tree_is_walked_from_its_root_to_a_leaf(a, b, leaves):
    trees = trees_from(LITTLE)
    assert trees.log_odds(np.array([[a, b]])).tolist() == [leaves]
    found = trees.probability({"b": np.array([b]), "a": np.array([a])})
    assert found == pytest.approx([1 / (1 + math.exp(2.0 - 0.1 * leaves))])


def test_the_trees_of_the_package_fit_the_features():
    trees = fitted_trees()
    names = features(binned(np.arange(800.0), dense(), np.repeat(np.arange(20.0), 40)))
    assert set(trees.names) <= set(names)
    assert trees.feature.max() < len(trees.names)


# Probabilities and peaks


def stepped(size, n=60, at=30, seed=0):
    t = np.arange(n)
    noise = 0.005 * np.random.default_rng(seed).normal(size=n)
    return np.exp(0.5 - 0.004 * t - size * (t >= at) + noise)


def test_probabilities_are_told_between_the_fifth_and_the_third_last_epoch():
    found = probabilities(binned_loss(curve(stepped(0.6)), EPOCHS))
    assert found[:4].tolist() == [0.0] * 4 and found[-2:].tolist() == [0.0] * 2
    assert (found[4:-2] > 0).all() and int(found.argmax()) == 30
    assert found.max() <= 0.95
    sure = trees_from({**LITTLE, "names": ["gap_of_5", "slope_after"], "offset": 99.0})
    capped = probabilities(binned_loss(curve(stepped(0.6)), EPOCHS), sure)
    assert capped[4:-2].tolist() == [0.95] * 54


@pytest.mark.parametrize(("values", "places"), [
    ({10: 0.9}, [10]), ({10: 0.49}, []), ({10: 0.5}, [10]), ({10: 0.9, 13: 0.8}, [10]),
    ({10: 0.9, 14: 0.8}, [10, 14]), ({10: 0.6, 14: 0.8, 30: 0.7}, [14, 30, 10]),
])  # fmt: skip
def test_peaks_stand_apart_and_are_likely(values, places):
    probability = np.zeros(40)
    for place, value in values.items():
        probability[place] = value
    assert peaks(probability) == places
    assert peaks(probability, 0.95) == []


def test_a_drop_is_told_at_its_step_and_epoch():
    (found,) = likely_drops(curve(stepped(0.6)), EPOCHS)
    assert (found.step, found.epoch) == (30, 30.0)
    assert math.isnan(found.before) and math.isnan(found.after) and found.is_drop
    assert found.probability == round(found.probability, 3) >= USED_FROM


def test_the_schedule_says_which_drops_no_check_uses(monkeypatch):
    found = infer_schedule({}, EPOCHS, None, curve(stepped(0.6)))
    assert [c.step for c in found.drops] == [30]
    assert [(s.first_step, s.end_step) for s in found.segments] == [(0, 30), (30, 60)]
    assert found.notes[0].endswith(f"(probability {found.drops[0].probability:.2f}).")
    monkeypatch.setattr(from_loss, "USED_FROM", 0.99)
    unused = infer_schedule({}, EPOCHS, None, curve(stepped(0.6)))
    assert unused.drops == () and unused.segments == ()
    assert unused.notes[0].endswith("; below 0.99, so no check uses it.")
