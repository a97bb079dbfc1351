"""Comparisons: what changed, and better or worse only against the noise between runs."""

import json

import pytest

from lrdiag.errors import ConfigError
from lrdiag.findings import (
    DropSummary,
    Finding,
    MetricSummary,
    RunReport,
    ScheduleSummary,
    Severity,
    Status,
    Verdict,
)
from lrdiag.fleet import compare_text
from lrdiag.fleet.compare import as_data, compare
from lrdiag.reports.json_report import plain


def run(name, val=0.5, train=0.3, milestone=30, failed=False, **params):
    status = Status.FAILED if failed else Status.PASSED
    return RunReport(
        name,
        Verdict.UNHEALTHY if failed else Verdict.HEALTHY,
        findings=(Finding("overfitting", status, Severity.ERROR),),
        metrics={
            "val_loss": MetricSummary(2.0, val, val, 8, 0.01, 10, higher_is_better=False),
            "train_loss": MetricSummary(2.0, train, train, 8, 0.01, 10, higher_is_better=False),
            "val_accuracy": MetricSummary(
                0.1, 1 - val, 1 - val, 8, 0.01, 10, higher_is_better=True
            ),
        },
        schedule=ScheduleSummary(
            "multistep",
            {"base_lr": 0.1, "gamma": 0.1},
            drops=(DropSummary(milestone, float(milestone), 0.1, 0.01, "lr", "logged"),),
        ),
        params=params,
    )


def seeds(name, val, train=0.3, **more):
    return [run(f"{name}{i}", val + 0.01 * i, train + 0.005 * i, **more) for i in range(4)]


def outcome(comparison, role, which="best"):
    return next(o for o in comparison.outcomes if (o.role, o.which) == (role, which))


def test_settings_and_schedule_that_changed_are_told_and_only_those():
    before, after = run("a", lr=0.1, wd=0.01), run("b", lr=0.3, wd=0.01, milestone=60)
    found = compare([before], [after], ("a", "b"))
    assert [(c.name, c.before, c.after) for c in found.settings] == [("lr", "0.1", "0.3")]
    assert [(c.name, c.before, c.after) for c in found.schedule] == [("drops at epoch", "30", "60")]
    assert "30 → 60" in compare_text.terminal(found)


def test_one_run_each_is_never_called_better_or_worse():
    found = compare([run("a", 0.5)], [run("b", 0.9)], ("a", "b"))
    assert {o.judgement for o in found.outcomes if o.role == "val_loss"} == {"unclear"}
    assert "noise between seeds is not known" in " ".join(found.conclusions)
    text = compare_text.terminal(found, 80)
    assert "unclear, beyond point noise" in text
    assert max(map(len, text.partition("One run")[0].splitlines())) <= 80


def test_groups_are_judged_with_an_interval_in_the_direction_of_the_metric():
    found = compare(seeds("a", 0.5), seeds("b", 0.8), ("a", "b"))
    assert outcome(found, "val_loss").judgement == "worse"
    assert outcome(found, "val_accuracy").judgement == "worse"
    assert outcome(found, "train_loss").judgement == "same"
    change = outcome(found, "val_loss").change
    assert change.low < 0.3 < change.high
    assert found.worse
    assert not compare(seeds("b", 0.8), seeds("a", 0.5), ("b", "a")).worse


def test_one_run_against_a_group_uses_the_groups_noise():
    found = compare(seeds("a", 0.5), [run("b", 0.53)], ("a", "b"))
    assert outcome(found, "val_loss").judgement == "unclear"
    found = compare(seeds("a", 0.5), [run("b", 0.9)], ("a", "b"))
    assert outcome(found, "val_loss").judgement == "worse"


def test_bad_labels_show_against_a_baseline_with_the_same_settings():
    bad = compare(seeds("a", 0.5, lr=1), [run("b", 0.9, train=0.8, lr=1)], ("a", "b"))
    assert "bad labels" in " ".join(bad.conclusions)
    other = compare(seeds("a", 0.5, lr=1), [run("b", 0.9, train=0.8, lr=2)], ("a", "b"))
    assert "bad labels" not in " ".join(other.conclusions)


def test_findings_appear_and_clear():
    found = compare([run("a")], [run("b", failed=True)], ("a", "b"))
    assert [(f.rule, f.judgement) for f in found.findings] == [("overfitting", "appeared")]
    found = compare([run("a", failed=True)], [run("b")], ("a", "b"))
    assert found.findings[0].judgement == "cleared"
    one_of_four = [run("x", failed=True), *seeds("b", 0.5)[1:]]
    found = compare(seeds("a", 0.5), one_of_four, ("a", "b"))
    assert found.findings[0].judgement == "more"


def test_nothing_changed_is_said():
    found = compare([run("a")], [run("b")], ("a", "b"))
    assert "no change" in compare_text.terminal(found)


def test_outputs():
    found = compare(seeds("a", 0.5), [run("b|<x>", 0.9)], ("a", "b|<x>"))
    text = json.dumps(plain(as_data(found)), allow_nan=False)
    assert json.loads(text)["worse"] is True
    assert "<x>" not in compare_text.markdown(found)


def test_an_empty_side_is_an_error():
    with pytest.raises(ConfigError, match="no run found"):
        compare([], [run("a")], ("nowhere", "a"))
