"""Where no rate was logged: the drops that the configuration says."""

import math

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.schedule.configured import from_options
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.values import ChangeSource, ConfiguredSchedule
from lrdiag.schedule.without_rate import configured_changes
from lrdiag.view import Curve

EPOCHS = EpochAxis(np.array([0, 100]), np.array([0.0, 100.0]), "step is epoch")
STEPS = EpochAxis(np.array([0, 4000]), np.array([0.0, 100.0]), "configured")


def curve(value, first=0):
    step = np.arange(first, first + len(value))
    return Curve("train_loss", "loss", step, step.astype(float), np.asarray(value), False, "loss")


# No logged rate


def configured(places, unit="epoch", **more):
    return from_options(places, gamma=0.5, base_lr=0.8, unit=unit, **more)


def steps_of(config, axis, first, last):
    return [c.step for c in configured_changes(config, axis, first, last)]


@pytest.mark.parametrize(("axis", "first", "last", "expected"), [
    (EPOCHS, 0, 99, [30, 60]), (EPOCHS, 1, 100, [31, 61]), (EPOCHS, 0, 60, [30, 60]),
    (EPOCHS, 0, 59, [30]), (EPOCHS, 30, 99, [60]), (EPOCHS, 29, 99, [30, 60]),
    (EPOCHS, None, 99, [30, 60]), (STEPS, 0, 3999, [1200, 2400]), (STEPS, 0, None, []),
    (EpochAxis(), 0, 3999, []),
])  # fmt: skip
def test_where_configured_drops_lie(axis, first, last, expected):
    assert steps_of(configured([30, 60]), axis, first, last) == expected


def test_configured_drops_know_their_rates_and_epochs():
    first, second = configured_changes(configured([30, 60]), STEPS, 0, 3999)
    assert (first.before, first.after, first.epoch) == (0.8, 0.4, 30.0)
    assert (second.before, second.after, second.epoch) == (0.4, 0.2, 60.0)
    assert first.source is ChangeSource.CONFIGURED
    bare = ConfiguredSchedule("multistep", (30,))
    (one,) = configured_changes(bare, STEPS, 0, 3999)
    assert math.isnan(one.before) and math.isnan(one.after)


def test_configured_drops_in_steps():
    assert steps_of(configured([90, 190], "step"), STEPS, 0, 3999) == [90, 190]
    assert steps_of(configured([90, 190], "step"), EPOCHS, 0, 99) == []
    config = configured([90, 190], "step", steps_per_epoch=9)
    assert steps_of(config, EPOCHS, 0, 99) == [10, 21]
    assert steps_of(configured([30], steps_per_epoch=7), EpochAxis(), 0, 3999) == [210]


@pytest.mark.parametrize(("unit", "axis", "last", "expected"), [
    ("epoch", EPOCHS, 99, [40, 80]), ("epoch", STEPS, 3999, [1600, 3200]),
    ("step", STEPS, 99, [40, 80]), ("epoch", EPOCHS, 80, [40, 80]), ("epoch", EPOCHS, 79, [40]),
    ("epoch", EPOCHS, 39, []), ("epoch", EpochAxis(), 99, []),
])  # fmt: skip
def test_drops_of_a_step_size(unit, axis, last, expected):
    config = from_options(step_size=40, gamma=0.5, base_lr=0.8, unit=unit)
    assert steps_of(config, axis, 0, last) == expected


def test_a_step_size_of_one_makes_at_most_a_thousand_drops():
    config = from_options(step_size=1, gamma=0.999, base_lr=0.8, unit="step")
    assert len(steps_of(config, STEPS, 0, 3999)) == 999


def test_a_configured_run_without_a_rate():
    found = infer_schedule({}, EPOCHS, configured([30, 60], epochs=100), last_step=99)
    assert [(s.first_step, s.end_step, s.first_lr) for s in found.segments] == [
        (0, 30, 0.8), (30, 60, 0.4), (60, 100, 0.2),
    ]  # fmt: skip
    assert found.family.name == "multistep" and found.rises == ()
    assert found.notes == ("Drop points are the configured ones: no learning rate was logged.",)
    nothing = infer_schedule({}, EPOCHS, ConfiguredSchedule("cosine"), last_step=99)
    assert nothing.notes == () and len(nothing.segments) == 1
    assert infer_schedule({}, EPOCHS, configured([30])).segments == ()


def test_without_a_rate_the_loss_says_where_the_run_begins_and_ends():
    found = infer_schedule({}, EPOCHS, configured([30]), curve(np.ones(60), first=1))
    assert [(s.first_step, s.end_step) for s in found.segments] == [(1, 31), (31, 61)]


@pytest.mark.parametrize(("places", "epochs", "unit", "beyond"), [
    ([30, 90], 90, "epoch", [90]), ([30, 89], 90, "epoch", []), ([3000], 90, "step", []),
    ([200], None, "epoch", []),
])  # fmt: skip
def test_milestones_beyond_the_end_need_no_log(places, epochs, unit, beyond):
    found = infer_schedule({}, EPOCHS, configured(places, unit, epochs=epochs), last_step=89)
    assert [m for a in found.agreements for m in a.details.get("unreached", [])] == beyond
    assert found.agreements[-1].kind == "unknown"


def test_a_step_size_beyond_the_end_needs_no_log():
    config = from_options(step_size=95, gamma=0.1, epochs=90)
    first = infer_schedule({}, EPOCHS, config, last_step=89).agreements[0]
    assert (first.kind, first.observed, first.threshold) == ("beyond_end", 95.0, 90.0)
    assert (first.first_step, first.last_step) == (0, 89)
