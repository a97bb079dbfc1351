"""Stepped families: where drops lie, what they multiply by, and which family has fewest numbers."""

import numpy as np
import pytest

from lrdiag.runs import Series
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.stepped import stepped_family, steps_of
from lrdiag.schedule.values import Clock
from lrdiag.schedule.warmup import warmup_rows


def rates_of(rates, steps=None):
    rates = np.asarray(rates, float)
    steps = np.arange(len(rates)) if steps is None else np.asarray(steps)
    return clean_rates(Series("lr", steps, np.full(len(rates), np.nan), rates))


def family_of(rates, steps=None, clock=None):
    log = rates_of(rates, steps)
    return stepped_family(log, steps_of(log), clock or Clock())


def step_lr(size, gamma, n, base=0.1, shift=0):
    return rate_at("step", {"base_lr": base, "step_size": size, "gamma": gamma},
                   np.arange(n) + shift)  # fmt: skip


def multistep(places, gamma, n, base=0.1):
    return rate_at("multistep", {"base_lr": base, "milestones": places, "gamma": gamma},
                   np.arange(n))  # fmt: skip


# The changes of a log


def test_changes_lie_between_the_rows_that_show_them():
    steps = steps_of(rates_of([0.1, 0.1, 0.01, 0.01, 0.002], [0, 10, 20, 30, 40]))
    assert steps.rows.tolist() == [2, 4]
    assert (steps.before.tolist(), steps.after.tolist()) == ([0.1, 0.01], [0.01, 0.002])
    assert (steps.left.tolist(), steps.right.tolist()) == ([10, 30], [20, 40])
    assert steps.warmup == 0


def test_ratios_have_the_width_of_both_rates():
    log = rates_of([0.1, 0.1, 0.05])
    steps = steps_of(log, np.array([0.01, 0.01, 0.01]))
    assert steps.low == pytest.approx([0.04 / 0.11]) and steps.high == pytest.approx([0.06 / 0.09])
    assert steps_of(rates_of([0.1, 0.0]), np.array([0.01, 0.02])).low.tolist() == [0.0]


def test_rises_of_a_warmup_are_no_changes():
    log = rates_of([0.02, 0.04, 0.06, 0.08, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01])
    steps = steps_of(log)
    assert (steps.rows.tolist(), steps.warmup) == ([7], 4)


# StepLR


@pytest.mark.parametrize(("size", "gamma", "n"), [
    (10, 0.5, 35), (30, 0.1, 100), (7, 0.3, 30), (25, 0.9, 120), (3, 0.94, 60), (50, 0.2, 110),
])  # fmt: skip
def test_drops_on_a_grid_are_steplr(size, gamma, n):
    found = family_of(step_lr(size, gamma, n))
    assert (found.family, found.cost) == ("step", 3)
    assert found.flat == pytest.approx(
        {"base_lr": 0.1, "step_size": size, "gamma": gamma, "origin": 0.0}
    )


def test_a_log_that_counts_from_another_step_has_its_origin():
    found = family_of(step_lr(10, 0.5, 45), np.arange(45) + 1)
    assert found.family == "step" and found.flat["origin"] == 1.0
    assert found.flat["base_lr"] == pytest.approx(0.1)


def test_a_log_that_begins_in_mid_schedule_has_the_base_rate_of_its_start():
    found = family_of(step_lr(20, 0.5, 60, shift=25), np.arange(60) + 25)
    assert found.family == "step" and found.flat["base_lr"] == pytest.approx(0.1)
    assert (found.flat["step_size"], found.flat["origin"]) == (20, 0.0)


def test_a_grid_that_lacks_a_drop_is_no_steplr():
    found = family_of(multistep([20, 40, 80], 0.5, 100))
    assert (found.family, found.flat["milestones"]) == ("multistep", [20, 40, 80])
    assert found.cost == 5 and found.flat["gamma"] == 0.5 and found.flat["base_lr"] == 0.1


