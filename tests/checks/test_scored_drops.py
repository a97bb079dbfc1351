"""Drops too early, too late, rough or useless: their own limits, and what their evidence tells.

`min_probability` next to 0 lets the card always say yes, so that the check's own limit decides.
"""

from dataclasses import replace

import numpy as np
import pytest

from lrdiag.checks.drop_too_early import DropTooEarly
from lrdiag.checks.drop_too_late import DropTooLate, flat_from
from lrdiag.checks.plateau_after_drop import PlateauAfterDrop
from lrdiag.checks.post_drop_oscillation import PostDropOscillation
from lrdiag.checks.scorecard_judgement import row_place
from lrdiag.checks.traits import traits_of
from lrdiag.findings import Status
from lrdiag.schedule.values import ConfiguredSchedule

SURE = 1e-12


def one(check, view):
    (evidence,) = check.evaluate(view)
    return evidence


def failed(check, view):
    return one(check, view).status is Status.FAILED


def rough(n=40, size=0.05, **more):
    rng = np.random.default_rng(0)
    return {"train_loss": 1.5 * np.exp(rng.normal(0, size, n)),
            "val_loss": 1.6 * np.exp(rng.normal(0, size, n)), **more}  # fmt: skip


def lines(n=40, train=-0.05, val=-0.03, **more):
    t = np.arange(n)
    return {"train_loss": 2 * np.exp(train * t), "val_loss": 2.2 * np.exp(val * t), **more}


def test_a_drop_is_early_only_where_the_mean_rate_is_low(make_view, rates):
    view = make_view(lines(), rates(40, 8))
    mean = one(DropTooEarly(), view).observed
    assert mean == pytest.approx(0.2 + 0.8 * 0.1)
    assert failed(DropTooEarly(SURE, max_mean_rate=mean), view)
    assert not failed(DropTooEarly(SURE, max_mean_rate=mean - 1e-9), view)
    assert not failed(DropTooEarly(1.0, max_mean_rate=1.0), view)
    assert not failed(DropTooEarly(SURE, max_mean_rate=1.0), make_view(lines(), [0.1] * 40))
    assert one(DropTooEarly(), make_view(lines())).observed == 1.0


def test_what_an_early_drop_did_and_where_it_should_be(make_view, rates):
    found = one(DropTooEarly(SURE), make_view(lines(), rates(40, 8)))
    facts = found.facts
    assert facts["share"] == 0.2 and found.drop == 1
    assert facts["pace_before"] == facts["pace_after"] == "was falling 4.9% a row"
    # 0.4 of the 32 rows that are left later: row 21.
    view = make_view(lines(), rates(40, 8))
    assert facts["where"] == row_place(view, 8) and facts["target"] == row_place(view, 21)
    assert abs(found.suggested["first_milestone"] - 21) <= 1
    quiet = one(DropTooEarly(1.0), view)
    assert (quiet.facts, quiet.suggested, quiet.drop) == ({}, {}, None)
    steps = one(DropTooEarly(SURE), make_view(lines(), rates(40, 8), known=False))
    assert steps.suggested == {}


@pytest.mark.parametrize(("slope", "pace"), [
    (0.0004, "hardly moved"), (-0.0004, "hardly moved"), (0.0006, "was rising 0.1% a row"),
    (-0.1, "was falling 9.5% a row"),
])  # fmt: skip
def test_how_fast_the_loss_moved_before_and_after_an_early_drop(make_view, rates, slope, pace):
    facts = one(DropTooEarly(SURE), make_view(lines(train=slope), rates(40, 8))).facts
    assert facts["pace_before"] == facts["pace_after"] == pace


@pytest.mark.parametrize(("drop", "pace"), [(3, "had only 3 rows"), (4, "was falling 4.9% a row")])
def test_a_slope_before_an_early_drop_needs_three_rows_behind_the_first(
    make_view, rates, drop, pace
):
    facts = one(DropTooEarly(SURE), make_view(lines(), rates(40, drop))).facts
    assert facts["pace_before"] == pace


def test_a_long_run_is_told_in_its_own_rows(make_view, rates):
    slow = lines(128, -0.01, -0.01)
    view = make_view(slow, rates(128, 20))
    found = one(DropTooEarly(SURE), view)
    assert found.facts["pace_before"] == found.facts["pace_after"] == "was falling 1.0% a row"
    # Row 10 of 64; 0.4 of 54 later is row 32, which is row 64 of the run.
    assert found.facts["target"] == row_place(view, 64)
    assert abs(found.suggested["first_milestone"] - 64) <= 1


