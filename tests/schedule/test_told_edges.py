"""What is told at the limit of each answer: kinds of agreement, smooth or not, points drawn."""

import re

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.agreement import agreements_of, reconciled, unreached
from lrdiag.schedule.configured import from_options
from lrdiag.schedule.drawing import svg_picture, terminal_picture
from lrdiag.schedule.explained import multiple_of
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.sample import Sample, row_sample
from lrdiag.schedule.smooth_family import best_smooth
from lrdiag.schedule.smooth_with_jump import smooth_with_jump
from lrdiag.schedule.values import Clock, ConfiguredSchedule, Schedule
from lrdiag.schedule.warmup import warmup_rows

EPOCHS = EpochAxis(np.array([0, 60]), np.array([0.0, 60.0]), "step is epoch")
E = np.arange(60)


def log(rates, steps=None, restarts=()):
    rates = np.asarray(rates, float)
    steps = np.arange(len(rates)) if steps is None else np.asarray(steps)
    return clean_rates(Series("lr", steps, np.full(len(rates), np.nan), rates, restarts=restarts))


def multi(gamma=0.1, places=(20, 40)):
    given = {"base_lr": 0.1, "milestones": list(places), "gamma": gamma}
    return rate_at("multistep", given, E.astype(float))


def kinds(rates, restarts=(), gamma=0.1):
    some = log(rates, restarts=restarts)
    config = from_options([20, 40], gamma=gamma, epochs=60, base_lr=0.1)
    return [a.kind for a in agreements_of(reconciled(config, some, EPOCHS, 60), some)]


# Agreement with a configuration


@pytest.mark.parametrize(("used", "kind"), [
    (0.01, "gamma_applied_twice"), (0.0100049, "gamma_applied_twice"), (0.0099951,
    "gamma_applied_twice"), (0.0101, "gamma_differs"), (0.0099, "gamma_differs"),
    (0.1, "matches"),
])  # fmt: skip
def test_gamma_twice_is_gamma_squared_within_a_thousandth(used, kind):
    assert kinds(multi(used)) == [kind]


@pytest.mark.parametrize(("factor", "restarts", "kind"), [
    (0.37, (), "extra_drop"), (3.7, (), "jump_on_resume"), (0.37, (30,), "jump_on_resume"),
    (0.37, (31,), "jump_on_resume"), (0.37, (29,), "jump_on_resume"), (0.37, (32,), "extra_drop"),
])  # fmt: skip
def test_a_jump_at_a_restart_or_upwards_is_one_of_a_resume(factor, restarts, kind):
    rates = multi()
    rates[30:] *= factor
    assert kinds(rates, restarts) == [kind]


@pytest.mark.parametrize(
    ("at", "kind"), [(0, "convention"), (59, "convention"), (58, "extra_drop")]
)
def test_a_factor_on_all_rows_or_the_last_alone_is_a_convention(at, kind):
    rates = multi()
    rates[at:] *= 0.37
    assert kinds(rates) == [kind]


@pytest.mark.parametrize(("places", "epochs", "missed"), [
    ([30, 60], 60, 60.0), ([30, 61], 60, 61.0), ([30, 59], 60, None), ([60, 90], 60, 60.0),
])  # fmt: skip
def test_milestones_at_the_end_are_never_reached(places, epochs, missed):
    found = unreached(from_options(places, gamma=0.1, epochs=epochs, base_lr=0.1), EPOCHS, None)
    assert (found.observed if found else None) == missed
    if found:
        assert (found.kind, found.threshold, found.unit) == ("beyond_end", 60.0, "epoch")
        assert (found.first_step, found.last_step) == (0, 0)


@pytest.mark.parametrize(("last", "told"), [(30, True), (59, True), (61, False)])
def test_a_run_longer_than_configured_may_reach_them(last, told):
    config = from_options([20, 60], gamma=0.1, epochs=60, base_lr=0.1)
    found = unreached(config, EpochAxis(np.array([0, 90]), np.array([0.0, 90.0]), "step is epoch"),
                      last)  # fmt: skip
    assert bool(found) is told
    if found:
        assert found.last_step == last


@pytest.mark.parametrize("config", [
    ConfiguredSchedule("cosine", {"T_max": 90}, epochs=60),
    ConfiguredSchedule("multistep", milestones=(90,), gamma=0.1, epochs=60, unit="step"),
    ConfiguredSchedule("multistep", milestones=(90,), gamma=0.1),
    ConfiguredSchedule("step", step_size=59, gamma=0.1, epochs=60),
])  # fmt: skip
def test_other_configurations_have_no_unreached_milestones(config):
    assert unreached(config, EPOCHS, None) is None


def test_a_step_size_beyond_the_epochs_is_never_reached():
    config = ConfiguredSchedule("step", step_size=60, gamma=0.1, epochs=60)
    assert unreached(config, EPOCHS, None).observed == 60.0


# Without anything to tell from, and groups beside the main one


@pytest.mark.parametrize("last", [None, 5])
def test_without_rate_configuration_and_loss_nothing_is_told(last):
    found = infer_schedule({}, EPOCHS, last_step=last)
    assert found == Schedule()


