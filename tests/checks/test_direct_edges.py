"""NaN in a loss, the gap of the losses, what still improves: limits and evidence."""

import math

import numpy as np
import pytest

from lrdiag.checks.constant_lr import ConstantLr
from lrdiag.checks.generalization_gap import GeneralizationGap
from lrdiag.checks.nan_divergence import NanDivergence
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


def test_a_loss_without_points_has_no_share(make_view):
    found = one(NanDivergence(), make_view({"train_loss": [1.0] * 4, "val_loss": []}))
    assert (found.status, found.observed) == (Status.PASSED, 0.0)
