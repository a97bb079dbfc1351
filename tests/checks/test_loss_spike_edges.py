"""Spikes of the training loss: limits and evidence."""

import numpy as np
import pytest

from lrdiag.checks.loss_spike import LossSpike, running_median
from lrdiag.findings import Status


def one(check, view):
    (evidence,) = check.evaluate(view)
    return evidence


def noise(n, size, seed=0):
    return np.random.default_rng(seed).normal(0, size, n)


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
