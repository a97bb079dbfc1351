"""Checks that weigh a run by a scorecard: their own limits, and what their evidence tells.

`min_probability` next to 0 lets the card always say yes, so that the check's own limit decides.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from lrdiag.checks import lr_too_low
from lrdiag.checks.data_leakage import DataLeakage
from lrdiag.checks.drop_too_early import DropTooEarly
from lrdiag.checks.drop_too_late import DropTooLate, flat_from
from lrdiag.checks.lr_too_high import LrTooHigh
from lrdiag.checks.lr_too_low import LrTooLow
from lrdiag.checks.no_signal import NoSignal, chance
from lrdiag.checks.overfitting import Overfitting
from lrdiag.checks.plateau_after_drop import PlateauAfterDrop
from lrdiag.checks.post_drop_oscillation import PostDropOscillation
from lrdiag.checks.scorecard_judgement import Weighed, row_place, weigh, why_not
from lrdiag.checks.traits import traits_of
from lrdiag.findings import Status
from lrdiag.schedule.values import ConfiguredSchedule
from lrdiag.statistics.scorecard import scorecard

SURE = 1e-12
T = np.arange(40.0)


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


# The answer of a card


def test_a_card_is_weighed_against_its_own_threshold_or_the_given_one(make_view, shapes):
    view = make_view(*shapes.overfitting())
    card = scorecard("overfitting")
    found = weigh(view, "overfitting")
    assert isinstance(found, Weighed)
    assert found.threshold == card.threshold
    assert found.probability == card.probability(traits_of(view))
    assert weigh(view, "overfitting", found.probability).failed
    assert not weigh(view, "overfitting", found.probability + 1e-9).failed
    assert found.told[0] == (
        f"Probability {found.probability:.2f} by {len(card.bands)} traits, reported from "
        f"{card.threshold:.2f}."
    )
    extra = weigh(view, "overfitting", 0.0, {"val_rise": 99.0})
    assert extra.traits["val_rise"] == 99.0


def test_why_a_run_cannot_be_weighed(make_view):
    assert why_not(make_view(lines(9))) == (
        "9 rows were logged; at least 10 are needed to tell."
    )  # fmt: skip
    assert why_not(make_view(lines(10))) == ""
    assert why_not(make_view({"val_loss": np.ones(20)})) == "No train_loss was logged."
    assert why_not(make_view({"train_loss": np.ones(20)})) == "No val_loss was logged."
    broken = lines()
    broken["val_loss"][[3, 4]] = np.nan
    assert why_not(make_view(broken)) == "2 of 40 points of val_loss are not finite."
    zero = lines()
    zero["val_loss"][5] = 0.0
    assert "has no ratios" in why_not(make_view(zero))


@pytest.mark.parametrize(("known", "row", "place"), [
    (True, 12, "epoch 12"), (True, -5, "epoch 0"), (True, 99, "epoch 39"),
    (False, 12, "step 120"), (False, 99, "step 390"),
])  # fmt: skip
def test_a_row_in_words(make_view, known, row, place):
    view = make_view(lines(), per_epoch=10, known=known)
    shown = row_place(view, row)
    if known:
        epoch = float(shown.split()[1])
        assert shown.startswith("epoch ") and abs(epoch - float(place.split()[1])) <= 1
    else:
        assert shown == place


def test_what_every_card_fills_alike(make_view):
    found = one(LrTooHigh(), make_view(rough(), per_epoch=10))
    assert (found.points, found.first_step, found.last_step) == (40, 0, 390)
    assert found.tags == ("val_loss", "train_loss")
    assert 0 < found.confidence < 1 and found.details[0].startswith("Probability")


@pytest.mark.parametrize("check", [
    LrTooHigh(), LrTooLow(), DataLeakage(), DropTooEarly(), DropTooLate(), PlateauAfterDrop(),
    PostDropOscillation(), NoSignal(),
])  # fmt: skip
def test_a_short_run_is_not_judged(make_view, check):
    found = one(check, make_view(lines(9)))
    assert found.status is Status.NOT_JUDGED and "9 rows" in found.reason


# Each check's own limit decides where the card says yes


def test_too_high_a_rate_moves_upward_at_least_three_tenths_of_the_time(make_view):
    view = make_view(rough())
    up = one(LrTooHigh(), view).observed
    assert up == traits_of(view)["val_up"]
    assert failed(LrTooHigh(SURE, min_up=up), view)
    assert not failed(LrTooHigh(SURE, min_up=up + 1e-9), view)
    assert not failed(LrTooHigh(1.0, min_up=0.0), view)
    found = one(LrTooHigh(SURE), view)
    assert found.facts["noise"] == traits_of(view)["val_noise_early"]
    assert found.facts["left"] == pytest.approx(math.exp(traits_of(view)["train_end"]))
    assert found.suggested == {"lr_factor": pytest.approx(1 / 6)}


def test_a_loss_that_exploded_is_told_up_to_a_million_times(make_view):
    curves = rough()
    curves["train_loss"][5:] *= 1e12
    curves["val_loss"][5:] *= 1e12
    assert one(LrTooHigh(SURE), make_view(curves)).facts["left"] == 1e6


def test_too_low_a_rate_moves_upward_little(make_view):
    view = make_view(rough(), [0.1] * 40)
    up = traits_of(view)["val_up"]
    assert failed(LrTooLow(SURE, max_up=up), view)
    assert not failed(LrTooLow(SURE, max_up=up - 1e-9), view)
    assert not failed(LrTooLow(1.0, max_up=1.0), view)
    assert up > 0.45 and not failed(LrTooLow(SURE), view)


def test_what_too_low_a_rate_did(make_view, rates):
    found = one(LrTooLow(SURE), make_view(lines(), [0.1] * 40))
    facts = found.facts
    assert facts["fall"] == pytest.approx(1 - math.exp(-0.05 * 37.5))
    assert facts["late_fall"] == pytest.approx(1 - math.exp(-0.5))
    assert facts["gap"] == pytest.approx(1.1 * math.exp(0.02 * 38))
    assert facts["cause"] == "The rate was too low from the start."
    assert facts["fix"].startswith("Raise the rate") and found.suggested == {"lr_factor": 3.0}
    early = one(LrTooLow(SURE), make_view(lines(), rates(40, 11))).facts
    assert early["cause"] == "The rate fell after 28% of the run and was too low from there on."
    assert early["fix"].startswith("Hold the first rate")
    late = one(LrTooLow(SURE), make_view(lines(), rates(40, 12))).facts
    assert late["cause"] == "The rate was too low from the start."


@pytest.mark.parametrize(("probability", "early", "failed_"), [
    (0.25, 0.9, True), (0.2499, 0.9, False), (0.25, 0.1, False), (0.49, 0.9, True),
    (0.51, 0.1, True),
])  # fmt: skip
def test_a_rate_that_fell_early_needs_less_to_be_too_low(
    make_view, rates, monkeypatch, probability, early, failed_
):
    likely = {"lr_too_low": probability, "drop_too_early": early}

    def weighed(view, name, *more):
        return replace(weigh(view, name, *more), probability=likely[name], threshold=0.5)

    monkeypatch.setattr(lr_too_low, "weigh", weighed)
    assert failed(LrTooLow(), make_view(lines(), rates(40, 8))) is failed_
    # Without a drop nothing fell early.
    assert failed(LrTooLow(), make_view(lines(), [0.1] * 40)) is (probability >= 0.5)


def test_leakage_has_no_wide_gap(make_view):
    view = make_view(lines(val=-0.05))
    gap = one(DataLeakage(), view).observed
    assert gap == pytest.approx(1.1)
    assert failed(DataLeakage(SURE, max_gap=gap), view)
    assert not failed(DataLeakage(SURE, max_gap=gap - 1e-9), view)
    assert not failed(DataLeakage(1.0, max_gap=9.0), view)
    facts = one(DataLeakage(), make_view(lines(val_accuracy=0.01 * T))).facts
    assert facts["accuracy"] == pytest.approx(0.39) and facts["below"] == 0.0
    assert facts["val_left"] == pytest.approx(math.exp(-0.03 * 38))
    assert facts["train_left"] == pytest.approx(math.exp(-0.05 * 38) / 1.1)
    assert one(DataLeakage(), view).facts["accuracy"] is None


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


# No signal


def test_no_signal_where_the_best_loss_is_near_the_first(make_view):
    curves = rough(val_accuracy=np.full(40, 0.1))
    view = make_view(curves)
    best = one(NoSignal(), view).observed
    start = max(curves["val_loss"][0], curves["train_loss"][0])
    assert best == pytest.approx(curves["val_loss"].min() / start)
    assert failed(NoSignal(SURE, min_best=best), view)
    assert not failed(NoSignal(SURE, min_best=best + 1e-9), view)
    assert not failed(NoSignal(1.0, min_best=0.0), view)


@pytest.mark.parametrize(("task", "bound"), [
    ({}, None), ({"num_classes": 10}, 0.1), ({"majority_rate": 0.3}, 0.3),
    ({"majority_rate": 0.3, "num_classes": 10}, 0.3), ({"num_classes": 0}, None),
])  # fmt: skip
def test_chance_is_the_majority_rate_or_one_over_the_classes(make_view, task, bound):
    assert chance(make_view(lines(), task=task)) == bound


@pytest.mark.parametrize(("accuracy", "silent"), [(0.119, False), (0.121, True)])
def test_an_accuracy_above_chance_is_a_signal(make_view, accuracy, silent):
    curves = rough(val_accuracy=np.full(40, accuracy))
    view = make_view(curves, task={"num_classes": 10})
    assert failed(NoSignal(SURE, min_best=0.5), view) is not silent
    assert failed(NoSignal(SURE, min_best=0.5), make_view(curves))
    assert one(NoSignal(), view).facts["bound"] == " Chance (the majority rate) is 10.0%."
    assert one(NoSignal(), make_view(curves)).facts["bound"] == ""


def test_four_times_the_noise_of_accuracy_is_allowed(make_view):
    jitter = 0.01 * np.where(T % 2, 1.0, -1.0)
    view = make_view(rough(val_accuracy=0.13 + jitter), task={"num_classes": 10})
    assert failed(NoSignal(SURE, min_best=0.5), view)


def test_what_was_learnt_without_a_signal(make_view):
    facts = one(NoSignal(), make_view(lines(val_accuracy=0.01 * T))).facts
    assert facts["accuracy"] == pytest.approx(0.39)
    assert facts["gain"] == pytest.approx(0.37 - 0.005)
    assert facts["train_fall"] == pytest.approx(1 - math.exp(-0.05 * 37.5))


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


def test_a_gap_of_any_size_is_told_up_to_half_a_billion(make_view):
    curves = lines()
    curves["train_loss"][20:] = 1e-9
    curves["val_loss"][20:] = 1e12
    assert one(DataLeakage(SURE), make_view(curves)).observed == pytest.approx(math.exp(20.0))


def test_overfitting_exactly_at_its_least_rise_counts(make_view, shapes):
    view = make_view(*shapes.overfitting())
    rise = one(Overfitting(min_probability=SURE), view).observed
    assert failed(Overfitting(min_probability=SURE, min_rise=rise, clear_rise=9.0), view)
    assert not failed(Overfitting(min_probability=SURE, min_rise=rise + 1e-9, clear_rise=9.0), view)
