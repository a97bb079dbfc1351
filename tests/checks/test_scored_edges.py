"""Rates too high or too low, leakage, no signal: their own limits, and what their evidence tells.

`min_probability` next to 0 lets the card always say yes, so that the check's own limit decides.
"""

import math

import numpy as np
import pytest

from lrdiag.checks.data_leakage import DataLeakage
from lrdiag.checks.drop_too_early import DropTooEarly
from lrdiag.checks.drop_too_late import DropTooLate
from lrdiag.checks.lr_too_high import LrTooHigh
from lrdiag.checks.lr_too_low import LrTooLow
from lrdiag.checks.no_signal import NoSignal, chance
from lrdiag.checks.overfitting import Overfitting
from lrdiag.checks.plateau_after_drop import PlateauAfterDrop
from lrdiag.checks.post_drop_oscillation import PostDropOscillation
from lrdiag.checks.scorecard_judgement import Weighed, row_place, weigh, why_not
from lrdiag.checks.traits import traits_of
from lrdiag.findings import Status
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


def test_a_training_loss_measured_otherwise_says_nothing_of_leakage(make_view):
    curves = lines(val=-0.05)
    left = float(np.exp(-0.05 * T)[-3:].mean())
    view = make_view({**curves, "train_loss": curves["val_loss"] + 2.2 * 0.12})
    found = one(DataLeakage(SURE), view)
    assert found.status is Status.NOT_JUDGED
    assert "Training loss ends 11% of the first loss above validation loss" in found.reason
    lies_below = 0.12 / 1.12
    assert failed(DataLeakage(SURE, max_below=lies_below + 0.01 * left), view)
    assert failed(DataLeakage(SURE), make_view({**curves, "train_loss": curves["val_loss"] + 0.09}))


def late(n=40, drop=30, gain=0.3, size=0.02):
    rng = np.random.default_rng(1)
    level = np.where(np.arange(n) < drop, 1.0, 1.0 - gain)
    level[: n // 5] += np.linspace(1, 0, n // 5)
    return {"train_loss": level * np.exp(rng.normal(0, size, n)),
            "val_loss": 1.1 * level * np.exp(rng.normal(0, size, n))}  # fmt: skip


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
