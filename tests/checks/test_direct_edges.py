"""Checks that compare numbers directly, at their very limits, and what their evidence tells."""

import math

import numpy as np
import pytest

from lrdiag.checks.constant_lr import ConstantLr
from lrdiag.checks.generalization_gap import GeneralizationGap
from lrdiag.checks.loss_spike import LossSpike, running_median
from lrdiag.checks.nan_divergence import NanDivergence
from lrdiag.checks.overfitting import Overfitting, train_falls
from lrdiag.checks.post_drop_divergence import PostDropDivergence, blown_up
from lrdiag.checks.rows import rows_of
from lrdiag.checks.stages import place_drops
from lrdiag.checks.still_improving_at_end import StillImprovingAtEnd
from lrdiag.findings import Status
from lrdiag.statistics.trend import fit_trend

NAN = float("nan")


def one(check, view):
    (evidence,) = check.evaluate(view)
    return evidence


def statuses(check, view):
    return [e.status for e in check.evaluate(view)]


def noise(n, size, seed=0):
    return np.random.default_rng(seed).normal(0, size, n)


# NaN in a loss


@pytest.mark.parametrize(("value", "failed"), [
    ([1.0, NAN], True), ([NAN, 1.0], True), ([1.0] * 99 + [NAN], True),
    ([NAN] + [1.0] * 99, False), ([NAN] * 2 + [1.0] * 98, True), ([1.0] * 5, False),
    ([1.0, np.inf], True), ([NAN], True),
])  # fmt: skip
def test_a_loss_that_ends_or_is_often_no_number(make_view, value, failed):
    assert (
        one(NanDivergence(), make_view({"train_loss": value})).status is Status.FAILED
    ) is failed


def test_where_a_loss_stopped_being_a_number(make_view):
    value = [2.0, 1.5, 1.25, NAN, np.inf, NAN]
    found = one(NanDivergence(), make_view({"train_loss": value}, per_epoch=10))
    assert (found.observed, found.threshold, found.points) == (0.5, 0.01, 6)
    assert (found.first_step, found.last_step, found.confidence) == (30, 50, 1.0)
    assert found.facts["what"] == "NaN" and found.facts["before"] == 1.25
    assert found.facts["where"].endswith("(step 30)") and found.facts["cause"] == ""
    found = one(NanDivergence(), make_view({"val_loss": [np.inf, 1.0, NAN]}, known=False))
    assert found.facts["what"] == "infinite" and math.isnan(found.facts["before"])
    assert found.facts["where"] == "step 0" and found.facts["role"] == "val_loss"


def test_the_first_of_several_losses_is_told_and_all_are_named(make_view):
    curves = {"train_loss": [1, 1, 1, NAN], "val_loss": [1, 1, NAN, NAN],
              "train_loss_step": [1.0] * 4}  # fmt: skip
    found = one(NanDivergence(), make_view(curves))
    assert (found.first_step, found.facts["role"]) == (2, "val_loss")
    assert found.tags == ("train_loss", "val_loss")


@pytest.mark.parametrize(("rates", "cause"), [
    ([0.1, 0.1, 1.0, 1.0, 1.0], "risen from 0.1 to 1"), ([0.1, 0.1, 0.1, 0.1, 1.0], ""),
    ([0.1, 1.0, 0.5, 0.5, 0.5], ""), ([0.1] * 5, ""), ([0.1, 0.1, 0.1, 1.0, 1.0], "risen"),
])  # fmt: skip
def test_a_raise_before_it_is_told_as_its_cause(make_view, rates, cause):
    found = one(NanDivergence(), make_view({"train_loss": [2, 1, 1, NAN, NAN]}, rates))
    assert cause in found.facts["cause"] and bool(found.facts["cause"]) is bool(cause)


def test_a_sound_loss_passes_with_its_share(make_view):
    found = one(NanDivergence(), make_view({"train_loss": [1.0] * 4, "val_loss": [1.0] * 4}))
    assert (found.status, found.observed, found.points) == (Status.PASSED, 0.0, 8)
    assert found.tags == ("train_loss", "val_loss")
    share = one(NanDivergence(), make_view({"train_loss": [NAN, *[1.0] * 199]})).observed
    assert share == 0.005


