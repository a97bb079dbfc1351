"""Overfitting without the scorecard (a loss below zero, or few rows): limits and evidence."""

import numpy as np
import pytest

from lrdiag.checks.overfitting import Overfitting, train_falls
from lrdiag.checks.rows import rows_of
from lrdiag.findings import Status

NAN = float("nan")


def one(check, view):
    (evidence,) = check.evaluate(view)
    return evidence


def noise(n, size, seed=0):
    return np.random.default_rng(seed).normal(0, size, n)


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


@pytest.mark.parametrize(("n", "before", "after"), [(40, 5, 3), (20, 3, 3), (80, 10, 3)])
def test_a_drop_an_eighth_before_the_onset_or_three_rows_behind_it_is_told(
    make_view, rates, n, before, after
):
    curves = turning(n, best=n // 2)
    onset = one(Overfitting(), make_view(curves)).first_step

    def told(drop):
        return one(Overfitting(), make_view(curves, rates(n, drop))).drop == 1

    near = [told(onset - before - 1), told(onset - before), told(onset), told(onset + after)]
    assert [*near, told(onset + after + 1)] == [False, True, True, True, False]
