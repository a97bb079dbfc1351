"""Falls of accuracy after a drop, and what a drop did to recall."""

import numpy as np
import pytest

from lrdiag.checks.accuracy_drop import AccuracyDrop
from lrdiag.checks.accuracy_paradox import AccuracyParadox
from lrdiag.findings import Status


def one(check, view):
    (evidence,) = check.evaluate(view)
    return evidence


def fallen(fall, size, seed=0):
    accuracy = np.where(np.arange(40) < 20, 0.8, 0.8 - fall)
    return {"val_loss": np.ones(40),
            "val_accuracy": accuracy + np.random.default_rng(seed).normal(0, size, 40)}  # fmt: skip


def test_a_fall_of_accuracy_is_told_with_its_levels(make_view, rates):
    curves = fallen(0.1, 0.002)
    found = one(AccuracyDrop(), make_view(curves, rates(40, 20)))
    assert found.status is Status.FAILED and found.drop == 1
    assert found.observed == pytest.approx(0.1, abs=0.01)
    assert found.interval[0] < found.observed < found.interval[1] and found.p_value <= 0.002
    accuracy = curves["val_accuracy"]
    assert found.facts["level_before"] == pytest.approx(accuracy[17:20].mean())
    assert found.facts["level_after"] == pytest.approx(accuracy[37:].mean())
    assert (found.points, found.first_step, found.last_step) == (40, 20, 39)


def test_a_fall_within_the_noise_is_none(make_view, rates):
    rough = fallen(0.06, 0.03)
    found = one(AccuracyDrop(), make_view(rough, rates(40, 20)))
    assert found.observed > 0.03 and found.p_value > 0.002
    assert (found.status, found.confidence) == (Status.PASSED, None)
    assert one(AccuracyDrop(max_p_value=1.0), make_view(rough, rates(40, 20))).status is (
        Status.FAILED
    )


@pytest.mark.parametrize(("drop", "told"), [(2, False), (3, True), (37, True), (38, False)])
def test_what_a_drop_did_to_recall_needs_three_rows_on_both_sides(make_view, rates, drop, told):
    curves = {"val_loss": np.ones(40), "val_accuracy": np.full(40, 0.95),
              "val_recall": np.where(np.arange(40) < drop, 0.4, 0.2)}  # fmt: skip
    trend = one(AccuracyParadox(), make_view(curves, rates(40, drop))).facts["trend"]
    assert bool(trend) is told
    if told:
        assert trend.startswith(" Recall went -20.0% after the drop at epoch ")


def test_the_first_four_drops_are_told(make_view, rates):
    curves = {"val_loss": np.ones(40), "val_accuracy": np.full(40, 0.95),
              "val_recall": np.full(40, 0.3)}  # fmt: skip
    trend = one(AccuracyParadox(), make_view(curves, rates(40, 6, 12, 18, 24, 30))).facts["trend"]
    assert trend.count("after the drop at epoch") == 4