# Spikes


def spiky(n=40, at=20, factor=5.0, size=0.01):
    value = 1.0 + noise(n, size)
    if at is not None:
        value[at] *= factor
    return {"train_loss": value}


def test_a_median_over_seven_rows():
    value = np.array([9.0, 1, 2, 3, 4, 5, 6, 7])
    found = running_median(value)
    assert found[3] == 4.0 and found[4] == 4.0
    assert found[0] == np.median([3, 2, 1, 9, 1, 2, 3]) and found[-1] == np.median(
        [4, 5, 6, 7, 6, 5, 4]
    )


def test_a_steep_fall_at_the_start_of_a_segment_is_no_spike(make_view, rates):
    value = np.concatenate([np.full(20, 1000.0), 900.0 * 0.3 ** np.arange(8), np.full(12, 0.05)])
    value *= np.exp(noise(40, 0.001))
    assert one(LossSpike(), make_view({"train_loss": value}, rates(40, 20))).facts["count"] == 0


def test_a_spike_is_told_with_its_rise(make_view):
    found = one(LossSpike(), make_view(spiky()))
    assert found.status is Status.FAILED and 0.8 <= found.confidence < 1
    assert (found.first_step, found.last_step, found.points) == (20, 20, 40)
    assert found.facts["rise"] == pytest.approx(4.0, abs=0.1)
    assert found.facts["value"] == pytest.approx(5.0, abs=0.1) and found.facts["count"] == 1
    assert found.threshold == 10.0 and found.observed > 100


def test_several_spikes_are_counted_from_the_first_to_the_last(make_view):
    curves = spiky(at=15)
    curves["train_loss"][[25, 30]] *= [9.0, 4.0]
    found = one(LossSpike(), make_view(curves))
    assert (found.first_step, found.last_step, found.facts["count"]) == (15, 30, 3)
    assert found.facts["rise"] == pytest.approx(8.0, abs=0.2)  # the largest


def test_no_spike_is_told_with_the_largest_score(make_view):
    found = one(LossSpike(), make_view(spiky(at=None)))
    assert found.status is Status.PASSED and 0 < found.observed < 10
    assert (found.confidence, found.first_step, found.last_step) == (None, 0, 39)


@pytest.mark.parametrize(("factor", "failed"), [(1.9, False), (2.1, True)])
def test_a_spike_at_least_doubles_the_loss(make_view, factor, failed):
    assert (one(LossSpike(), make_view(spiky(factor=factor))).status is Status.FAILED) is failed


def test_a_rough_loss_has_no_spike(make_view):
    curves = spiky(factor=2.5, size=0.3)
    curves["train_loss"] = np.abs(curves["train_loss"])
    assert one(LossSpike(), make_view(curves)).status is Status.PASSED


@pytest.mark.parametrize(
    ("at", "failed"), [(2, False), (3, False), (4, True), (5, True), (38, True), (39, True)]
)
def test_the_first_tenth_is_left_out_and_the_ends_of_a_stretch_are_not(make_view, at, failed):
    assert (one(LossSpike(), make_view(spiky(at=at))).status is Status.FAILED) is failed
    assert one(LossSpike(settle=0.0), make_view(spiky(at=3))).status is Status.FAILED


@pytest.mark.parametrize(("at", "failed"), [
    (17, True), (18, True), (19, False), (20, False), (21, False), (22, True), (23, True),
])  # fmt: skip
def test_the_rows_beside_a_change_are_left_out(make_view, rates, at, failed):
    view = make_view(spiky(at=at), rates(40, 20))
    assert (one(LossSpike(), view).status is Status.FAILED) is failed
    assert (one(LossSpike(), make_view(spiky(at=at), [0.1] * 20 + [0.2] * 20)).status
            is Status.FAILED) is failed  # fmt: skip


@pytest.mark.parametrize(("n", "judged"), [(11, False), (12, True)])
def test_a_spike_needs_twelve_rows(make_view, n, judged):
    found = one(LossSpike(), make_view(spiky(n, None)))
    assert (found.status is not Status.NOT_JUDGED) is judged
    if not judged:
        assert found.reason == "11 rows; at least 12 are needed."


