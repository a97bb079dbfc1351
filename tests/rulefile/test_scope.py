"""applies_to, scope, for."""

from __future__ import annotations

import time

import pytest

from lrdiag.checks.expr import Expr
from lrdiag.checks.interface import Evidence
from lrdiag.errors import RuleFileError
from lrdiag.findings import Status
from lrdiag.rulefile.evaluate import evaluate_rule
from lrdiag.rulefile.scope import tag_matches, valid_scope


def failed(first, last, drop=None):
    return Evidence(Status.FAILED, first_step=first, last_step=last, drop=drop)


def statuses(rule, view):
    return [f.status for f in evaluate_rule(rule, view)]


def test_scopes():
    assert all(map(valid_scope, ["run", "segment", "after_drop", "after_drop(2)"]))
    assert not any(map(valid_scope, ["", "after_drop(0)", "after_drop(x)", "segments"]))


@pytest.mark.parametrize(
    ("fields", "applies"),
    [
        ({"roles": ("val_loss",)}, True),
        ({"roles": ("val_*",)}, True),
        ({"roles": ("val_recall",)}, False),
        ({"tags": ("tag/*",)}, True),
        ({"tags": ("/^tag/val_l.ss$/",)}, True),
        ({"tags": ("loss",)}, False),
        ({"tasks": ("detection",)}, False),
        ({"tasks": ("fraud", "detection")}, False),
    ],
)
def test_applies_to(fakes, fields, applies):
    view = fakes.view({"val_loss": [1.0, 2.0], "train_loss": [1.0, 1.0]})
    (status,) = statuses(fakes.rule(fakes.Counting(), **fields), view)
    assert status is (Status.PASSED if applies else Status.NOT_APPLICABLE)


def test_a_task_is_matched(fakes):
    view = fakes.view({"val_loss": [1.0]}, task={"kind": "fraud"})
    assert statuses(fakes.rule(fakes.Counting(), tasks=("fraud",)), view) == [Status.PASSED]


def test_only_the_selected_curves_are_seen(fakes):
    view = fakes.view({"val_loss": [1.0] * 5, "val_accuracy": [0.5] * 5})
    (found,) = evaluate_rule(fakes.rule(fakes.Counting(), roles=("val_accuracy",)), view)
    assert found.observed == 0.0


def test_a_catastrophic_pattern_costs_nothing():
    started = time.perf_counter()
    assert not tag_matches("/^(a+)+$/", "a" * 4000 + "!")
    assert time.perf_counter() - started < 5


def test_an_invalid_or_unsupported_pattern_is_named():
    for pattern in ("/(a/", r"/(a)\1/"):
        with pytest.raises(RuleFileError, match="Regular expression"):
            tag_matches(pattern, "a")


def test_segment_scope_judges_each_stretch(fakes):
    view = fakes.view({"val_loss": [1.0] * 30}, drops=[10, 25])
    found = evaluate_rule(fakes.rule(fakes.Counting(), scope="segment"), view)
    assert [f.observed for f in found] == [10.0, 15.0, 5.0]


def test_after_drop_scope_judges_the_stretch_after_each_drop(fakes):
    view = fakes.view({"val_loss": [1.0] * 30}, drops=[10, 25])
    found = evaluate_rule(fakes.rule(fakes.Counting(), scope="after_drop"), view)
    assert [(f.drop, f.observed) for f in found] == [(1, 15.0), (2, 5.0)]
    found = evaluate_rule(fakes.rule(fakes.Counting(), scope="after_drop(2)"), view)
    assert [(f.drop, f.observed) for f in found] == [(2, 5.0)]


def test_answers_about_drops_are_chosen_by_scope(fakes):
    view = fakes.view({"val_loss": [1.0] * 30}, drops=[10, 25])
    check = fakes.Scripted((failed(10, 20, 1), failed(25, 29, 2)))
    assert [f.drop for f in evaluate_rule(fakes.rule(check, scope="after_drop"), view)] == [1, 2]
    assert [f.drop for f in evaluate_rule(fakes.rule(check, scope="after_drop(2)"), view)] == [2]


def test_a_drop_that_is_not_there_is_not_applicable(fakes):
    view = fakes.view({"val_loss": [1.0] * 30}, drops=[10])
    (found,) = evaluate_rule(fakes.rule(fakes.Counting(), scope="after_drop(3)"), view)
    assert found.status is Status.NOT_APPLICABLE
    assert "after_drop(3)" in found.reason


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [
        (5, 9, Status.FAILED),  # five epochs
        (5, 7, Status.PASSED),  # three epochs, then it went away
        (28, 29, Status.NOT_JUDGED),  # two epochs, and the log ends
    ],
)
def test_for_counts_epochs(fakes, first, last, status):
    view = fakes.view({"val_loss": [1.0] * 30})
    rule = fakes.rule(fakes.Scripted((failed(first, last),)), hold_epochs=4.0)
    assert statuses(rule, view) == [status]


def test_for_without_epochs_is_not_judged(fakes):
    view = fakes.view({"val_loss": [1.0] * 30}, epochs=False)
    (found,) = evaluate_rule(fakes.rule(fakes.Scripted((failed(0, 29),)), hold_epochs=4.0), view)
    assert found.status is Status.NOT_JUDGED
    assert "no epochs are known" in found.reason


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ([1.0] * 20 + [3.0] * 5, Status.FAILED),
        ([1.0] * 23 + [3.0] * 2, Status.NOT_JUDGED),
        ([1.0] * 25, Status.PASSED),
        ([3.0, 3.0], Status.NOT_JUDGED),
        ([1.0] * 20 + [3.0, 3.0, float("nan"), 3.0, 3.0], Status.NOT_JUDGED),
    ],
)
def test_for_on_a_condition_asks_at_earlier_epochs(fakes, values, status):
    rule = fakes.rule(Expr("val_loss.last > 2"), hold_epochs=4.0)
    assert statuses(rule, fakes.view({"val_loss": values})) == [status]
