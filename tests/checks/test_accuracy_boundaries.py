"""Accuracy and recall at the very limits of their checks, and what the evidence tells."""

import math

import numpy as np
import pytest

from lrdiag.checks.accuracy_drop import AccuracyDrop
from lrdiag.checks.accuracy_paradox import AccuracyParadox
from lrdiag.findings import Status


def paradox(view, **parameters):
    (evidence,) = AccuracyParadox(**parameters).evaluate(view)
    return evidence


def view_of(make_view, accuracy, recall, rates=None, **fields):
    return make_view({"val_accuracy": accuracy, "val_recall": recall}, rates, **fields)


def test_accuracy_exactly_at_its_limit_is_high(make_view):
    shown = view_of(make_view, [0.75] * 8, [0.25] * 8)
    assert paradox(shown, min_accuracy=0.75).status is Status.FAILED
    assert paradox(shown, min_accuracy=0.7501).status is Status.PASSED


def test_recall_exactly_at_its_limit_is_not_good_enough(make_view):
    shown = view_of(make_view, [0.95] * 8, [0.25] * 8)
    assert paradox(shown, max_recall=0.2499).status is Status.PASSED
    assert paradox(shown, max_recall=0.25).status is Status.FAILED
    half = view_of(make_view, [0.95] * 8, [float(np.float32(0.5))] * 8)
    assert paradox(half).status is Status.FAILED


def test_recall_is_the_mean_of_the_last_five_rows_and_accuracy_of_three(make_view):
    recall = [0.9] * 9 + [0.1, 0.2, 0.3, 0.4, 0.5]
    found = paradox(view_of(make_view, [0.1] * 11 + [0.9, 0.92, 0.94], recall))
    assert found.observed == pytest.approx(0.3)
    assert found.facts["accuracy"] == pytest.approx(0.92)
    assert found.facts["missed"] == pytest.approx(0.7)
    assert (found.points, found.first_step, found.last_step) == (5, 9, 13)


@pytest.mark.parametrize(("rows", "known"), [(1, False), (3, False), (4, True), (8, True)])
def test_the_interval_needs_four_rows(make_view, rows, known):
    recall = np.tile([0.249, 0.251, 0.25], 3)[:rows]
    low, high = paradox(view_of(make_view, [0.95] * rows, recall)).interval or (0.0, 1.0)
    assert (0.0 < low < recall.mean() < high < 1.0) is known or (low, high) == (0.0, 1.0)
    assert ((low, high) == (0.0, 1.0)) is not known


def test_confidence_is_the_measured_one_of_clear_and_of_near_cases(make_view):
    for level in (0.4999, 0.3, 0.0):
        assert paradox(view_of(make_view, [0.95] * 8, [level] * 8)).confidence == 0.99
    near = paradox(view_of(make_view, [0.95] * 8, [0.1, 0.7, 0.1, 0.7, 0.1, 0.7, 0.1, 0.7]))
    assert near.interval[1] > 0.5 and near.confidence == 0.92


def test_the_majority_class_is_told_where_it_is_known(make_view):
    plain = paradox(view_of(make_view, [0.98] * 8, [0.1] * 8))
    known = paradox(view_of(make_view, [0.98] * 8, [0.1] * 8, task={"majority_rate": 0.976}))
    assert plain.facts["bound"] == ""
    assert "97.6% accuracy" in known.facts["bound"]


def test_what_drops_did_to_recall_is_told_where_there_are_rows_to_tell(make_view, rates):
    recall = [0.1] * 10 + [0.3] * 10 + [0.2] * 2
    found = paradox(view_of(make_view, [0.98] * 22, recall, rates(22, 10, 20)))
    assert found.facts["trend"].startswith(" Recall went +20.0% after the drop at epoch ")
    assert found.facts["trend"].count("after the drop") == 1  # two rows behind the second
    assert paradox(view_of(make_view, [0.98] * 22, recall)).facts["trend"] == ""


def test_validation_is_looked_at_before_training(make_view):
    curves = {"train_accuracy": [0.99] * 6, "val_accuracy": [0.6] * 6, "val_recall": [0.2] * 6}
    assert paradox(make_view(curves)).status is Status.PASSED
    assert paradox(make_view(curves)).facts["accuracy_role"] == "val accuracy"
    del curves["val_accuracy"]
    assert paradox(make_view(curves)).status is Status.FAILED
    assert paradox(make_view(curves)).facts["accuracy_role"] == "train accuracy"


def fall(make_view, rates, size, rows=20, drop=10, **parameters):
    noise = np.random.default_rng(0).normal(0, 0.001, rows)
    accuracy = np.where(np.arange(rows) < drop, 0.8, 0.8 - size) + noise
    return list(AccuracyDrop(**parameters).evaluate(
        make_view({"val_accuracy": accuracy}, rates(rows, drop))
    ))  # fmt: skip


def test_a_fall_is_told_with_its_levels_and_place(make_view, rates):
    (found,) = fall(make_view, rates, 0.1)
    assert found.status is Status.FAILED
    assert found.observed == pytest.approx(0.1, abs=0.005)
    assert found.interval[0] < 0.1 < found.interval[1]
    assert found.facts["level_before"] == pytest.approx(0.8, abs=0.005)
    assert found.facts["level_after"] == pytest.approx(0.7, abs=0.005)
    assert (found.drop, found.first_step, found.last_step, found.points) == (1, 10, 19, 20)
    assert found.confidence == pytest.approx(
        1 / (1 - math.e * found.p_value * math.log(found.p_value))
    )


def test_levels_are_those_of_the_three_rows_beside_the_drop_and_at_the_end(make_view, rates):
    accuracy = np.array([0.1] * 7 + [0.7, 0.8, 0.9] + [0.9] * 7 + [0.4, 0.5, 0.6])
    shown = make_view({"val_accuracy": accuracy}, rates(20, 10))
    (found,) = AccuracyDrop().evaluate(shown)
    assert found.facts["level_before"] == pytest.approx(0.8)
    assert found.facts["level_after"] == pytest.approx(0.5)


def test_a_small_fall_is_none(make_view, rates):
    assert [e.status for e in fall(make_view, rates, 0.02)] == [Status.PASSED]
    assert fall(make_view, rates, 0.02)[0].confidence is None
    assert [e.status for e in fall(make_view, rates, 0.02, min_fall=0.01)] == [Status.FAILED]


@pytest.mark.parametrize(("drop", "judged"), [(3, False), (4, True), (16, True), (17, False)])
def test_rows_that_a_drop_needs_on_both_sides(make_view, rates, drop, judged):
    (found,) = fall(make_view, rates, 0.1, drop=drop)
    assert (found.status is not Status.NOT_JUDGED) is judged
    if not judged:
        assert found.reason == "No drop has 4 rows on both sides."


def test_without_drops_there_is_no_fall_after_one(make_view):
    (found,) = AccuracyDrop().evaluate(make_view({"val_accuracy": [0.5] * 20}, [0.1] * 20))
    assert (found.status, found.threshold) == (Status.PASSED, 0.03)


def test_a_gradual_decay_has_no_drops_to_judge(make_view):
    shown = make_view({"val_accuracy": [0.5] * 60}, 0.1 * 0.9 ** np.arange(60))
    (found,) = AccuracyDrop().evaluate(shown)
    assert "59 steps, one gradual decay" in found.reason
