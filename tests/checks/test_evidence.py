"""Evidence, agreements of the schedule, the registry of kinds, and conditions."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from lrdiag.checks import registry
from lrdiag.checks.evidence import finite, not_judged, tags_of, verdict
from lrdiag.checks.expr import Expr
from lrdiag.checks.schedule_agreement import ScheduleAgreement
from lrdiag.findings import Status
from lrdiag.schedule.values import Agreement, ConfiguredSchedule, Family, GroupSchedule, Schedule

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


def test_a_condition_reaches_to_the_last_step_of_all_its_curves(make_view):
    curves = {"val_loss": [3.0, 2.0, 1.0], "train_loss": [3.0, 2.0, 1.0, 0.5, 0.4]}
    found = asked(make_view, "val_loss.last < 2 and train_loss.last < 2", curves)
    assert (found.first_step, found.last_step, found.points) == (4, 4, 8)


def test_a_condition_asks_for_the_drop_it_names(make_view, rates):
    value = np.concatenate([np.full(10, 3.0), np.full(10, 2.0), np.full(10, 1.0)])
    view = make_view({"val_loss": value}, rates(30, 10, 20))
    for when, last in (("after_drop(1)", 2.0), ("after_drop(2)", 1.0)):
        (found,) = Expr(f"{when}.val_loss.first > 0").evaluate(view)
        assert found.observed == last
