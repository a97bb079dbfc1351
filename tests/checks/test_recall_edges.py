"""The recall of a run, its evidence, and the limits of the checks of accuracy."""

from dataclasses import replace

import numpy as np
import pytest

from lrdiag.checks import accuracy_drop
from lrdiag.checks.accuracy_drop import AccuracyDrop
from lrdiag.checks.accuracy_paradox import AccuracyParadox
from lrdiag.checks.recall import Recall, recall_of
from lrdiag.checks.rows import rows_of
from lrdiag.findings import Status
from lrdiag.statistics.correlated_noise import stretch_noise
from lrdiag.statistics.distributions import t_quantile_975

ACCURACY = np.linspace(0.5, 0.9, 8)


def recall(make_view, curves, **names):
    rows = len(next(iter(curves.values())))
    view = make_view({"val_loss": [1.0] * rows, **curves})
    for role, tag in names.items():
        view.curves[role] = replace(view.curves[role], tag=tag)
    return recall_of(view, rows_of(view))


def test_the_class_that_ends_worst_tells_most(make_view):
    found = recall(make_view, {
        "val_recall/a": [0.1] * 3 + [0.9] * 5, "val_recall/b": [0.9] * 3 + [0.4] * 5,
        "val_recall": [0.8] * 8,
    })  # fmt: skip
    assert (found.how, found.tags, found.macro) == ("recall of class b", ("val_recall/b",), False)
    assert found.value.tolist() == [0.9] * 3 + [0.4] * 5


def test_confusion_counts_give_a_recall_before_a_logged_one(make_view):
    found = recall(make_view, {
        "val_true_positives": [3, 0, 0], "val_false_negatives": [1, 5, 0], "val_recall": [0.9] * 3,
    })  # fmt: skip
    assert found.value.tolist() == [0.75, 0.0, 0.0]
    assert found.tags == ("val_true_positives", "val_false_negatives")
    assert found.how == "TP / (TP + FN)"


@pytest.mark.parametrize("curves", [
    {"val_true_positives": [3.0] * 3}, {"val_false_negatives": [3.0] * 3},
    {"val_true_positives": [0.0] * 3, "val_false_negatives": [0.0] * 3},
])  # fmt: skip
def test_half_of_the_counts_or_no_positive_give_none(make_view, curves):
    assert isinstance(recall(make_view, {**curves, "val_accuracy": [0.9] * 3}), str)
    logged = recall(make_view, {**curves, "val_recall": [0.5] * 3})
    assert isinstance(logged, Recall) and logged.how == "recall as logged"


def test_validation_comes_before_training(make_view):
    curves = {"train_recall/a": [0.1] * 8, "val_recall": [0.7] * 8}
    assert recall(make_view, curves).tags == ("val_recall",)
    del curves["val_recall"]
    assert recall(make_view, {**curves, "val_loss": [1.0] * 8}).how == "recall of class a"


@pytest.mark.parametrize(("tag", "macro"), [("val/Recall_Macro", True), ("val/recall", False)])
def test_a_macro_average_is_told_by_its_name(make_view, tag, macro):
    assert recall(make_view, {"val_recall": [0.7] * 8}, val_recall=tag).macro is macro


@pytest.mark.parametrize("tag", ["val/recall_weighted", "val/recall_micro"])
def test_a_weighted_recall_is_refused_by_its_name(make_view, tag):
    said = recall(make_view, {"val_recall": [0.7] * 8}, val_recall=tag)
    assert said.startswith(f"{tag} is recall weighted by class frequency")


@pytest.mark.parametrize(("value", "refused"), [
    (ACCURACY, True), (ACCURACY + 5e-7, True), (ACCURACY + 2e-6, False),
    (np.where(np.arange(8) == 3, 0.1, ACCURACY), False), (np.full(8, 0.5), False),
])  # fmt: skip
def test_a_recall_that_is_the_accuracy_at_every_row_is_refused(make_view, value, refused):
    said = recall(make_view, {"val_accuracy": ACCURACY, "val_recall": value})
    assert isinstance(said, str) is refused


def test_equal_constants_prove_nothing(make_view):
    both = {"val_accuracy": [0.9] * 8, "val_recall": [0.9] * 8}
    assert isinstance(recall(make_view, both), Recall)