@pytest.mark.parametrize(("rows", "failed"), [(7, False), (8, True)])
def test_a_segment_of_fewer_than_eight_rows_is_not_judged(make_view, rates, rows, failed):
    curves = spiky(40, 36)
    view = make_view(curves, rates(40, 40 - rows - 2))
    assert (one(LossSpike(), view).status is Status.FAILED) is failed


def test_spikes_of_a_loss_that_is_not_positive_are_measured_by_the_range_of_its_median(make_view):
    curves = {"train_loss": noise(40, 0.05)}
    curves["train_loss"][20] = 6.0
    found = one(LossSpike(), make_view(curves))
    reach = float(np.ptp(running_median(curves["train_loss"])))
    assert found.status is Status.FAILED and found.first_step == 20
    assert found.facts["rise"] == pytest.approx(6.0 / reach, rel=0.05)


def test_a_constant_loss_has_no_spike(make_view):
    found = one(LossSpike(), make_view({"train_loss": [1.0] * 20}))
    assert (found.status, found.observed) == (Status.PASSED, 0.0)
    single = np.ones(20)
    single[10] = 3.0
    assert one(LossSpike(min_sigmas=4.0), make_view({"train_loss": single})).facts["count"] == 1


# The gap between the losses


def gap(n=40, at=20, growth=2.0, size=0.01):
    val = 1.0 + noise(n, size)
    train = (1.0 + noise(n, size, 1)) * np.where(np.arange(n) < at, 1.0, 1 / growth)
    return {"train_loss": train, "val_loss": val}


@pytest.mark.parametrize(("growth", "failed"), [(1.4, False), (1.6, True)])
def test_the_gap_grows_by_half(make_view, rates, growth, failed):
    found = one(GeneralizationGap(), make_view(gap(growth=growth), rates(40, 20)))
    assert (found.status is Status.FAILED) is failed
    assert found.observed == pytest.approx(growth, rel=0.03)
    assert found.interval[0] < growth < found.interval[1] and found.threshold == 1.5
    assert (found.drop, found.first_step, found.last_step, found.points) == (1, 20, 39, 40)
    assert found.tags == ("val_loss", "train_loss")


def test_each_drop_has_its_own_gap(make_view, rates):
    curves = gap(at=10)
    found = list(GeneralizationGap().evaluate(make_view(curves, rates(40, 10, 25))))
    assert [(e.drop, e.status is Status.FAILED, e.last_step) for e in found] == [
        (1, True, 24), (2, False, 39),
    ]  # fmt: skip
    assert found[1].observed == pytest.approx(1.0, abs=0.05)


def test_the_gap_needs_drops_and_few_of_them(make_view, rates):
    assert statuses(GeneralizationGap(), make_view(gap(), [0.1] * 40)) == [Status.PASSED]
    many = make_view(gap(), rates(40, 5, 10, 15, 20, 25))
    assert statuses(GeneralizationGap(), many) == [Status.PASSED]
    four = make_view(gap(), rates(40, 5, 10, 15, 20))
    assert len(statuses(GeneralizationGap(), four)) == 4
    assert statuses(GeneralizationGap(), make_view(gap(9), rates(9, 5))) == [Status.NOT_JUDGED]


def test_a_gap_within_the_noise_is_none(make_view, rates):
    view = make_view(gap(growth=1.6, size=0.2), rates(40, 20))
    assert one(GeneralizationGap(), view).status is Status.PASSED


# Still improving, and standing still


def falling(n=40, slope=0.01, size=0.001):
    loss = 2.0 * np.exp(-slope * np.arange(n) + noise(n, size))
    return {"train_loss": loss, "val_loss": loss * 1.1}


def test_the_fall_over_the_last_quarter(make_view):
    found = one(StillImprovingAtEnd(), make_view(falling(), [0.1] * 40))
    assert found.status is Status.FAILED
    assert found.observed == pytest.approx(1 - math.exp(-0.1), abs=0.01)
    low, high = found.interval
    assert low < found.observed < high
    assert (found.points, found.first_step, found.last_step) == (10, 30, 39)
    assert found.facts["rows"] == 10 and found.tags == ("val_loss",)


