"""Which round number is told for drops that lie somewhere between two rows."""

import numpy as np
import pytest

from lrdiag.runs import Series
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.stepped import stepped_family, steps_of
from lrdiag.schedule.values import Clock


def family_of(rates, steps=None, clock=None, **more):
    rates = np.asarray(rates, float)
    steps = np.arange(len(rates)) if steps is None else np.asarray(steps)
    log = clean_rates(Series("lr", steps, np.full(len(rates), np.nan), rates))
    return stepped_family(log, steps_of(log), clock or Clock(), **more)


def drops(*right, gamma=0.1, n=60, every=1):
    """Rows `every` steps apart; a drop shows in each of these rows."""
    power = np.searchsorted(right, np.arange(n), side="right")
    return family_of(0.1 * gamma**power, np.arange(n) * every)


@pytest.mark.parametrize(("left", "right", "size"), [
    (90, 120, 100), (80, 100, 100), (100, 120, 120), (100, 119, 110), (11, 19, 19), (9, 10, 10),
    (95, 205, 200), (990, 1010, 1000), (990, 2010, 2000),
    (7, 5007, 5000), (7, 5008, 5008),  # of more than 5000 numbers none is tried
])  # fmt: skip
def test_one_drop_is_told_at_the_roundest_step(left, right, size):
    found = family_of([0.1, 0.1, 0.01, 0.01], [0, left, right, right + 1])
    assert (found.family, found.cost) == ("step", 3)
    assert found.flat == {"base_lr": 0.1, "step_size": float(size), "origin": 0.0,
                          "gamma": pytest.approx(0.1)}  # fmt: skip


@pytest.mark.parametrize(("last", "family"), [(39, "step"), (40, "multistep"), (60, "multistep")])
def test_a_grid_without_the_next_drop_is_none(last, family):
    found = family_of(np.r_[[0.1] * 20, [0.01] * (last - 19)])
    assert found.family == family
    assert found.flat.get("step_size", found.flat.get("milestones")) in (20.0, [20.0])


@pytest.mark.parametrize(("rows", "size", "origin"), [
    ((20, 40), 20.0, 0.0), ((10, 21), 11.0, -1.0), ((12, 22), 10.0, 2.0), ((9, 19, 29), 10.0, -1.0),
    ((12, 22, 32), 10.0, 2.0), ((8, 18, 28), 10.0, -2.0),
])  # fmt: skip
def test_drops_on_a_grid_are_told_with_its_start(rows, size, origin):
    found = drops(*rows, n=rows[-1] + 5)
    assert found.family == "step"
    assert (found.flat["step_size"], found.flat["origin"]) == (size, origin)
    assert found.flat["base_lr"] == pytest.approx(0.1)


@pytest.mark.parametrize(("rows", "family"), [
    ((13, 23, 33), "multistep"), ((7, 17, 27), "multistep"), ((13, 23), "multistep"),
    ((12, 22, 34), "multistep"), ((10, 20, 32), "multistep"), ((10, 20, 30), "step"),
    ((102, 202, 302), "step"), ((103, 203, 303), "multistep"), ((96, 196, 296), "step"),
    ((95, 195, 295), "multistep"),
])  # fmt: skip
def test_three_drops_off_the_grid_are_milestones(rows, family):
    assert drops(*rows, n=rows[-1] + 5).family == family


@pytest.mark.parametrize(("rows", "every", "size"), [
    ((5, 9), 7, 30.0),  # between 21 and 35 steps apart: 30 is the roundest
    ((2, 4, 6), 50, 100.0),
    ((15, 29), 7, 100.0),
    ((3, 6, 9), 4, 12.0),  # 11 to 13 apart, none of them round: the middle
])  # fmt: skip
def test_the_roundest_size_between_rows_far_apart(rows, every, size):
    found = drops(*rows, n=rows[-1] + 2, every=every)
    assert (found.family, found.flat["step_size"]) == ("step", size)


def test_the_level_before_the_first_row_is_told():
    # A log from step 25 on of a StepLR of ten: two drops are over.
    steps = np.arange(25, 58)
    found = family_of(0.1 * 0.5 ** (steps // 10), steps)
    assert found.family == "step"
    assert found.flat["base_lr"] == pytest.approx(0.1)
    assert (found.flat["step_size"], found.flat["origin"]) == (10.0, 0.0)


def test_changes_at_epochs_are_told_in_epochs():
    steps = np.arange(300)
    found = family_of(0.1 * 0.5 ** (steps // 100), steps, Clock(10.0, 0.0, floor=True))
    assert found.flat["step_size"] == 10.0 and found.clock == Clock(10.0, 0.0, floor=True)
    known = family_of(0.1 * 0.5 ** (steps // 100), steps, Clock(10.0, 0.0, floor=True),
                      in_epochs=True)  # fmt: skip
    assert (known.family, known.flat["step_size"]) == ("step", 10.0)
    odd = family_of(np.repeat([0.1, 0.03, 0.01, 0.007], [50, 80, 120, 50]), steps,
                    Clock(10.0, 0.0, floor=True), in_epochs=True)  # fmt: skip
    assert (odd.family, odd.flat["points"]) == ("manual", [5.0, 13.0, 25.0])


# The last drop of ReduceLROnPlateau, at its floor


@pytest.mark.parametrize(("last", "family"), [
    (0.0005, "plateau"), (0.00011, "plateau"), (0.00005, "manual"),
])  # fmt: skip
def test_only_a_smaller_last_drop_ends_at_a_floor(last, family):
    found = family_of(np.repeat([0.1, 0.01, 0.001, last], [20, 13, 17, 10]))
    assert found.family == family


def test_a_rise_is_no_drop_to_a_floor():
    found = family_of(np.repeat([0.1, 0.01, 0.001, 0.0015], [20, 13, 17, 10]))
    assert found.family == "manual" and found.cost == 7
    assert found.flat["points"] == [20.0, 33.0, 50.0]


def test_one_drop_alone_has_no_floor():
    assert family_of(np.repeat([0.1, 0.04], [20, 13])).family == "step"


@pytest.mark.parametrize("first", [10**4, 10**6, 10**9])
def test_a_log_that_begins_late_tells_no_rate_beyond_numbers(first):
    rates = 0.1 * 0.1 ** np.searchsorted([10, 20], np.arange(30), side="right")
    found = family_of(rates, first + np.arange(30))
    assert found.flat["gamma"] == pytest.approx(0.1)
    assert found.flat["base_lr"] < 1e26