def test_a_miss_rate_is_told_as_such(make_view):
    view = make_view({"val_loss": [1.0] * 8, "val_recall": [0.7] * 8})
    view.curves["val_recall"] = replace(view.curves["val_recall"], conversion="complement")
    assert recall_of(view, rows_of(view)).how == "1 - miss rate"


def test_what_to_log_is_said_where_there_is_no_recall(make_view):
    assert recall(make_view, {"val_accuracy": ACCURACY}).startswith("No recall, false-negative")
    weighted = recall(make_view, {"val_accuracy": ACCURACY, "train_recall_weighted": ACCURACY})
    assert weighted.startswith("Only recall weighted by class frequency")


def test_an_accuracy_without_a_finite_value_is_not_judged(make_view):
    curves = {"val_loss": [1.0] * 8, "val_accuracy": [np.nan] * 8, "val_recall": [0.1] * 8}
    (found,) = AccuracyParadox().evaluate(make_view(curves))
    assert found.status is Status.NOT_JUDGED
    assert found.reason == "The accuracy has no finite value."


@pytest.mark.parametrize(("level", "missed"), [(0.55, True), (0.65, False)])
def test_a_macro_recall_is_lifted_by_the_majority(make_view, level, missed):
    view = make_view({"val_accuracy": [0.97] * 8, "val_recall": [level] * 8})
    view.curves["val_recall"] = replace(view.curves["val_recall"], tag="val/recall_macro")
    (found,) = AccuracyParadox().evaluate(view)
    assert (found.status is Status.FAILED) is missed and found.threshold == 0.6


@pytest.mark.parametrize("more", [0.0, 1e-9])
def test_a_fall_of_accuracy_exactly_at_its_limit_counts(make_view, rates, more):
    accuracy = np.where(np.arange(20) < 10, 0.8, 0.7)
    view = make_view({"val_accuracy": accuracy}, rates(20, 10))
    (found,) = AccuracyDrop(max_p_value=1.0).evaluate(view)
    (limit,) = AccuracyDrop(min_fall=found.observed + more, max_p_value=1.0).evaluate(view)
    assert (limit.status is Status.FAILED) is (more == 0.0)


def test_four_drops_without_room_are_no_gradual_decay(make_view, rates):
    view = make_view({"val_accuracy": [0.5] * 12}, rates(12, 2, 4, 6, 9))
    (found,) = AccuracyDrop().evaluate(view)
    assert found.reason == "No drop has 4 rows on both sides."


@pytest.mark.parametrize(("p_value", "probability"), [(0.05, 0.711), (0.01, 0.889), (0.001, 0.982)])
def test_how_sure_a_p_value_can_make(p_value, probability):
    # Sellke, Bayarri and Berger 2001, table 1: 0.289, 0.111 and 0.0184 for "nothing happened".
    assert accuracy_drop._confidence(p_value) == pytest.approx(probability, abs=6e-4)


def test_the_worst_class_is_that_of_the_last_five_rows(make_view):
    found = recall(make_view, {
        "val_recall/a": [0.0] * 3 + [0.6] * 5, "val_recall/b": [1.0] * 3 + [0.55] * 5,
    })  # fmt: skip
    assert found.how == "recall of class b"


def test_the_interval_of_a_recall_is_that_of_the_mean_of_five_rows(make_view):
    value = 0.3 + 0.02 * np.random.default_rng(0).normal(size=15)
    (found,) = AccuracyParadox().evaluate(
        make_view({"val_accuracy": [0.97] * 15, "val_recall": value})
    )
    noise = stretch_noise(value)[0]
    half = t_quantile_975(noise.freedom) * noise.mean_error(5)
    level = value[-5:].mean()
    assert found.interval == pytest.approx((level - half, level + half))


def test_a_class_is_told_by_its_whole_name(make_view):
    curves = {
        "val_loss": np.ones(8),
        "val_accuracy": ACCURACY,
        "val_recall/cat/black": ACCURACY / 3,
    }
    view = make_view(curves)
    assert recall_of(view, rows_of(view)).how == "recall of class cat/black"