@pytest.mark.parametrize(("slope", "size", "failed"), [
    (0.0025, 1e-4, False), (0.0035, 1e-4, True), (0.0035, 0.05, False), (-0.01, 1e-4, False),
])  # fmt: skip
def test_a_fall_of_three_percent_beyond_the_noise(make_view, slope, size, failed):
    found = one(StillImprovingAtEnd(), make_view(falling(slope=slope, size=size)))
    assert (found.status is Status.FAILED) is failed


@pytest.mark.parametrize(("n", "rows", "first"), [(10, 5, 5), (20, 5, 15), (24, 6, 18),
                                                  (128, 32, 96)])  # fmt: skip
def test_a_quarter_has_at_least_five_rows(make_view, n, rows, first):
    found = one(StillImprovingAtEnd(), make_view(falling(n)))
    assert (found.facts["rows"], found.first_step) == (rows, first)
    assert found.interval[0] <= found.observed


def test_standing_still_under_a_constant_rate(make_view):
    rough = {"train_loss": 1.0 + noise(40, 0.05), "val_loss": 1.0 + noise(40, 0.05, 1)}
    found = one(ConstantLr(max_fall=0.03), make_view(rough, [0.1] * 40))
    assert found.status is Status.FAILED and found.facts["rate"] == 0.1
    assert (found.points, found.first_step, found.last_step) == (13, 27, 39)
    trend = fit_trend(np.arange(13.0), np.log(rough["val_loss"][-13:]))
    assert found.observed == pytest.approx(1 - math.exp(trend.slope * 13))
    smooth = {"train_loss": np.linspace(2, 1, 40), "val_loss": np.linspace(1.001, 1, 40)}
    assert one(ConstantLr(), make_view(smooth, [0.1] * 40)).status is Status.PASSED
    # Every other move goes up: half of the movement is more than 0.4.
    saw = np.ones(40)
    saw[::2] = 1.1
    both = {"train_loss": saw, "val_loss": saw}
    assert one(ConstantLr(), make_view(both, [0.1] * 40)).status is Status.FAILED
    assert one(ConstantLr(min_up=0.6), make_view(both, [0.1] * 40)).status is Status.PASSED


def test_a_rate_that_changes_is_a_schedule(make_view, rates):
    rough = {"train_loss": 1.0 + noise(40, 0.05), "val_loss": 1.0 + noise(40, 0.05, 1)}
    for values in (rates(40, 20), [0.1] * 20 + [0.2] * 20):
        found = one(ConstantLr(max_fall=0.03), make_view(rough, values))
        assert (found.status, found.observed) == (Status.PASSED, None)
    assert one(ConstantLr(), make_view(falling(9), [0.1] * 9)).status is Status.NOT_JUDGED


# Overfitting without the scorecard (a loss below zero, or few rows)


def turning(n=40, best=15, rise=0.02, offset=0.0):
    t = np.arange(n)
    val = np.where(t < best, 2.0 - t / best, 1.0 + rise * (t - best)) + noise(n, 0.002)
    return {"train_loss": 2.0 - 0.04 * t - offset, "val_loss": val - offset}


def test_a_clear_rise_of_a_loss_without_ratios_is_overfitting(make_view):
    found = one(Overfitting(), make_view(turning(offset=3.0, rise=0.03), [0.1] * 40))
    assert found.status is Status.FAILED and 0.8 <= found.confidence < 1
    assert found.first_step in (15, 16, 17) and found.last_step == 39
    assert found.suggested["checkpoint_step"] in (14, 15, 16)
    assert found.interval[0] < found.observed < found.interval[1]
    flat = one(Overfitting(), make_view(turning(offset=3.0, rise=0.001)))
    assert flat.status is Status.PASSED and flat.confidence is None


