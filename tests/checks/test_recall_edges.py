"""Which recall is judged by, where agreements become findings, and which classes are checks."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from lrdiag.checks import accuracy_drop, registry
from lrdiag.checks.accuracy_drop import AccuracyDrop
from lrdiag.checks.accuracy_paradox import AccuracyParadox
from lrdiag.checks.evidence import finite, not_judged, tags_of, verdict
from lrdiag.checks.expr import Expr
from lrdiag.checks.recall import Recall, recall_of
from lrdiag.checks.rows import rows_of
from lrdiag.checks.schedule_agreement import ScheduleAgreement
from lrdiag.findings import Status
from lrdiag.schedule.values import Agreement, ConfiguredSchedule, Family, GroupSchedule, Schedule
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


# Evidence


def test_building_evidence(make_view):
    assert verdict(True).status is Status.FAILED and verdict(False).status is Status.PASSED
    told = not_judged("Why.", drop=3)
    assert (told.status, told.reason, told.drop) == (Status.NOT_JUDGED, "Why.", 3)
    assert finite((0.0, 1.0)) == (0.0, 1.0)
    assert finite((-np.inf, 1.0)) is None and finite((0.0, np.nan)) is None
    view = make_view({"val_loss": [1.0], "train_loss": [1.0]})
    assert tags_of(view, "train_loss", "gone", "val_loss") == ("train_loss", "val_loss")


# Agreements


def agreed(make_view, *agreements, rule="schedule-mismatch", points=5, configured=True):
    view = make_view({"train_loss": [1.0, 0.5]})
    group = GroupSchedule("lr", (), Family("step", {}), points)
    schedule = Schedule(groups=(group,), agreements=agreements,
                        configured=ConfiguredSchedule("step") if configured else None)  # fmt: skip
    return list(ScheduleAgreement(rule=rule).evaluate(replace(view, schedule=schedule)))


def test_a_disagreement_of_the_rule_is_told_whole(make_view):
    told = Agreement("late", "schedule-mismatch", "Late.", "Why.", "Do.", ("a/b#1",), 2.0, 1.0,
                     "epoch", 3, 9, 0.9, details={"shift": 2})  # fmt: skip
    other = Agreement("beyond_end", "milestone-never-reached")
    (found,) = agreed(make_view, told, other)
    assert found.status is Status.FAILED
    assert (found.observed, found.threshold, found.unit) == (2.0, 1.0, "epoch")
    assert (found.first_step, found.last_step, found.confidence) == (3, 9, 0.9)
    assert found.facts == {"what": "Late.", "mistake": "Why.", "fix": "Do.", "shift": 2}
    assert found.details == ("a/b#1",)
    assert len(agreed(make_view, told, told)) == 2


def test_an_agreement_passes(make_view):
    (found,) = agreed(make_view, Agreement("matches"))
    assert found.status is Status.PASSED


@pytest.mark.parametrize(("more", "reason"), [
    ({"configured": False}, "No configured schedule"),
    ({"points": 0}, "No learning rate was logged to compare"),
])  # fmt: skip
def test_without_a_configuration_or_a_rate_nothing_is_judged(make_view, more, reason):
    (found,) = agreed(make_view, Agreement("matches"), **more)
    assert found.status is Status.NOT_JUDGED and found.reason.startswith(reason)


@pytest.mark.parametrize(("agreement", "reason"), [
    (Agreement("unexplained", message="So."), "So."), (Agreement("unknown", message="So."), "So."),
    (Agreement("unknown"), "The logged rate and the configured schedule cannot be compared."),
])  # fmt: skip
def test_what_cannot_be_compared_is_said(make_view, agreement, reason):
    (found,) = agreed(make_view, agreement)
    assert (found.status, found.reason) == (Status.NOT_JUDGED, reason)


def test_a_jump_on_resume_needs_a_logged_rate_alone(make_view):
    rule = "lr-jump-on-resume"
    (found,) = agreed(make_view, rule=rule, configured=False)
    assert found.status is Status.PASSED
    (found,) = agreed(make_view, rule=rule, points=0)
    assert found.status is Status.NOT_JUDGED and "jumped at a resume" in found.reason


# The kinds there are


@dataclass(frozen=True)
class Good:
    kind: ClassVar[str] = "good"
    requires: ClassVar[tuple[str, ...]] = ()

    def evaluate(self, view):
        yield verdict(False)


class WithoutKind(Good):
    kind = None


class WithoutRequires(Good):
    requires = "val_loss"


class WithoutEvaluate(Good):
    evaluate = None


class Point:
    name, value = "odd", "package:odd"

    def __init__(self, loaded):
        self.loaded = loaded

    def load(self):
        return self.loaded


@pytest.fixture
def plugged(monkeypatch):
    def kinds(*values):
        monkeypatch.setattr(registry, "installed", lambda group: [Point(v) for v in values])
        registry.check_kinds.cache_clear()
        return registry.check_kinds()

    yield kinds
    monkeypatch.undo()
    registry.check_kinds.cache_clear()


def test_a_plug_in_adds_a_kind_and_never_replaces_a_built_in(plugged):
    built_in = plugged()
    assert plugged(Good)["good"] is Good and len(plugged(Good)) == len(built_in) + 1
    assert list(plugged(Good)) == sorted(plugged(Good))

    class Impostor(Good):
        kind = "overfitting"

    assert plugged(Impostor)["overfitting"] is built_in["overfitting"]


@pytest.mark.parametrize("odd", [WithoutKind, WithoutRequires, WithoutEvaluate, 3, Good()])
def test_a_plug_in_that_is_no_check_is_refused_by_name(plugged, odd):
    with pytest.raises(TypeError, match=r"entry point odd of lrdiag\.checks \(package:odd\)"):
        plugged(odd)


# Conditions


def asked(make_view, when, curves=None):
    (found,) = Expr(when).evaluate(make_view(curves or {"val_loss": [3.0, 2.0, 1.0]}))
    return found


def test_what_a_condition_is_told_with(make_view):
    found = asked(make_view, "val_loss.last < 2 and val_loss.first > 1")
    assert found.details == ("val_loss.last = 1.", "val_loss.first = 3.")
    assert (found.observed, found.threshold, found.unit) == (1.0, 2.0, "val_loss.last")
    assert (found.first_step, found.last_step, found.points) == (2, 2, 6)
    assert found.facts["condition"] == "val_loss.last < 2 and val_loss.first > 1"
    assert found.reason == "" and found.tags == ("val_loss",)


def test_a_condition_without_a_curve_has_no_place(make_view):
    found = asked(make_view, "run.drops > 1")
    assert (found.first_step, found.last_step, found.points, found.tags) == (None, None, None, ())
    assert found.status is Status.PASSED and found.observed == 0.0


def test_each_missing_number_is_said_once(make_view):
    found = asked(
        make_view, "val_f1.last < 0.5 and val_f1.first < 0.5 and after_drop(1).val_loss.last > 0"
    )
    assert found.status is Status.NOT_JUDGED
    assert found.reason == (
        "The condition cannot be decided: no val_f1 was logged; there is no drop 1 (the run has 0)."
    )


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


def test_a_condition_reaches_to_the_last_step_of_all_its_curves(make_view):
    curves = {"val_loss": [3.0, 2.0, 1.0], "train_loss": [3.0, 2.0, 1.0, 0.5, 0.4]}
    found = asked(make_view, "val_loss.last < 2 and train_loss.last < 2", curves)
    assert (found.first_step, found.last_step, found.points) == (4, 4, 8)
