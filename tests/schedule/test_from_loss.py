"""Changes in mid-run from the loss alone: seen when plain, silent otherwise, never certain."""

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.schedule.from_loss import USED_FROM, likely_drops
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.values import ChangeSource
from lrdiag.view import Curve

AXIS = EpochAxis(np.array([0, 60]), np.array([0.0, 60.0]), "step is epoch")


def curve(value):
    step = np.arange(len(value), dtype=np.int64)
    return Curve("train_loss", "loss", step, step.astype(float), np.asarray(value), False, "loss")


def stepped(size, noise=0.01, seed=0):
    epoch = np.arange(60)
    level = 1.5 - 0.004 * epoch - np.where(epoch >= 30, size, 0.0)
    return curve(level * np.exp(noise * np.random.default_rng(seed).standard_normal(60)))


def test_a_plain_step_is_found_where_it_is():
    found = likely_drops(stepped(0.5), AXIS)
    assert [c.step for c in found] == [30]
    assert found[0].source is ChangeSource.FROM_LOSS and USED_FROM <= found[0].probability < 1.0


def test_smooth_decay_is_silent():
    epoch = np.arange(60)
    rng = np.random.default_rng(1)
    for decay in (5, 15, 40):
        loss = (0.2 + np.exp(-epoch / decay)) * np.exp(0.02 * rng.standard_normal(60))
        assert not [c for c in likely_drops(curve(loss), AXIS) if c.probability >= USED_FROM]


def test_too_short_or_not_positive_is_not_judged():
    assert likely_drops(curve(np.ones(8)), AXIS) == ()
    assert likely_drops(curve(np.linspace(1, -1, 60)), AXIS) == ()


def test_the_schedule_uses_it_only_above_the_stated_confidence_and_says_what_else_it_may_be():
    found = infer_schedule({}, AXIS, None, stepped(0.5), 59)
    assert [c.step for c in found.drops] == [30]
    assert "or another change in mid-run" in found.notes[0]
    assert not infer_schedule({}, AXIS, None, stepped(0.0), 59).drops