def test_a_grid_that_ends_before_the_log_is_no_steplr():
    assert family_of(multistep([20, 40], 0.5, 61)).family == "multistep"
    assert family_of(multistep([20, 40], 0.5, 60)).family == "step"
    assert family_of(multistep([20, 40], 0.5, 59)).family == "step"


def test_one_drop_is_steplr_unless_a_second_would_have_come():
    assert family_of(multistep([20], 0.5, 40)).family == "step"
    assert family_of(multistep([20], 0.5, 41)).family == "multistep"


@pytest.mark.parametrize(("every", "size"), [(2, 10), (5, 20), (4, 20)])
def test_rows_that_are_steps_apart_show_the_roundest_grid(every, size):
    steps = np.arange(0, 100, every)
    found = family_of(step_lr(size, 0.5, 100)[::every], steps)
    assert found.family == "step" and found.flat["step_size"] == size


def test_drops_of_epochs_on_rows_of_steps_are_counted_in_epochs():
    steps = np.arange(0, 3000, 10)
    rates = step_lr(10, 0.5, 3000)[(steps // 100)]
    found = family_of(rates, steps, Clock(100.0, 0.0, floor=True))
    assert found.family == "step" and found.flat["step_size"] == 10
    assert (found.clock.tick, found.flat["origin"]) == (100.0, 0.0)


def test_one_drop_between_distant_rows_is_put_at_the_roundest_step():
    steps = np.arange(0, 190, 7)
    found = family_of(multistep([100], 0.5, 190)[steps], steps)
    assert found.family == "step" and found.flat["step_size"] == 100  # in (98, 105]
    late = np.arange(0, 2000, 60)
    assert family_of(multistep([1050], 0.5, 2000)[late], late).flat["step_size"] == 1080


@pytest.mark.parametrize(("places", "family"), [
    ([17, 27, 37], "multistep"), ([10, 20, 30], "step"), ([12, 22, 32], "step"),
])  # fmt: skip
def test_three_drops_of_a_steplr_begin_about_its_own_size_after_the_start(places, family):
    assert family_of(multistep(places, 0.5, places[-1] + 5)).family == family


# Gamma


@pytest.mark.parametrize("printed", ["{!r}", "{:.5f}", "{:.3g}", "{:.2e}"])
@pytest.mark.parametrize("gamma", [0.1, 0.2, 0.5, 0.75])
def test_gamma_is_the_shortest_number_that_suits_all_drops(printed, gamma):
    rates = [float(printed.format(v)) for v in multistep([10, 25, 50], gamma, 60, 0.08).tolist()]
    found = family_of(rates)
    assert found.family == "multistep" and found.flat["gamma"] == gamma


def test_drops_of_different_size_are_by_hand():
    rates = np.repeat([0.1, 0.05, 0.01], 20)
    found = family_of(rates)
    assert (found.family, found.cost) == ("manual", 5)
    assert (found.flat["points"], found.flat["values"]) == ([20, 40], [0.05, 0.01])
    assert found.flat["base_lr"] == 0.1


@pytest.mark.parametrize(("gamma", "family"), [(0.99, "step"), (0.997, "manual")])
def test_a_factor_next_to_one_is_no_drop_that_anyone_configures(gamma, family):
    assert family_of(step_lr(20, gamma, 60)).family == family


def test_a_rise_is_by_hand():
    assert family_of(np.repeat([0.1, 0.2, 0.1], [30, 10, 30])).family == "manual"


def test_two_drops_between_two_rows_are_two():
    # Rows 40 steps apart: the drops at 45 and 70 show as one of gamma squared.
    steps = np.arange(0, 200, 40)
    rates = multistep([10, 45, 70], 0.3, 200)[steps]
    found = family_of(rates, steps)
    assert (found.family, found.flat["gamma"]) == ("multistep", pytest.approx(0.3))
    places = found.flat["milestones"]
    assert len(places) == 3 and 0 < places[0] <= 40
    assert 40 < places[1] < places[2] <= 80


def test_merged_drops_need_room_between_their_rows():
    found = family_of(np.repeat([0.1, 0.05, 0.0125], 20))
    assert found.family == "manual"


def test_a_last_drop_that_ends_at_a_floor_is_a_plateau_schedule():
    rates = np.repeat([0.1, 0.01, 0.001, 0.0005], 20)
    found = family_of(rates)
    assert (found.family, found.cost) == ("plateau", 6)
    assert found.flat["min_lr"] == 0.0005 and found.flat["gamma"] == pytest.approx(0.1)
    assert found.flat["milestones"] == [20, 40, 60]
    assert family_of(np.repeat([0.1, 0.01, 0.0005], 20)).family == "manual"


# After a warm-up


def test_drops_after_a_warmup():
    tick = np.arange(60)
    planted = {"base_lr": 0.1, "warmup": 5, "milestones": [30, 45], "gamma": 0.2}
    found = family_of(rate_at("warmup_multistep", planted, tick))
    assert (found.family, found.cost) == ("warmup_multistep", 5)
    assert found.flat["milestones"] == pytest.approx([30, 45])
    assert (found.flat["warmup"], found.flat["base_lr"]) == pytest.approx((5, 0.1))
    assert (found.flat["gamma"], found.flat["start_factor"]) == (0.2, 0.0)
    assert found.flat["origin"] == pytest.approx(0.0, abs=1e-9)


def test_a_warmup_that_began_before_the_log_has_its_origin_there():
    tick = np.arange(2, 62)
    planted = {"base_lr": 0.1, "warmup": 8, "milestones": [30, 45], "gamma": 0.2}
    found = family_of(rate_at("warmup_multistep", planted, tick))
    assert found.flat["origin"] == pytest.approx(-2.0)
    assert found.flat["warmup"] == pytest.approx(8)
    assert found.flat["milestones"] == pytest.approx([30, 45])


def test_changes_by_hand_after_a_warmup():
    rates = [0.025, 0.05, 0.075, 0.1, *[0.1] * 10, *[0.07] * 10, *[0.01] * 10]
    found = family_of(rates)
    assert (found.family, found.cost) == ("manual", 7)
    assert found.flat["base_lr"] == 0.1


# The end of a warm-up


@pytest.mark.parametrize(("rates", "rows"), [
    ([0.01, 0.02, 0.03, 0.04, 0.05] + [0.05] * 6, 4),  # four rises
    ([0.01, 0.03, 0.05] + [0.05] * 6, 2),
    ([0.05] * 9, 0),
    ([0.05, 0.04, 0.03], 0),
    ([0.01, 0.02, 0.03, 0.04, 0.05, 0.05], 0),  # longer than half the log
    ([0.01, 0.02, 0.015, 0.04, 0.05] + [0.05] * 6, 0),  # not a rise throughout
    ([0.0, 0.05] + [0.05] * 6, 1),  # from nothing, in one row
    ([0.0, 0.0, 0.05] + [0.05] * 6, 2),
    ([0.01, 0.05] + [0.05] * 6, 1),  # one rise after the first row, only drops follow
    ([0.01, 0.01, 0.05] + [0.05] * 6, 0),  # one rise later: by hand
    ([0.01] * 8 + [0.02] * 8 + [0.05] * 30, 0),  # two rises with long flat stretches: by hand
])  # fmt: skip
def test_where_a_warmup_ends(rates, rows):
    assert warmup_rows(rates_of(rates)) == rows


def test_a_log_that_begins_with_the_configured_rate_has_no_warmup():
    log = rates_of([0.01, 0.02, 0.03, 0.04, 0.05] + [0.05] * 6)
    assert warmup_rows(log, 0.01) == 0
    assert warmup_rows(log, 0.05) == 4


@pytest.mark.parametrize(("n", "rows"), [(8, 0), (9, 0), (10, 5), (11, 5)])
def test_a_warmup_is_at_most_half_of_the_log(n, rows):
    rates = np.minimum(0.01 * np.arange(1, n + 1), 0.06)
    assert warmup_rows(rates_of(rates)) == rows
