"""At which logs a curve is told, a change by hand, or nothing."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.identify import identify
from lrdiag.schedule.points import clean_rates


def log(rates, printed="{!r}", steps=None):
    rates = np.array([float(printed.format(r)) for r in np.asarray(rates, float).tolist()])
    steps = np.arange(len(rates)) if steps is None else np.asarray(steps)
    return clean_rates(Series("lr", steps, np.full(len(rates), np.nan), rates))


def told(rates, printed="{!r}", steps=None, axis=None, epochs=None):
    found = identify(log(rates, printed, steps), axis or EpochAxis(), epochs)
    return found.family.name, found.rows.tolist()


def test_a_rate_that_never_changes_is_constant():
    found = identify(log([0.1] * 9), EpochAxis())
    assert found.family.name == "constant" and found.family.exact
    assert found.family.parameters == {"base_lr": 0.1} and found.rows.tolist() == []


# Random values


def turning(n, turns):
    """n rows of a slow rise in which so many rows turn back."""
    move = np.full(n - 1, 1.0)
    move[1 : 2 * (turns // 2) : 2] = -0.5
    return 1.0 + np.cumsum(np.r_[0.0, move])


@pytest.mark.parametrize(("n", "turns", "unknown"), [
    (500, 300, True),  # 0.6 of the rows
    (500, 280, True),
    (499, 300, False),  # so few rows may turn by chance
    (500, 260, False),  # cycles of four rows turn at every second
])  # fmt: skip
def test_a_rate_that_turns_at_most_rows_is_no_schedule(n, turns, unknown):
    rng = np.random.default_rng(3)
    rates = turning(n, turns) + rng.uniform(0, 0.1, n)
    move = np.diff(rates)
    assert np.count_nonzero(move[1:] * move[:-1] < 0) in range(turns - 3, turns + 1)
    found = identify(log(rates), EpochAxis())
    # Only what is not looked at at all has no family that comes near.
    assert (found.family.name == "unknown") is unknown


# How many rows a curve needs


@pytest.mark.parametrize(("n", "family"), [(5, "manual"), (6, "exponential"), (7, "exponential")])
def test_a_curve_needs_six_rows(n, family):
    rates = rate_at("polynomial", {"base_lr": 0.1, "total_iters": 9.0, "power": 2.0}, np.arange(n))
    name, rows = told(rates)
    assert name == ("manual" if n < 6 else "polynomial")
    assert rows == (list(range(1, n)) if n < 6 else [])
    name, rows = told(0.1 * 0.8 ** np.arange(n))
    assert name in ("exponential", "step")


@pytest.mark.parametrize("family", [
    ("exponential", {"gamma": 0.97}), ("cosine", {"T_max": 60}), ("linear", {
        "start_factor": 1.0, "end_factor": 0.0, "total_iters": 50}),
    ("polynomial", {"total_iters": 60, "power": 2.0}),
])  # fmt: skip
def test_a_curve_has_no_drops(family):
    name, given = family
    assert told(rate_at(name, {"base_lr": 0.1, **given}, np.arange(40))) == (name, [])


# Changes by hand


@pytest.mark.parametrize(("values", "lengths", "rows"), [
    ([0.1, 0.04, 0.01], [20, 20, 20], [20, 40]),
    ([0.1, 0.05, 0.2], [20, 20, 20], [20, 40]),
    ([0.1, 0.07, 0.02, 0.005], [10, 11, 12, 13], [10, 21, 33]),
    ([0.1, 0.03, 0.05, 0.01], [20, 1, 1, 20], [20, 21, 22]),  # three rows one after another
])  # fmt: skip
def test_levels_without_a_common_factor_are_by_hand(values, lengths, rows):
    assert told(np.repeat(values, lengths)) == ("manual", rows)


@pytest.mark.parametrize(("gamma", "lengths", "name"), [
    (0.1, [20, 20, 20], "step"), (0.1, [20, 10, 30], "multistep"), (0.5, [20, 20, 15], "step"),
])  # fmt: skip
def test_levels_with_a_common_factor_are_scheduled(gamma, lengths, name):
    values = 0.1 * gamma ** np.arange(3)
    places = np.cumsum(lengths)[:2].tolist()
    assert told(np.repeat(values, lengths)) == (name, places)


# The end, and the beginning, of a decay that was logged finely


LONG = 0.1234567890123


def ending(*tail, n=40):
    return [LONG] * n + list(tail)


@pytest.mark.parametrize(("rates", "by_hand"), [
    (ending(0.05), True),  # to a short rate
    (ending(0.3 * LONG), True),  # by a short factor
    (ending(0.0456789012345), False),  # to no number that anyone writes
    ([0.2456789012345] + [LONG] * 40, False),  # the same at the beginning
    ([0.2] + [LONG] * 40, True),
    ([2 * LONG] + [LONG] * 40, True),
    ([LONG] * 20 + [0.0456789012345] * 20, True),  # in the middle nothing was cut off
    (ending(0.0), False),  # no factor leads to nothing
    ([LONG] * 20 + [0.0] * 20, False),
])  # fmt: skip
def test_a_change_at_an_end_needs_a_number_that_is_written(rates, by_hand):
    _, rows = told(rates)
    assert bool(rows) is by_hand


# Rows of steps, a schedule of epochs


@pytest.mark.parametrize(("name", "given"), [
    ("exponential", {"gamma": 0.9}), ("cosine", {"T_max": 30}),
])  # fmt: skip
def test_a_staircase_is_the_curve_of_its_epochs(name, given):
    steps = np.arange(300)
    rates = rate_at(name, {"base_lr": 0.1, **given}, np.floor(steps / 10))
    found = identify(log(rates), EpochAxis(), 30)
    assert found.family.name == name and found.rows.tolist() == []
    assert found.family.clock.tick == 10 and found.family.clock.floor
    assert found.family.parameters["base_lr"] == pytest.approx(0.1)


def test_a_curve_that_jumps_is_told_with_its_row():
    rates = 0.1 * 0.95 ** np.arange(60)
    rates[30:] *= 4.0
    found = identify(log(rates), EpochAxis())
    assert found.rows.tolist() == [30] and found.family.name == "exponential"


# Two changes: a curve or two


@pytest.mark.parametrize(("rates", "rows"), [
    ([0.1, 0.1, 0.1, 0.1, 0.1, 0.07, 0.05, 0.05, 0.05, 0.05], [5, 6]),
])  # fmt: skip
def test_two_falls_in_a_row_are_changes(rates, rows):
    assert told(rates)[1] == rows
