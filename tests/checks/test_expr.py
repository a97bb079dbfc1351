"""The `expr` check: numbers of a run, three outcomes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.checks.expr import Expr, number_of
from lrdiag.findings import Status
from lrdiag.rulefile.condition import ExpressionError
from lrdiag.rulefile.expressions import parse_condition
from lrdiag.rulefile.vocabulary import rule_vocabulary
from lrdiag.runs import Run, Series
from lrdiag.schedule.values import Change, Schedule, Segment
from lrdiag.view import Curve, RunView

LOSS = [4.0, 3.0, 2.0, 2.0, 2.0, 1.0, 0.5, 0.6, 0.7, 0.8]
RECALL = [0.1, 0.3, 0.5, 0.5, 0.5, 0.4, 0.3, 0.2, 0.2, 0.2]


def view_of(curves=None, drop=5):
    curves = curves or {"val_loss": LOSS, "val_recall": RECALL}
    step = np.arange(10, dtype=np.int64)
    axis = EpochAxis(step, step.astype(float), "step is epoch")
    tagged = {**curves, "other": [7.0] * 10}
    series = {r: Series(r, step, np.full(10, np.nan), np.array(v)) for r, v in tagged.items()}
    found = {
        r: Curve(r, r, step, step.astype(float), np.array(v), r != "val_loss", "")
        for r, v in curves.items()
    }
    schedule = Schedule(
        drops=(Change(drop, float(drop), 0.1, 0.01),),
        segments=(Segment(0, drop, 0.1, 0.1), Segment(drop, 10, 0.01, 0.01)),
    )
    return RunView(Run("r", series), found, axis, schedule)


def number(text, view=None):
    (reference,) = parse_condition(f"{text} > 0", rule_vocabulary()).references
    return number_of(reference, view or view_of())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("val_loss.first", 4.0),
        ("val_loss.last", 0.8),
        ("val_loss.best", 0.5),
        ("val_recall.best", 0.5),
        ("val_loss.best_step", 6.0),
        ("val_loss.best_epoch", 6.0),
        ("val_loss.min", 0.5),
        ("val_loss.max", 4.0),
        ("val_loss.mean", 1.66),
        ("val_loss.median", 1.5),
        ("val_loss.points", 10.0),
        ("val_loss.non_finite", 0.0),
        ("val_loss.change", 0.7 - 3.0),  # medians of three points at both ends
        ("after_drop(1).val_loss.first", 1.0),
        ("after_drop(1).val_loss.points", 5.0),
        ("after_drop(1).val_recall.change", 0.2 - 0.5),  # against the level before the drop
        ("segment(1).val_loss.last", 2.0),
        ("segment(2).val_loss.max", 1.0),
        ('tag("other").last', 7.0),
        ("run.drops", 1.0),
        ("run.rises", 0.0),
        ("run.epochs", 10.0),
        ("run.steps", 9.0),
    ],
)
def test_numbers(text, expected):
    value, reason = number(text)
    assert value == pytest.approx(expected)
    assert reason == ""


def test_slope_is_least_squares_an_epoch():
    view = view_of({"val_loss": list(np.arange(10) * 0.5 + 3)})
    assert number("val_loss.slope", view)[0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("val_f1.last", "no val_f1 was logged"),
        ("after_drop(2).val_loss.last", "there is no drop 2 (the run has 1)"),
        ("segment(3).val_loss.last", "there is no segment 3 (the run has 2)"),
        ('tag("gone").last', "no gone was logged"),
    ],
)
def test_what_is_missing_is_said(text, reason):
    assert number(text) == (None, reason)


def test_a_last_value_that_is_nan_is_unknown_while_best_is_not():
    view = view_of({"val_loss": [*LOSS[:-1], math.nan]})
    assert number("val_loss.last", view)[0] is None
    assert number("val_loss.change", view)[0] is None
    assert number("val_loss.best", view)[0] == 0.5
    assert number("val_loss.non_finite", view)[0] == 1.0


def judged(when, view=None):
    (evidence,) = Expr(when).evaluate(view or view_of())
    return evidence


def test_fires_where_the_condition_is_true():
    evidence = judged("val_recall.last < 0.8 and val_loss.last > 0.1")
    assert evidence.status is Status.FAILED
    assert (evidence.observed, evidence.threshold) == (0.2, 0.8)
    assert evidence.unit == "val_recall.last"
    assert evidence.tags == ("val_recall", "val_loss")
    assert evidence.facts["val_recall_last"] == 0.2
    assert evidence.last_step == 9


def test_silent_where_it_is_false():
    assert judged("val_recall.last > 0.8").status is Status.PASSED


def test_not_judged_where_it_is_unknown():
    evidence = judged("val_f1.last < 0.8")
    assert evidence.status is Status.NOT_JUDGED
    assert "no val_f1 was logged" in evidence.reason
    assert "division" in judged("1 / run.rises > 2").reason


def test_a_missing_number_does_not_matter_where_the_rest_decides():
    assert judged("val_f1.last < 0.8 or val_recall.last < 0.8").status is Status.FAILED


def test_the_observed_number_is_the_one_that_decides():
    evidence = judged("val_recall.last > 0.8 or val_loss.last > 0.1")
    assert (evidence.unit, evidence.observed) == ("val_loss.last", 0.8)


def test_an_invalid_condition_cannot_be_built():
    with pytest.raises(ExpressionError):
        Expr("val_los.last > 1")
