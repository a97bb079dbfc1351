"""The checks that compare numbers directly: firing, silent, missing data."""

import numpy as np
import pytest

from lrdiag.checks.accuracy_drop import AccuracyDrop
from lrdiag.checks.accuracy_paradox import AccuracyParadox
from lrdiag.checks.constant_lr import ConstantLr
from lrdiag.checks.generalization_gap import GeneralizationGap
from lrdiag.checks.loss_spike import LossSpike
from lrdiag.checks.nan_divergence import NanDivergence
from lrdiag.checks.post_drop_divergence import PostDropDivergence
from lrdiag.checks.registry import check_kinds
from lrdiag.checks.schedule_agreement import ScheduleAgreement
from lrdiag.checks.still_improving_at_end import StillImprovingAtEnd
from lrdiag.findings import Status
from lrdiag.schedule.values import Agreement, ConfiguredSchedule, Schedule


def statuses(check, view):
    return [e.status for e in check.evaluate(view)]


def failures(check, view):
    return [e for e in check.evaluate(view) if e.status is Status.FAILED]


def test_every_kind_is_registered_under_its_module_name():
    kinds = check_kinds()
    assert len(kinds) >= 18
    for kind, value in kinds.items():
        if value.__module__.startswith("lrdiag.checks."):
            assert value.__module__.rsplit(".", 1)[1] == kind or kind in ("expr",)


def test_divergence_after_a_raised_rate(shapes, make_view):
    curves, _ = shapes.healthy(drops=(20,))
    curves["val_loss"][28:] *= 1.6
    rates = [0.1] * 20 + [0.01] * 8 + [1.0] * 12
    (found,) = failures(PostDropDivergence(), make_view(curves, rates))
    assert 0.5 < found.observed < 0.7 and found.facts["direction"] == "rose"
    assert found.first_step == 28 and found.drop is None


def test_divergence_to_nan_after_a_change(shapes, make_view):
    curves, _ = shapes.healthy(drops=(20,))
    for role in ("train_loss", "val_loss"):
        curves[role][30:] = np.nan
    view = make_view(curves, [0.1] * 29 + [10.0] * 11)
    assert failures(PostDropDivergence(), view)
    (found,) = failures(NanDivergence(), view)
    assert found.first_step == 30 and "risen" in found.facts["cause"]


@pytest.mark.parametrize("seed", range(5))
def test_a_drop_that_helped_is_no_divergence_and_no_spike(seed, shapes, make_view):
    view = make_view(*shapes.healthy(seed=seed))
    assert not failures(PostDropDivergence(), view)
    assert not failures(LossSpike(), view)


def test_overfitting_that_began_before_a_drop_is_no_divergence(shapes, make_view):
    curves, _ = shapes.overfitting()
    assert not failures(PostDropDivergence(), make_view(curves, [0.1] * 20 + [0.01] * 20))


def test_a_validation_loss_that_turns_at_the_drop_is_a_divergence(shapes, make_view):
    curves, _ = shapes.overfitting()
    (found,) = failures(PostDropDivergence(), make_view(curves, [0.1] * 10 + [0.01] * 30))
    assert found.drop == 1 and found.observed > 0.1


def test_spike_inside_a_segment_is_found_where_it_is(shapes, make_view):
    curves, rates = shapes.healthy()
    curves["train_loss"][27] *= 3
    (found,) = failures(LossSpike(), make_view(curves, rates))
    assert found.first_step == found.last_step == 27


def test_spike_is_not_judged_on_a_short_table(make_view):
    (evidence,) = LossSpike().evaluate(make_view({"train_loss": [3, 2, 1.0]}))
    assert evidence.status is Status.NOT_JUDGED


def test_a_forgiven_nan_is_no_divergence(make_view):
    value = np.linspace(2, 1, 500)
    value[100] = np.nan
    assert statuses(NanDivergence(), make_view({"train_loss": value})) == [Status.PASSED]


def test_accuracy_falling_after_a_drop(shapes, make_view):
    curves, rates = shapes.healthy()
    curves["val_accuracy"][20:32] -= 0.1
    (found,) = failures(AccuracyDrop(), make_view(curves, rates))
    assert found.drop == 1 and found.interval[0] > 0.03
    assert not failures(AccuracyDrop(), make_view(*shapes.healthy()))


def test_accuracy_drop_without_accuracy_is_not_judged(shapes, make_view):
    curves, rates = shapes.healthy()
    del curves["val_accuracy"]
    assert statuses(AccuracyDrop(), make_view(curves, rates)) == [Status.NOT_JUDGED]


def test_paradox_from_the_teaching_example(make_view):
    view = make_view(
        {"train_accuracy": [0.97, 0.98, 0.98, 0.98], "val_recall": [0.3, 0.2, 0.15, 0.12]}
    )
    (found,) = failures(AccuracyParadox(), view)
    assert found.facts["accuracy_role"] == "train accuracy" and found.observed < 0.25


