"""Changes in mid-run from the loss alone: seen when plain, silent otherwise, never certain."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdiag.axes import EpochAxis
from lrdiag.schedule.from_loss import USED_FROM, binned_loss, likely_drops, peaks
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.values import ChangeSource
from lrdiag.view import Curve

AXIS = EpochAxis(np.array([0, 60]), np.array([0.0, 60.0]), "step is epoch")
STEPS_AN_EPOCH = 40


def curve(value, step=None):
    step = np.arange(len(value), dtype=np.int64) if step is None else step
    return Curve("train_loss", "loss", step, step.astype(float), np.asarray(value), False, "loss")


def stepped(size, noise=0.01, seed=0):
    epoch = np.arange(60)
    level = 1.5 - 0.004 * epoch - np.where(epoch >= 30, size, 0.0)
    return curve(level * np.exp(noise * np.random.default_rng(seed).standard_normal(60)))


def step_axis(per=STEPS_AN_EPOCH):
    return EpochAxis(np.array([0, per]), np.array([0.0, 1.0]), "epoch")


def per_step(size, seed=0, epochs=30, place=16):
    """Noisy steps around a level that falls before epoch `place` and calms down."""
    epoch = np.arange(epochs * STEPS_AN_EPOCH) / STEPS_AN_EPOCH
    rng = np.random.default_rng(seed)
    since = np.maximum(epoch - place, 0.0)
    level = 0.3 * np.exp(-epoch / 3) - 0.002 * epoch - size * (1 - np.exp(-since * 6))
    return np.exp(level + 0.2 * rng.standard_normal(len(epoch)))


def sure(found):
    return [c for c in found if c.probability >= USED_FROM]


def test_a_plain_step_is_found_where_it_is():
    found = likely_drops(stepped(0.5), AXIS)
    assert [c.step for c in found] == [30]
    assert found[0].source is ChangeSource.FROM_LOSS and USED_FROM <= found[0].probability < 1.0


def test_a_step_in_a_loss_logged_by_step_is_found_at_its_epoch():
    found = [sure(likely_drops(curve(per_step(0.5, seed)), step_axis())) for seed in range(6)]
    assert all([c.step for c in drops] == [16 * STEPS_AN_EPOCH] for drops in found)
    assert found[0][0].epoch == 16.0 and np.isnan(found[0][0].ratio)


@pytest.mark.parametrize("decay", [3, 5, 15, 40, 1000])
def test_smooth_decay_is_silent(decay):
    epoch = np.arange(60)
    for seed in range(8):
        noise = np.random.default_rng(seed).standard_normal(60)
        loss = (0.2 + np.exp(-epoch / decay)) * np.exp(0.02 * noise)
        assert not sure(likely_drops(curve(loss), AXIS))


@pytest.mark.parametrize("shape", ["constant", "cosine", "warm-up", "early noise"])
def test_trainings_without_a_drop_are_silent(shape):
    epoch = np.arange(30 * STEPS_AN_EPOCH) / STEPS_AN_EPOCH
    level = {
        "constant": 0.6 * np.exp(-epoch / 4),
        "cosine": 0.6 * np.exp(-epoch / 4) + 0.25 * np.cos(np.pi * epoch / 30),
        "warm-up": 1.2 / (1 + np.exp(2 * (epoch - 3))) - 0.01 * epoch,
        "early noise": 0.6 * np.exp(-epoch / 4),
    }[shape]
    spread = 0.15 + (0.6 * np.exp(-epoch) if shape == "early noise" else 0.0)
    for seed in range(8):
        noise = spread * np.random.default_rng(seed).standard_normal(len(epoch))
        assert not sure(likely_drops(curve(np.exp(level + noise)), step_axis()))


@settings(max_examples=15, deadline=None)
@given(
    factor=st.floats(1e-4, 1e4),
    size=st.floats(0.0, 0.8),
    seed=st.integers(0, 1000),
)
def test_the_unit_of_the_loss_changes_nothing(factor, size, seed):
    loss = per_step(size, seed)
    one = likely_drops(curve(loss), step_axis())
    other = likely_drops(curve(loss * factor), step_axis())
    assert [c.step for c in one] == [c.step for c in other]
    assert [c.probability for c in one] == pytest.approx([c.probability for c in other], abs=2e-3)


@settings(max_examples=15, deadline=None)
@given(
    stride=st.integers(1, 50),
    origin=st.integers(0, 10_000),
    size=st.floats(0.0, 0.8),
    seed=st.integers(0, 1000),
)
def test_renumbered_steps_move_the_drops_along(stride, origin, size, seed):
    loss = per_step(size, seed)
    step = origin + stride * np.arange(len(loss), dtype=np.int64)
    axis = EpochAxis(
        np.array([origin, origin + stride * STEPS_AN_EPOCH]), np.array([0.0, 1.0]), "epoch"
    )
    one = likely_drops(curve(loss), step_axis())
    other = likely_drops(curve(loss, step), axis)
    assert [(origin + stride * c.step, c.probability) for c in one] == [
        (c.step, c.probability) for c in other
    ]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(1e-6, 1e6), min_size=14, max_size=80))
def test_any_loss_gives_probabilities_between_a_half_and_the_cap_in_order(value):
    found = likely_drops(curve(value), AXIS)
    assert all(0.5 <= c.probability <= 0.95 for c in found)
    steps = [c.step for c in found]
    assert steps == sorted(set(steps)) and all(b - a > 3 for a, b in pairwise(steps))


def test_a_rise_is_no_drop():
    assert not sure(likely_drops(stepped(-0.5), AXIS))


def test_without_epochs_equal_stretches_are_looked_at():
    found = binned_loss(curve(per_step(0.5)), EpochAxis())
    assert len(found.level) == 60 and len(found.parts) == 240


def test_without_epochs_or_with_few_sampled_steps_no_check_uses_what_is_found():
    for seed in range(4):
        loss = per_step(0.8, seed, epochs=60, place=30)
        whole = np.arange(len(loss), dtype=np.int64)
        assert sure(likely_drops(curve(loss), step_axis()))
        for step, axis in ((whole, EpochAxis()), (whole[9::10], step_axis())):
            found = likely_drops(curve(loss[step], step), axis)
            assert found and not sure(found)


def test_losses_that_are_not_finite_are_left_out():
    loss = stepped(0.5).value.copy()
    loss[[10, 50]] = np.nan, np.inf
    assert [c.step for c in likely_drops(curve(loss), AXIS)] == [30]


def test_too_short_or_not_positive_is_not_judged():
    assert likely_drops(curve(np.ones(8)), AXIS) == ()
    assert likely_drops(curve(np.linspace(1, -1, 60)), AXIS) == ()
    assert binned_loss(curve(np.ones(100)), step_axis()) is None


def test_of_places_close_together_the_likeliest_is_told():
    chance = np.array([0, 0.6, 0.9, 0.7, 0, 0, 0.8, 0.4])
    assert peaks(chance) == [2, 6]
    assert peaks(chance, 0.85) == [2]


def test_the_schedule_uses_it_only_above_the_stated_confidence_and_says_what_else_it_may_be():
    found = infer_schedule({}, AXIS, None, stepped(0.5), 59)
    assert [c.step for c in found.drops] == [30]
    assert "or another change in mid-run" in found.notes[0]
    assert not infer_schedule({}, AXIS, None, stepped(0.0), 59).drops