@pytest.mark.parametrize(("clear", "failed"), [(0.2, True), (0.9, False)])
def test_how_clear_a_rise_without_the_scorecard_must_be(make_view, clear, failed):
    view = make_view(turning(offset=3.0, rise=0.03))
    assert (one(Overfitting(clear_rise=clear), view).status is Status.FAILED) is failed


def test_it_is_overfitting_only_while_the_training_loss_falls(make_view):
    curves = turning(offset=3.0, rise=0.03)
    rows = rows_of(make_view(curves))
    assert train_falls(rows, 15)
    curves["train_loss"][16:] = curves["train_loss"][15]
    assert not train_falls(rows_of(make_view(curves)), 15)
    assert one(Overfitting(), make_view(curves)).status is Status.PASSED
    del curves["train_loss"]
    assert train_falls(rows_of(make_view(curves)), 15)


def test_what_overfitting_cost_is_told(make_view, rates):
    curves = turning(rise=0.02)
    curves["val_accuracy"] = np.where(np.arange(40) < 16, 0.5 + 0.02 * np.arange(40), 0.7)
    found = one(Overfitting(), make_view(curves, rates(40, 14)))
    facts = found.facts
    assert facts["best_value"] == pytest.approx(1.02, abs=0.03)
    assert facts["last_value"] == pytest.approx(1.46, abs=0.02)
    assert facts["best_epoch"] in (14.0, 15.0, 16.0)
    train = curves["train_loss"]
    best = int(facts["best_epoch"])
    fall = 1 - train[-3:].mean() / train[best]
    assert facts["train_fall"] == f", while training loss went on falling by {fall:.0%}"
    there = curves["val_accuracy"][best - 1 : best + 2].mean()
    assert facts["cost"] == f" and changes validation accuracy by {0.7 - there:+.1%}"
    assert facts["relation"].startswith(" It began after drop 1 of the rate")
    assert found.drop == 1 and found.threshold == 0.04
    assert found.observed == pytest.approx(facts["last_value"] / facts["best_value"] - 1)


@pytest.mark.parametrize(("drop", "told"), [(10, True), (9, False), (19, True), (21, False)])
def test_a_drop_near_the_onset_is_told(make_view, rates, drop, told):
    # The rise begins at row 15; a drop up to an eighth of the run before it, or three rows after.
    view = make_view(turning(), rates(40, drop))
    onset = one(Overfitting(), view).first_step
    expected = -3 <= onset - drop <= 5
    assert (one(Overfitting(), view).drop == 1) is expected
    assert expected is told or abs(onset - 15) <= 2


@pytest.mark.parametrize(("n", "judged"), [(5, False), (6, True)])
def test_overfitting_needs_six_rows(make_view, n, judged):
    found = one(Overfitting(), make_view({"val_loss": np.linspace(2, 1, n)}))
    assert (found.status is not Status.NOT_JUDGED) is judged
    if not judged:
        assert found.reason == "5 rows of validation loss; at least 6 are needed."
    broken = np.linspace(2, 1, 20)
    broken[3] = NAN
    assert "not finite" in one(Overfitting(), make_view({"val_loss": broken})).reason


# Divergence after a change of the rate


def diverging(n=40, at=20, rise=0.3, size=0.01, train=True):
    t = np.arange(n)
    factor = np.where(t < at, 1.0, 1.0 + rise)
    curves = {"val_loss": (1.5 - 0.01 * np.minimum(t, at)) * factor + noise(n, size)}
    if train:
        curves["train_loss"] = (1.4 - 0.01 * np.minimum(t, at)) * factor + noise(n, size, 1)
    return curves


def test_a_divergence_after_a_drop_is_told(make_view, rates):
    found = one(PostDropDivergence(), make_view(diverging(), rates(40, 20)))
    assert found.status is Status.FAILED
    before = diverging()["val_loss"][17:20].mean()
    after = diverging()["val_loss"][21:].mean()
    assert found.observed == pytest.approx((after - before) / before)
    assert found.interval[0] < found.observed < found.interval[1]
    assert (found.drop, found.first_step, found.last_step, found.points) == (1, 20, 39, 40)
    assert 0.8 <= found.confidence < 1
    facts = found.facts
    assert (facts["direction"], facts["told"], facts["role"]) == ("fell", "rose", "val_loss")
    assert (facts["before"], facts["after"]) == (0.1, pytest.approx(0.01))
    assert facts["ratio"] == pytest.approx(0.1)


