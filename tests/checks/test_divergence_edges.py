"""Divergence after a change of the rate: limits and evidence."""

import numpy as np
import pytest

from lrdiag.checks.post_drop_divergence import PostDropDivergence, blown_up
from lrdiag.checks.stages import place_drops
from lrdiag.findings import Status

NAN = float("nan")


def one(check, view):
    (evidence,) = check.evaluate(view)
    return evidence


def noise(n, size, seed=0):
    return np.random.default_rng(seed).normal(0, size, n)


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
    assert (facts["direction"], facts["role"]) == ("fell", "val_loss")
    assert facts["told"] == f"rose: {found.observed:.1%} above the level before it"
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


def test_a_loss_that_comes_back_in_its_last_three_rows_did_not_diverge(make_view, rates):
    curves = diverging()
    for loss in curves.values():
        loss[37:] = loss[17:20].mean()
    assert one(PostDropDivergence(), make_view(curves, rates(40, 20))).status is Status.PASSED


def test_a_typical_rise_that_noise_explains_is_no_divergence(make_view, rates):
    curves = diverging(rise=0.3, size=0.35)
    found = one(PostDropDivergence(), make_view(curves, rates(40, 20)))
    assert found.observed > 0.1 and found.p_value > 0.01 and found.status is Status.PASSED


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


@pytest.mark.parametrize(("rows", "noisy"), [(5, True), (6, False), (7, False)])
def test_the_noise_before_a_drop_is_that_of_its_stretch_from_six_rows_on(
    make_view, rates, rows, noisy
):
    # A rough stretch, a quiet one of so many rows, then a rise that only quiet rows make certain.
    t = np.arange(40)
    rough = noise(40, 0.3, 4) * (t < 20 - rows)
    curves = {
        "val_loss": np.where(t < 20, 1.5, 1.8) + rough + noise(40, 0.001),
        "train_loss": np.where(t < 20, 1.4, 1.7) + noise(40, 0.001, 1),
    }
    view = make_view(curves, rates(40, 20 - rows, 20, gamma=0.5))
    last = list(PostDropDivergence().evaluate(view))[-1]
    assert last.drop == 2 and (last.p_value > 0.01) is noisy