def test_paradox_from_confusion_counts(make_view):
    view = make_view(
        {
            "val_accuracy": [0.97] * 8,
            "val_true_positives": [2.0] * 8,
            "val_false_negatives": [18.0] * 8,
        }
    )
    (found,) = failures(AccuracyParadox(), view)
    assert found.observed == pytest.approx(0.1) and found.facts["how"] == "TP / (TP + FN)"


def test_paradox_by_the_worst_class(make_view):
    view = make_view(
        {
            "val_accuracy": [0.95] * 8,
            "val_recall/cat": [0.99] * 8,
            "val_recall/lynx": [0.2] * 8,
        }
    )
    (found,) = failures(AccuracyParadox(), view)
    assert "lynx" in found.facts["how"]


def test_weighted_recall_is_refused(make_view):
    accuracy = np.linspace(0.5, 0.95, 8)
    view = make_view({"val_accuracy": accuracy, "val_recall": accuracy})
    (evidence,) = AccuracyParadox().evaluate(view)
    assert evidence.status is Status.NOT_JUDGED and "equals accuracy" in evidence.reason


def test_good_recall_passes_and_no_recall_is_not_judged(make_view):
    good = make_view({"val_accuracy": [0.97] * 8, "val_recall": [0.9] * 8})
    assert statuses(AccuracyParadox(), good) == [Status.PASSED]
    bare = make_view({"val_accuracy": [0.97] * 8})
    assert statuses(AccuracyParadox(), bare) == [Status.NOT_JUDGED]


def test_gap_that_widens_at_a_drop(shapes, make_view):
    curves, rates = shapes.healthy(drops=(20,))
    curves["train_loss"][20:] *= 0.3
    assert failures(GeneralizationGap(), make_view(curves, rates))
    assert not failures(GeneralizationGap(), make_view(*shapes.healthy()))


def test_still_improving(shapes, make_view):
    assert failures(StillImprovingAtEnd(), make_view(*shapes.leakage()))
    assert not failures(StillImprovingAtEnd(), make_view(*shapes.healthy()))


def falling(last=0.0):
    """Flat losses that fall by `last` at row 35 of 40; `last` None: fall in every row."""
    t = np.arange(40)
    drift = -0.02 * t if last is None else -last * (t >= 35)
    noise = 0.002 * np.random.default_rng(0).normal(size=40)
    return {"train_loss": np.exp(drift + noise), "val_loss": 1.1 * np.exp(drift + noise)}


@pytest.mark.parametrize(
    ("drop", "last", "status"),
    [
        (35, 0.5, Status.PASSED),  # the fall at the drop does not go on
        (36, 0.5, Status.NOT_JUDGED),  # four rows since: too few
        (35, None, Status.FAILED),
        (None, None, Status.FAILED),
    ],
)
def test_still_improving_looks_behind_the_last_change_of_rate(make_view, drop, last, status):
    rates = np.where(np.arange(40) >= (drop or 40), 0.01, 0.1)
    assert statuses(StillImprovingAtEnd(), make_view(falling(last), rates)) == [status]


def test_a_constant_rate_under_which_validation_loss_rises_did_not_stall(shapes, make_view):
    curves, rates = shapes.lr_too_high()
    rising = np.exp(0.02 * np.maximum(np.arange(len(curves["val_loss"])) - 20, 0))
    risen = {**curves, "val_loss": curves["val_loss"] * rising}
    assert failures(ConstantLr(max_rise=9.0), make_view(risen, rates))
    assert not failures(ConstantLr(), make_view(risen, rates))


def test_constant_rate_that_stalled(shapes, make_view):
    assert failures(ConstantLr(), make_view(*shapes.lr_too_high()))
    curves, _ = shapes.healthy()
    assert statuses(ConstantLr(), make_view(curves)) == [Status.NOT_JUDGED]


def test_agreements_become_findings(make_view):
    told = Agreement(
        "never_stepped",
        "schedule-not-applied",
        "It never fell.",
        remedy="Step it.",
        first_step=3,
        confidence=0.9,
    )
    view = make_view({"train_loss": [1.0, 0.5]})
    view = type(view)(
        view.run,
        view.curves,
        view.axis,
        Schedule(agreements=(told,), configured=ConfiguredSchedule("step")),
    )
    (found,) = failures(ScheduleAgreement(rule="schedule-not-applied"), view)
    assert found.facts["what"] == "It never fell." and found.facts["fix"] == "Step it."
    (other,) = ScheduleAgreement(rule="schedule-mismatch").evaluate(view)
    assert other.status is Status.NOT_JUDGED and "No learning rate was logged" in other.reason


def test_nothing_configured_is_not_judged(make_view):
    check = ScheduleAgreement(rule="schedule-mismatch")
    (evidence,) = check.evaluate(make_view({"train_loss": [1.0]}))
    assert evidence.status is Status.NOT_JUDGED