@pytest.mark.parametrize(("rise", "failed"), [(0.08, False), (0.13, True)])
def test_a_divergence_is_a_rise_of_ten_percent(make_view, rates, rise, failed):
    view = make_view(diverging(rise=rise), rates(40, 20))
    assert (one(PostDropDivergence(), view).status is Status.FAILED) is failed


def test_a_rise_within_the_noise_is_no_divergence(make_view, rates):
    curves = diverging(rise=0.12, size=0.2)
    assert one(PostDropDivergence(), make_view(curves, rates(40, 20))).status is Status.PASSED


def test_a_loss_that_comes_back_did_not_diverge(make_view, rates):
    curves = diverging()
    for loss in curves.values():
        loss[34:] = loss[17:20].mean()
    assert one(PostDropDivergence(), make_view(curves, rates(40, 20))).status is Status.PASSED
    for loss in curves.values():
        loss[34:] = loss[17:20].mean() * 1.07
    assert one(PostDropDivergence(), make_view(curves, rates(40, 20))).status is Status.FAILED


def test_one_wild_row_is_no_divergence(make_view, rates):
    curves = diverging(rise=0.0)
    for loss in curves.values():
        loss[25] *= 9.0
        loss[-3:] *= 1.06
    assert one(PostDropDivergence(), make_view(curves, rates(40, 20))).status is Status.PASSED


def test_a_loss_that_had_blown_up_before_the_drop_did_not_diverge_there(make_view, rates):
    curves = diverging()
    for loss in curves.values():
        loss[0] = loss[1:20].mean() / 1.6
    assert one(PostDropDivergence(), make_view(curves, rates(40, 20))).status is Status.PASSED


@pytest.mark.parametrize(("at", "judged"), [(2, False), (3, True), (37, True), (38, False)])
def test_three_rows_on_both_sides_of_a_drop_are_needed(make_view, rates, at, judged):
    found = one(PostDropDivergence(), make_view(diverging(at=at), rates(40, at)))
    assert (found.status is not Status.NOT_JUDGED) is judged
    if not judged:
        assert found.reason.startswith("2 rows beside the change of rate at epoch")
        assert found.drop == 1


def test_a_short_raise_is_judged_over_five_rows(make_view):
    rates = [0.1] * 20 + [1.0] * 2 + [0.1] * 18
    found = list(PostDropDivergence().evaluate(make_view(diverging(), rates)))
    raised = next(e for e in found if e.drop is None)
    assert raised.status is Status.FAILED and raised.facts["direction"] == "rose"
    assert raised.last_step == 24


@pytest.mark.parametrize(("at", "judged"), [(6, False), (7, True)])
def test_a_raise_in_the_first_sixth_is_warm_up(make_view, at, judged):
    rates = [0.01] * at + [0.1] * (40 - at)
    found = one(PostDropDivergence(), make_view(diverging(at=at), rates))
    assert (found.observed is not None) is judged


def test_too_many_drops_are_one_gradual_decay(make_view, rates):
    many = make_view(diverging(), rates(40, 5, 10, 15, 20, 25))
    assert [e.observed for e in PostDropDivergence().evaluate(many)] == [None]
    four = make_view(diverging(), rates(40, 10, 15, 20, 25))
    assert [e.drop for e in PostDropDivergence().evaluate(four)] == [1, 2, 3, 4]


def test_without_a_validation_loss_the_training_loss_is_judged(make_view, rates):
    curves = diverging()
    del curves["val_loss"]
    found = one(PostDropDivergence(), make_view(curves, rates(40, 20)))
    assert found.status is Status.FAILED and found.facts["role"] == "train_loss"
    assert found.tags == ("train_loss",)


@pytest.mark.parametrize(("first_bad", "blown"), [(16, False), (17, True), (20, True), (33, True),
                                                  (34, False)])  # fmt: skip
