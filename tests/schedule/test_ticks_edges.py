"""What a hypothesis makes of each row: ticks, parameters, whether a configuration says enough."""

from dataclasses import replace

import numpy as np
import pytest
from planted_runs import (
    CONFIG,
    EPOCH,
    EPOCHS,
    PER,
    ROWS,
    STEPS,
    UNKNOWN,
    multi,
    series,
)

from lrdiag.axes import EpochAxis
from lrdiag.schedule.agreement import frame_of
from lrdiag.schedule.hypotheses import (
    Frame,
    Hypothesis,
    disturbed_parameters,
    forward_parameters,
    simulate,
    ticks,
)
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.values import ConfiguredSchedule

STEP = np.arange(0.0, 200.0, 20.0)


def frame(step=STEP, epochs=False, per=PER, **more):
    return Frame(np.asarray(step, float), epochs, per, **more)


# Ticks, by hand


@pytest.mark.parametrize(("hypothesis", "unit", "expected"), [
    (Hypothesis("ok"), "epoch", [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]),
    (Hypothesis("ok", base=20.0), "epoch", [0, 0, 0, 1, 1, 2, 2, 3, 3, 4]),
    (Hypothesis("ok", sub=1.0), "epoch", [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
    (Hypothesis("ok"), "step", STEP),
    (Hypothesis("ok", base=1.0), "step", [0, *(STEP[1:] - 1)]),
    (Hypothesis("ok", sub=2.0), "step", STEP + 2),
    (Hypothesis("never_stepped"), "epoch", [0] * 10),
    (Hypothesis("per_batch"), "epoch", STEP),
    (Hypothesis("per_epoch"), "step", [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]),
    (Hypothesis("rate_k", k=3), "epoch", [0, 0, 3, 3, 6, 6, 9, 9, 12, 12]),
    (Hypothesis("offset", delta=1.0), "epoch", [0, 0, 0, 0, 1, 1, 2, 2, 3, 3]),
    (Hypothesis("offset", delta=-2.0), "epoch", [2, 2, 3, 3, 4, 4, 5, 5, 6, 6]),
    (Hypothesis("resume_reset", at=100.0, tick_at=2.0), "epoch", [0, 0, 1, 1, 2, 0, 1, 1, 2, 2]),
    (Hypothesis("ok", per_epoch=20.0), "epoch", range(10)),
])  # fmt: skip
def test_ticks_of_rows_of_steps(hypothesis, unit, expected):
    assert ticks(hypothesis, frame(), unit).tolist() == list(expected)


@pytest.mark.parametrize(("hypothesis", "unit", "expected"), [
    (Hypothesis("ok"), "epoch", [0, 1, 2, 3]),
    (Hypothesis("ok", base=1.0), "epoch", [0, 0, 1, 2]),
    (Hypothesis("ok", base=-1.0), "epoch", [1, 2, 3, 4]),
    # A row of an epoch is written at its end: after 40 steps, 39 have been made.
    (Hypothesis("ok"), "step", [39, 79, 119, 159]),
    (Hypothesis("ok", base=1.0), "step", [0, 39, 79, 119]),
    (Hypothesis("ok", sub=1.0), "step", [40, 80, 120, 160]),
    (Hypothesis("per_batch"), "epoch", [39, 79, 119, 159]),
    (Hypothesis("per_epoch"), "step", [0, 1, 2, 3]),
])  # fmt: skip
def test_ticks_of_rows_of_epochs(hypothesis, unit, expected):
    assert ticks(hypothesis, frame(range(4), True), unit).tolist() == expected


@pytest.mark.parametrize(("epochs", "unit", "kind", "known"), [
    (False, "epoch", "ok", False), (False, "step", "ok", True), (True, "epoch", "ok", True),
    (True, "step", "ok", False), (False, "epoch", "per_batch", True),
    (True, "epoch", "per_batch", False), (False, "step", "per_epoch", False),
    (False, "epoch", "never_stepped", True),
])  # fmt: skip
def test_without_steps_an_epoch_ticks_are_known_only_where_units_agree(epochs, unit, kind, known):
    at = ticks(Hypothesis(kind), frame(range(4), epochs, None), unit)
    assert (at is not None) is known
    rates = simulate(Hypothesis(kind), "exponential", {"base_lr": 1.0, "gamma": 0.5},
                     frame(range(4), epochs, None), unit)  # fmt: skip
    assert (rates is not None) is known


def test_a_jump_multiplies_from_its_step_on():
    h = Hypothesis("jump", at=60.0, factor=0.5)
    rates = simulate(h, "constant", {"base_lr": 0.2}, frame(), "epoch")
    assert rates.tolist() == [0.2, 0.2, 0.2, *[0.1] * 7]


def test_the_parameters_really_used():
    given = {"gamma": 0.1, "milestones": [3, 6, 9]}
    assert disturbed_parameters(Hypothesis("ok"), given) == given
    assert disturbed_parameters(Hypothesis("wrong_gamma", gamma=0.5), given)["gamma"] == 0.5
    missed = disturbed_parameters(Hypothesis("missed_drop", missed=6), given)
    assert missed["milestones"] == [3, 9] and given["milestones"] == [3, 6, 9]


def test_a_frame_of_some_rows():
    some = frame().at(np.array([1, 3]))
    assert (some.step.tolist(), some.per_epoch) == ([20.0, 60.0], PER)
    assert (some.phase, some.first) == ((0.0, 1.0, -1.0), 0.0)


@pytest.mark.parametrize(("first", "base", "late"), [
    (0.0, 1.0, 1.0), (1.0, 1.0, 1.0), (5.0, 6.0, 1.0), (5.0, 5.0, 0.0), (5.0, 1.0, 1.0),
    (5.0, 0.0, 0.0), (1.0, 2.0, 2.0),
])  # fmt: skip
def test_rows_late_count_from_the_logs_own_first_index(first, base, late):
    assert frame(first=first).rows_late(base) == late


# What a configuration must say


@pytest.mark.parametrize(("family", "more", "enough"), [
    ("multistep", {"milestones": (3,), "gamma": 0.1}, True), ("multistep", {"gamma": 0.1}, False),
    ("step", {"step_size": 3, "gamma": 0.1}, True), ("step", {"step_size": 3}, False),
    ("constant", {}, True), ("exponential", {"gamma": 0.9}, True), ("exponential", {}, False),
    ("cosine", {"parameters": {"T_max": 9}}, True), ("cosine", {}, False),
    ("cosine_restarts", {"parameters": {"T_0": 9}}, True), ("plateau", {"gamma": 0.1}, False),
    ("odd", {}, False), ("polynomial", {"parameters": {"total_iters": 9, "power": 1}}, True),
    ("polynomial", {"parameters": {"total_iters": 9}}, False),
])  # fmt: skip
def test_whether_a_configuration_says_enough(family, more, enough):
    assert (forward_parameters(ConfiguredSchedule(family, **more), 0.3) is not None) is enough


def test_the_base_rate_is_the_configured_one_or_the_first_logged():
    config = ConfiguredSchedule("step", step_size=3, gamma=0.1, base_lr=0.5)
    assert forward_parameters(config, 0.3)["base_lr"] == 0.5
    assert forward_parameters(replace(config, base_lr=None), 0.3)["base_lr"] == 0.3
    own = replace(config, parameters={"base_lr": 0.7, "gamma": 0.2, "warmup_hint": {"length": 3}})
    assert forward_parameters(own, 0.3) == {"base_lr": 0.7, "gamma": 0.2, "step_size": 3}
    restarts = ConfiguredSchedule("cosine_restarts", parameters={"T_0": 9})
    assert forward_parameters(restarts, 0.3) == {"T_0": 9, "base_lr": 0.3, "T_mult": 1}


# Where the rows lie


def test_the_frame_of_a_log():
    log = clean_rates(series(multi(EPOCH[3:]), ROWS[3:]))
    found = frame_of(log, STEPS, CONFIG)
    assert (found.per_epoch, found.rows_are_epochs, found.first) == (PER, False, 30.0)
    assert found.phase == (0.0, 1.0, -1.0, 30.0)
    found = frame_of(log, UNKNOWN, CONFIG)
    assert found.per_epoch == PER
    assert frame_of(log, UNKNOWN, None).per_epoch is None
    late = EpochAxis(np.array([7, 7 + 90 * PER]), np.array([0.0, 90.0]), "configured")
    assert frame_of(log, late, CONFIG).phase == (0.0, 1.0, -1.0, 7.0, 30.0)
    epochs = clean_rates(series(multi(np.arange(90))))
    found = frame_of(epochs, EPOCHS, CONFIG)
    assert found.rows_are_epochs and found.phase == (0.0, 1.0, -1.0)
