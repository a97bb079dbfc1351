"""Which logged rates count, the main group, and the segments, drops and rises of a schedule."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.configured import from_options
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.values import ConfiguredSchedule
from lrdiag.view import Curve

NAN = float("nan")
EPOCHS = EpochAxis(np.array([0, 100]), np.array([0.0, 100.0]), "step is epoch")
STEPS = EpochAxis(np.array([0, 4000]), np.array([0.0, 100.0]), "configured")


def series(rates, steps=None, restarts=()):
    rates = np.asarray(rates, float)
    steps = np.arange(len(rates)) if steps is None else np.asarray(steps)
    return Series("lr", steps, np.full(len(rates), NAN), rates, restarts=restarts)


def infer(rates, steps=None, axis=EPOCHS, **more):
    return infer_schedule({"lr": series(rates, steps)}, axis, **more)


def curve(value, first=0):
    step = np.arange(first, first + len(value))
    return Curve("train_loss", "loss", step, step.astype(float), np.asarray(value), False, "loss")


def multistep(n, places, gamma=0.1, base=0.1):
    return rate_at("multistep", {"base_lr": base, "milestones": places, "gamma": gamma},
                   np.arange(n))  # fmt: skip


# Which rates count


def test_a_rate_that_is_never_finite_is_as_none():
    found = infer([NAN] * 9)
    assert found.groups == () and found.family.name == "unknown"


def test_a_count_of_updates_beside_a_rate_is_no_rate():
    both = {"updates": series(np.arange(50) * 100.0), "lr": series(multistep(50, [20]))}
    found = infer_schedule(both, EPOCHS)
    assert [g.group for g in found.groups] == ["lr"]
    alone = infer_schedule({"updates": both["updates"]}, EPOCHS)
    assert [g.group for g in alone.groups] == ["updates"]


@pytest.mark.parametrize(("top", "kept"), [(999.0, 2), (1000.0, 1)])
def test_a_thousand_is_no_rate(top, kept):
    found = infer_schedule({"a": series([top] * 9), "b": series([0.1] * 9)}, EPOCHS)
    assert len(found.groups) == kept


def test_rows_that_are_not_finite_are_told_with_their_group():
    rates = multistep(40, [20])
    rates[[3, 4]] = NAN
    (note,) = infer(rates).notes
    assert note == "2 logged rates of lr were not finite and are left out."


def test_dips_of_get_lr_are_counted():
    rates = multistep(60, [20, 40])
    rates[20], rates[40] = 0.001, 0.0001
    (note,) = infer(rates).notes
    assert note.startswith("2 row(s) show gamma squared")


# The main group


def warmed(n=40, warm=5, top=0.1):
    return np.minimum(np.arange(1, n + 1) / warm, 1.0) * top


@pytest.mark.parametrize(("count", "main"), [(2, "bias"), (3, "g0"), (4, "g0")])
def test_a_bias_group_that_falls_while_most_rise_is_not_the_main_one(count, main):
    bias = np.maximum(0.1 - 0.02 * np.arange(40), 0.02)
    lr = {"bias": series(bias)} | {f"g{k}": series(warmed()) for k in range(count - 1)}
    found = infer_schedule(lr, EPOCHS)
    assert found.family == next(g for g in found.groups if g.group == main).family


def test_half_of_the_groups_that_rise_are_enough():
    bias = np.maximum(0.1 - 0.02 * np.arange(40), 0.02)
    lr = {"bias": series(bias), "b": series(bias / 2), "c": series(warmed()), "d": series(warmed())}
    found = infer_schedule(lr, EPOCHS)
    assert found.family == found.groups[2].family != found.groups[0].family


def test_where_few_groups_rise_the_first_is_the_main_one():
    lr = {"a": series(multistep(40, [20])), "b": series(multistep(40, [10])), "c": series(warmed()),
          "d": series(multistep(40, [30]))}  # fmt: skip
    found = infer_schedule(lr, EPOCHS)
    assert [c.step for c in found.drops] == [20] and found.drops[0].group == "a"


# Segments, drops and rises


def test_segments_reach_to_the_last_step_of_the_run():
    rates = multistep(40, [20])
    assert infer(rates).segments[-1].end_step == 40
    assert infer(rates, last_step=57).segments[-1].end_step == 58
    assert infer(rates, last_step=5).segments[-1].end_step == 40


def test_drops_and_rises_are_told_apart():
    found = infer(np.repeat([0.1, 0.01, 0.05, 0.005], 15))
    assert [c.step for c in found.drops] == [15, 45] and [c.step for c in found.rises] == [30]
    assert [(s.first_step, s.first_lr) for s in found.segments] == [
        (0, 0.1), (15, 0.01), (30, 0.05), (45, 0.005),
    ]  # fmt: skip


@pytest.mark.parametrize(("rates", "smooth"), [
    (multistep(60, [20, 40]), False), (0.1 * 0.95 ** np.arange(60), True), ([0.1] * 60, False),
    (warmed(60, 10), True),
])  # fmt: skip
def test_a_rate_that_moves_at_most_rows_is_smooth(rates, smooth):
    assert infer(rates).smooth is smooth


# What a tick is


def test_the_line_to_paste_says_what_a_step_is():
    def comment(found):
        return found.family.pytorch.partition("# ")[2]

    assert comment(infer(multistep(60, [20, 40]))).startswith("step() every epoch; base lr 0.1")
    steps = np.arange(0, 4000, 10)
    decay = rate_at("exponential", {"base_lr": 0.1, "gamma": 0.95}, steps // 40)
    assert comment(infer(decay, steps, STEPS)).startswith("step() every epoch;")
    fine = rate_at("exponential", {"base_lr": 0.1, "gamma": 0.999}, steps)
    assert comment(infer(fine, steps, STEPS)).startswith("step() every step;")
    third = rate_at("exponential", {"base_lr": 0.1, "gamma": 0.95}, steps // 50)
    found = infer(third, steps, EpochAxis())
    assert comment(found).startswith("step() every 50 steps;")


def test_rows_that_the_log_calls_steps_are_no_epochs():
    def comment(steps, axis, index):
        decay = rate_at("exponential", {"base_lr": 0.1, "gamma": 0.95}, steps // (steps[1] or 1))
        logged = Series("lr", steps, np.zeros(len(steps)), decay, index=index)
        return infer_schedule({"lr": logged}, axis).family.pytorch.partition("# step() ")[2]

    rows = np.arange(60)
    identity = EpochAxis(np.array([0, 59]), np.array([0.0, 59.0]), "step is epoch")
    assert comment(rows, identity, "step").startswith("every step;")
    assert comment(rows, identity, "epoch").startswith("every epoch;")
    cadence = EpochAxis(np.array([0, 12_000]), np.array([0.0, 60.0]), "validation cadence")
    assert comment(rows * 200, cadence, "step").startswith("every epoch (200 steps);")


# Agreement with a configuration


def test_a_configuration_that_says_too_little_is_unknown():
    found = infer(multistep(60, [20]), configured=ConfiguredSchedule("cosine"))
    (one,) = found.agreements
    assert one.kind == "unknown" and "does not say enough" in one.message


def test_without_a_configuration_there_is_no_agreement():
    assert infer(multistep(60, [20])).agreements == ()


def test_what_no_mistake_explains_is_unexplained():
    config = from_options([30], gamma=0.1, epochs=60, base_lr=0.1)
    found = infer(0.1 - 0.001 * np.arange(60.0), configured=config)
    assert [a.kind for a in found.agreements] == ["unexplained"]


@pytest.mark.parametrize(("ratio", "restart", "first"), [
    (0.1, 25, 33), (0.1, 33, 33), (0.1, 34, 60), (0.1, 61, None), (0.1005, 25, 33),
    (0.103, 25, None),
])  # fmt: skip
def test_an_edit_that_a_resume_ignored_is_told_with_the_first_drop_after_it(ratio, restart, first):
    config = from_options([50, 70], gamma=0.1, epochs=90, base_lr=0.1)
    log = series(0.1 * ratio ** (np.arange(90) >= 33) * ratio ** (np.arange(90) >= 60),
                 restarts=(restart,))  # fmt: skip
    (found,) = infer_schedule({"lr": log}, EPOCHS, config).agreements
    if first is None:
        assert found.kind == "unexplained"
        return
    assert found.kind == "milestones_ignored_on_resume"
    assert (found.observed, found.first_step, found.last_step) == (first, restart, 89)
    assert found.confidence < 0.8 and "[50, 70]" in found.message