def test_a_loss_that_stops_being_a_number_soon_after_a_change(make_view, rates, first_bad, blown):
    curves = diverging(rise=0.0)
    curves["val_loss"][first_bad:] = NAN
    curves["train_loss"][first_bad:] = NAN
    view = make_view(curves, rates(40, 20))
    (placed,) = place_drops(make_view(diverging(), rates(40, 20)))
    assert blown_up(view, placed) is blown


def test_a_loss_that_is_a_number_again_at_the_end_has_not_blown_up(make_view, rates):
    curves = diverging(rise=0.0)
    curves["val_loss"][20:30] = NAN
    (placed,) = place_drops(make_view(diverging(), rates(40, 20)))
    assert not blown_up(make_view(curves, rates(40, 20)), placed)


def test_a_blow_up_is_told_with_certainty(make_view):
    curves = diverging(rise=0.0)
    for loss in curves.values():
        loss[30:] = NAN
    found = one(PostDropDivergence(), make_view(curves, [0.1] * 28 + [9.0] * 12))
    assert (found.status, found.threshold) == (Status.FAILED, 0.1)
    assert 0.8 <= found.confidence < 1
    assert found.facts["told"] == "became NaN or infinite" and found.drop is None


def test_the_rise_of_a_loss_that_touches_zero_is_measured_by_its_range(make_view, rates):
    t = np.arange(40)
    curve = np.where(t < 20, 1.0 - 0.05 * t, 0.5) + noise(40, 0.002)
    curve = curve - curve.min()
    view = make_view({"val_loss": curve, "train_loss": curve + 1.0}, rates(40, 20))
    found = one(PostDropDivergence(), view)
    rise = curve[21:].mean() - curve[17:20].mean()
    assert found.observed == pytest.approx(rise / np.ptp(curve))


def test_a_drop_that_helped_is_told_with_its_fall(make_view, rates):
    found = one(PostDropDivergence(), make_view(diverging(rise=-0.3), rates(40, 20)))
    assert found.status is Status.PASSED and found.observed == pytest.approx(-0.3, abs=0.02)
    assert found.confidence is None and found.p_value > 0.9


@pytest.mark.parametrize(("level", "turned"), [(0.0, True), (0.2, False)])
def test_a_rise_that_began_before_the_drop_is_overfitting_unless_the_training_loss_rises(
    make_view, rates, level, turned
):
    t = np.arange(40)
    val = np.where(t < 20, 1.5 - 0.01 * t + level * np.maximum(t - 10, 0) / 10, 0.0)
    val[20:] = val[19] * 1.3
    curves = {"val_loss": val + noise(40, 0.002), "train_loss": 1.4 - 0.01 * t}
    found = one(PostDropDivergence(), make_view(curves, rates(40, 20)))
    assert (found.status is Status.FAILED) is turned


def test_the_larger_share_of_two_sound_losses_is_told(make_view):
    curves = {"train_loss": [1.0] * 200, "val_loss": [NAN, *[1.0] * 199]}
    found = one(NanDivergence(), make_view(curves))
    assert (found.status, found.observed) == (Status.PASSED, 0.005)


def test_the_interval_of_a_clean_fall_is_narrow(make_view):
    found = one(StillImprovingAtEnd(), make_view(falling(size=1e-7)))
    assert found.interval == pytest.approx((found.observed, found.observed), abs=1e-4)


def test_a_constant_rate_at_its_limit_stood_still(make_view):
    saw = np.linspace(1.05, 1.0, 40)
    saw[::2] *= 1.1
    view = make_view({"train_loss": saw, "val_loss": saw}, [0.1] * 40)
    fall = one(ConstantLr(), view).observed
    assert 0.01 < fall < 0.1
    assert one(ConstantLr(), view).status is Status.PASSED
    assert one(ConstantLr(max_fall=fall), view).status is Status.FAILED
    assert one(ConstantLr(max_fall=fall - 1e-9), view).status is Status.PASSED


def test_the_interval_of_a_gap_is_near_it(make_view, rates):
    found = one(GeneralizationGap(), make_view(gap(), rates(40, 20)))
    assert 1.5 < found.interval[0] < 2.0 < found.interval[1] < 3.0