def late(n=40, drop=30, gain=0.3, size=0.02):
    rng = np.random.default_rng(1)
    level = np.where(np.arange(n) < drop, 1.0, 1.0 - gain)
    level[: n // 5] += np.linspace(1, 0, n // 5)
    return {"train_loss": level * np.exp(rng.normal(0, size, n)),
            "val_loss": 1.1 * level * np.exp(rng.normal(0, size, n))}  # fmt: skip


def test_a_late_drop_gained_something(make_view, rates):
    view = make_view(late(), rates(40, 30))
    gain = one(DropTooLate(), view).observed
    assert gain == pytest.approx(0.3, abs=0.03)
    assert failed(DropTooLate(SURE, min_gain=gain), view)
    assert not failed(DropTooLate(SURE, min_gain=gain + 1e-9), view)
    assert not failed(DropTooLate(1.0, min_gain=0.0), view)
    none = one(DropTooLate(SURE), make_view(late(), [0.1] * 40))
    assert (none.status, none.observed, none.threshold) == (Status.PASSED, 0.0, 0.03)


def test_since_when_the_loss_was_flat_and_where_the_drop_should_be(make_view, rates):
    view = make_view(late(), rates(40, 30))
    found = one(DropTooLate(SURE), view)
    facts = found.facts
    flat = flat_from(np.log(late()["val_loss"]), 30)
    assert 4 <= flat <= 9
    assert facts["flat"] == 30 - flat and facts["flat_from"] == row_place(view, flat)
    assert (facts["share"], facts["unit_name"]) == (0.75, "epochs")
    assert facts["where"] == row_place(view, 30)
    # At the earliest at 0.4 of the way: row 12.
    assert facts["target"] == row_place(view, 12)
    assert abs(found.suggested["first_milestone"] - 12) <= 1 and found.drop == 1
    quiet = one(DropTooLate(1.0), view)
    assert (quiet.facts, quiet.suggested, quiet.drop) == ({}, {}, 1)
    steps = one(DropTooLate(SURE), make_view(late(), rates(40, 30), known=False))
    assert steps.facts["unit_name"] == "rows" and steps.suggested == {}


def test_where_a_curve_went_flat():
    curve = np.concatenate([np.linspace(2, 1, 11), np.full(20, 1.0)])
    assert flat_from(curve, 31) == pytest.approx(9, abs=1)
    assert flat_from(curve, 5) == 0 and flat_from(np.ones(20), 20) == 0
    assert flat_from(np.linspace(2, 1, 20), 20) >= 15


def test_an_oscillation_is_as_large_as_asked(make_view, rates):
    view = make_view(rough(), rates(40, 20, gamma=0.5))
    noise = one(PostDropOscillation(), view).observed
    assert noise == traits_of(view)["last_val_noise_after"]
    assert failed(PostDropOscillation(SURE, min_noise=noise), view)
    assert not failed(PostDropOscillation(SURE, min_noise=noise + 1e-9), view)
    assert not failed(PostDropOscillation(1.0, min_noise=0.0), view)
    found = one(PostDropOscillation(SURE), view)
    assert found.facts["where"] == row_place(view, 20) and found.drop == 1
    assert found.facts["train_noise"] == traits_of(view)["last_train_noise_after"]
    none = one(PostDropOscillation(SURE), make_view(rough(), [0.1] * 40))
    assert (none.status, none.observed) == (Status.PASSED, None)


@pytest.mark.parametrize(("gamma", "work"), [(0.21, True), (0.19, False)])
def test_noise_after_a_deep_drop_is_no_work_of_the_rate(make_view, rates, gamma, work):
    view = make_view(rough(), rates(40, 20, gamma=gamma))
    assert failed(PostDropOscillation(SURE), view) is work
    assert failed(PostDropOscillation(SURE, min_ratio=gamma), view)


@pytest.mark.parametrize(("drop", "judged"), [(35, True), (36, False)])
def test_an_oscillation_needs_five_rows_after_the_last_drop(make_view, rates, drop, judged):
    found = one(PostDropOscillation(), make_view(rough(), rates(40, 20, drop)))
    assert (found.status is not Status.NOT_JUDGED) is judged
    if not judged:
        assert found.reason == "4 rows after the last drop; at least 5 are needed."
    else:
        assert found.drop == 2


# A drop that brought nothing


def still(n=40, drop=20, change=0.0, train=0.0, size=0.002):
    rng = np.random.default_rng(2)
    after = np.arange(n) >= drop
    levels = {"train_loss": 1 + train, "val_loss": 1 + change}
    jitter = {role: np.exp(rng.normal(0, size, n)) for role in levels}
    return {role: np.where(after, level, 1.0) * jitter[role] for role, level in levels.items()}


def test_a_drop_that_brought_nothing(make_view, rates):
    view = make_view(still(change=0.05), rates(40, 20))
    found = one(PlateauAfterDrop(SURE), view)
    assert found.status is Status.FAILED and found.drop == 1
    assert found.observed == pytest.approx(0.05, abs=0.01)
    assert found.interval[0] < found.observed < found.interval[1] < 1.0
    assert found.first_step == 20 and found.threshold == 0.1
    facts = found.facts
    assert (facts["number"], facts["rows_after"]) == (1, 20)
    assert facts["train_change"] == pytest.approx(0.0, abs=0.01)
    assert (facts["before"], facts["after"]) == (0.1, pytest.approx(0.01))
    change = found.observed
    assert failed(PlateauAfterDrop(SURE, max_change=change), view)
    assert not failed(PlateauAfterDrop(SURE, max_change=change - 1e-9), view)
    assert not failed(PlateauAfterDrop(1.0), view)


@pytest.mark.parametrize("change", [0.2, -0.2])
def test_a_change_either_way_is_something(make_view, rates, change):
    assert not failed(PlateauAfterDrop(SURE), make_view(still(change=change), rates(40, 20)))


@pytest.mark.parametrize(("train", "nothing"), [(-0.2, False), (-0.05, True), (0.2, True)])
def test_a_fall_of_the_training_loss_is_something(make_view, rates, train, nothing):
    view = make_view(still(train=train), rates(40, 20))
    assert failed(PlateauAfterDrop(SURE), view) is nothing


@pytest.mark.parametrize(("gamma", "judged"), [(0.39, True), (0.41, False)])
def test_a_small_drop_is_part_of_a_decay(make_view, rates, gamma, judged):
    found = one(PlateauAfterDrop(SURE), make_view(still(), rates(40, 20, gamma=gamma)))
    assert (found.status is not Status.NOT_JUDGED) is judged
    if not judged:
        assert found.reason == "No drop is larger than to 0.4 of the rate before it."


@pytest.mark.parametrize(("drop", "judged"), [(38, True), (39, False)])
def test_a_drop_needs_two_rows(make_view, rates, drop, judged):
    found = one(PlateauAfterDrop(SURE), make_view(still(drop=drop), rates(40, drop)))
    assert (found.status is not Status.NOT_JUDGED) is judged
    if not judged:
        assert found.reason == "1 rows after drop 1; at least 2 are needed." and found.drop == 1


def test_many_drops_are_one_gradual_decay(make_view, rates):
    found = one(PlateauAfterDrop(SURE), make_view(still(), rates(40, 5, 10, 15, 20, 25)))
    assert found.reason.startswith("The rate falls in 5 steps; more than 4 are one")
    four = make_view(still(), rates(40, 5, 10, 15, 20))
    assert [e.drop for e in PlateauAfterDrop(SURE).evaluate(four)] == [1, 2, 3, 4]


def test_drops_of_a_scheduler_that_waits_for_a_plateau_are_its_answer(make_view, rates):
    view = make_view(still(), rates(40, 20))
    configured = replace(view.schedule, configured=ConfiguredSchedule("plateau"))
    found = one(PlateauAfterDrop(SURE), replace(view, schedule=configured))
    assert found.status is Status.NOT_JUDGED and "meets a plateau" in found.reason
    other = replace(view.schedule, configured=ConfiguredSchedule("step"))
    assert failed(PlateauAfterDrop(SURE), replace(view, schedule=other))


def test_without_drops_none_brought_nothing(make_view):
    found = one(PlateauAfterDrop(SURE), make_view(still(), [0.1] * 40))
    assert (found.status, found.threshold) == (Status.PASSED, 0.1)