@pytest.mark.parametrize(("rates", "main", "factor"), [
    ([0.2, 0.2, 0.02], [0.1, 0.1, 0.01], 2.0),
    ([0.1, 0.1, 0.01], [0.1, 0.1, 0.01], 1.0),
    ([0.0, 0.0, 0.0], [0.1, 0.1, 0.01], 0.0),
    ([0.1, 0.1, 0.01], [0.0, 0.0, 0.0], None),
    ([0.2, 0.2, 0.03], [0.1, 0.1, 0.01], None),
    ([0.2, 0.2], [0.1, 0.1, 0.01], None),
])  # fmt: skip
def test_a_group_is_a_multiple_of_another_at_every_row(rates, main, factor):
    found = multiple_of(log(rates), log(main))
    assert found == (None if factor is None else pytest.approx(factor))


def test_rows_of_other_steps_are_not_compared():
    assert multiple_of(log([0.2, 0.1], [0, 1]), log([0.2, 0.1], [0, 2])) is None


# Pictures


def points_of(curve):
    path = re.search(r'<path d="([^"]*)"', curve).group(1)
    return 1 + path.count("H")


def test_a_long_curve_keeps_both_sides_of_each_change():
    at = np.arange(5000.0)
    whole = np.unique(np.r_[np.linspace(0, 4999, 800).astype(int), 2776, 2777])
    drawn = svg_picture([("lr", at, np.where(at < 2777, 0.1, 0.01))], "t", "step")
    assert points_of(drawn) == len(whole)
    # Left edge 70, right edge 620: the fall is one row wide.
    for row in (2776, 2777):
        assert f"H{70 + row * 550 / 4999:.1f}V" in drawn


@pytest.mark.parametrize(("n", "count"), [(800, 800), (3200, 3200), (9999, 834)])
def test_a_curve_that_always_moves_is_thinned_above_3200_points(n, count):
    at = np.arange(float(n))
    assert points_of(svg_picture([("lr", at, 0.1 + 0.05 * (at % 2))], "t", "step")) == count


def test_the_terminal_shows_the_rate_in_force():
    lines = terminal_picture(np.arange(5.0), np.array([1.0, 1.0, 0.1, 0.1, 0.01]), 5, 3)
    assert lines == [
        " 1.00e+00 ┤██", " 1.00e-01 ┤  ██", " 1.00e-02 ┤    █", " " * 11 + "0" + " " * 3 + "4",
    ]  # fmt: skip
    assert terminal_picture(np.array([3.0]), np.array([0.1])) == []
    assert terminal_picture(np.array([3.0, 5.0]), np.array([0.1, 0.1]), 6) == [
        " 1.00e-01 ┤██████", " " * 11 + "3" + " " * 4 + "5",
    ]  # fmt: skip


# Where a run began


@pytest.mark.parametrize(("first", "floor", "origin"), [
    (0, False, 0.0), (1, False, 1.0), (5, False, 1.0), (1, True, 0.0), (5, True, 0.0),
])  # fmt: skip
def test_the_run_began_at_its_first_epoch_or_step(first, floor, origin):
    tick = np.arange(first, first + 40.0)
    sample = Sample(tick, 0.1 * 0.9**tick, np.full(40, 1e-9), Clock(10.0 if floor else 1.0, 0.0,
                    floor), np.arange(40), np.arange(40))  # fmt: skip
    found = best_smooth(sample)
    assert (found.candidate.family, found.candidate.flat["origin"]) == ("exponential", origin)
    assert found.candidate.flat["base_lr"] == pytest.approx(0.1 * 0.9**origin)


def test_three_equal_rows_have_no_smooth_family():
    assert best_smooth(row_sample(log([0.1, 0.1, 0.1]))) is None


# Jumps of a curve, at the limits


@pytest.mark.parametrize(("n", "at", "told"), [
    (12, 8, True), (11, 8, False), (12, 7, False), (12, 9, False), (40, 36, True), (40, 37, False),
])  # fmt: skip
def test_a_jump_needs_eight_rows_before_and_four_after(n, at, told):
    rates = 0.1 * 0.9 ** np.arange(n)
    rates[at:] *= 3.0
    found = smooth_with_jump(row_sample(log(rates)))
    assert (found[1] if found else None) == (at if told else None)


def test_a_curve_begun_anew_a_tick_early_or_late_is_seen():
    whole = rate_at("cosine", {"base_lr": 0.1, "T_max": 100}, np.arange(100.0))
    for back in (0, 1):
        rates = np.concatenate([whole[:60], whole[back : 30 + back]])
        found = smooth_with_jump(row_sample(log(rates)))
        assert found is not None and found[1] == 60


# Warm-ups of few rises


@pytest.mark.parametrize(("rates", "rows"), [
    ([0.01] * 3 + [0.02] * 3 + [0.03] * 20, 6),  # two equal rises
    ([0.01] * 3 + [0.02] * 3 + [0.03] * 3 + [0.04] * 20, 9),
    ([0.01] * 3 + [0.02] * 3 + [0.05] * 3 + [0.06] * 20, 0),  # three, on no line
    ([0.01] * 3 + [0.02] * 3 + [0.05] * 3 + [0.06] * 3 + [0.07] * 20, 12),  # four are enough
    # The third waited more than three times as long as the others, or just three times.
    ([0.01] * 3 + [0.02] * 3 + [0.03] * 10 + [0.04] * 30, 6),
    ([0.01] * 3 + [0.02] * 3 + [0.03] * 9 + [0.04] * 30, 15),
    ([0.01, 0.02, 0.05] + [0.05] * 20, 2),  # row by row
])  # fmt: skip
def test_few_rises_make_a_ramp_on_a_line(rates, rows):
    assert warmup_rows(log(rates)) == rows