def test_without_any_finite_loss_no_divergence_is_judged(make_view, rates):
    curves = {"val_loss": [NAN] * 40, "val_accuracy": [0.5] * 40}
    found = one(PostDropDivergence(), make_view(curves, rates(40, 20)))
    assert (found.status, found.drop) == (Status.NOT_JUDGED, 1)
    assert found.reason == "The losses have no finite value."


def test_where_no_training_loss_was_logged_none_needs_to_rise(make_view, rates):
    t = np.arange(40)
    val = np.where(t < 20, 1.0 + 0.01 * np.maximum(t - 10, 0), 1.5) + noise(40, 0.002)
    alone = make_view({"val_loss": val}, rates(40, 20))
    assert one(PostDropDivergence(), alone).status is Status.FAILED
    both = make_view({"val_loss": val, "train_loss": 2.0 - 0.02 * t}, rates(40, 20))
    assert one(PostDropDivergence(), both).status is Status.PASSED


def test_a_rise_that_began_before_the_drop_diverged_where_both_losses_rose_with_it(
    make_view, rates
):
    t = np.arange(40)
    val = np.where(t < 20, 1.0 + 0.01 * np.maximum(t - 10, 0), 1.5) + noise(40, 0.002)
    train = np.where(t < 20, 2.0 - 0.02 * t, 2.2)
    view = make_view({"val_loss": val, "train_loss": train}, rates(40, 20))
    assert one(PostDropDivergence(), view).status is Status.FAILED


def test_a_clear_rise_has_a_low_end_above_half_of_what_is_clear(make_view):
    view = make_view(turning(offset=3.0, rise=0.03))
    found = one(Overfitting(), view)
    low = found.interval[0]
    assert one(Overfitting(clear_rise=found.observed), view).status is (
        Status.FAILED if low >= found.observed / 2 else Status.PASSED
    )
    rough = turning(offset=3.0, rise=0.02)
    rough["val_loss"] = rough["val_loss"] + noise(40, 0.4, 5)
    wide = one(Overfitting(clear_rise=0.05), make_view(rough))
    assert wide.interval[0] < 0.025 and wide.status is Status.PASSED


def test_a_loss_that_comes_back_in_its_last_three_rows_did_not_diverge(make_view, rates):
    curves = diverging()
    for loss in curves.values():
        loss[37:] = loss[17:20].mean()
    assert one(PostDropDivergence(), make_view(curves, rates(40, 20))).status is Status.PASSED


def test_a_typical_rise_that_noise_explains_is_no_divergence(make_view, rates):
    curves = diverging(rise=0.3, size=0.35)
    found = one(PostDropDivergence(), make_view(curves, rates(40, 20)))
    assert found.observed > 0.1 and found.p_value > 0.01 and found.status is Status.PASSED


def test_a_loss_without_points_has_no_share(make_view):
    found = one(NanDivergence(), make_view({"train_loss": [1.0] * 4, "val_loss": []}))
    assert (found.status, found.observed) == (Status.PASSED, 0.0)


def test_a_loss_that_had_turned_little_before_its_drop_still_diverged_there(make_view, rates):
    t = np.arange(40)
    train = 2.0 - 0.02 * t
    for bump, failed in ((1.09, True), (1.3, False)):
        val = np.where(t < 20, 2.0 - 0.02 * t, 2.4)
        val[5:15] /= bump  # its best lies that much below its level before the drop
        view = make_view({"val_loss": val + noise(40, 0.001), "train_loss": train}, rates(40, 20))
        assert (one(PostDropDivergence(), view).status is Status.FAILED) is failed


def test_the_training_loss_before_a_drop_is_that_of_its_last_three_rows(make_view, rates):
    t = np.arange(40)
    val = np.where(t < 20, 1.0 + 0.01 * np.maximum(t - 10, 0), 1.5) + noise(40, 0.002)
    train = np.where(t < 20, 3.0 - 0.1 * t, 1.6)  # 1.2 before the drop, 3 at the start
    view = make_view({"val_loss": val, "train_loss": train}, rates(40, 20))
    assert one(PostDropDivergence(), view).status is Status.FAILED
