"""The gate: every way not to pass, and that nothing undecided slips through."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lrdiag.errors import PolicyError
from lrdiag.findings import (
    Finding,
    HealthReport,
    MetricSummary,
    Problem,
    RunReport,
    SeriesSummary,
    Severity,
    Status,
    Verdict,
)
from lrdiag.gate.baseline import Baseline, BaselineMetric, read_baseline
from lrdiag.gate.decision import Outcome, decide
from lrdiag.gate.policy import BaselinePolicy, Condition, Policy
from lrdiag.rulefile.expressions import parse_condition
from lrdiag.rulefile.vocabulary import policy_vocabulary


def finding(rule="overfitting", status=Status.PASSED, severity=Severity.ERROR, **more):
    return Finding(rule, status, severity, **more)


def metric(last=0.9, points=50, noise=0.01, higher=True, **more):
    return MetricSummary(0.1, last, 0.95, 40, noise, points, higher_is_better=higher, **more)


def run(*findings, name="r", **more):
    defaults = {
        "roles": {"val_recall": "recall"},
        "series": {"recall": SeriesSummary(50, 0, 49)},
        "metrics": {"val_recall": metric()},
    }
    found = findings or (finding(),)
    return RunReport(name, Verdict.HEALTHY, findings=found, **{**defaults, **more})


def report(*runs, **more):
    return HealthReport(runs or (run(),), **{"rules": ("overfitting",), **more})


def outcome(report_, policy=None, baseline=None):
    return decide(report_, policy or Policy(), baseline).outcome


def conditions(*texts):
    return tuple(Condition(parse_condition(t, policy_vocabulary())) for t in texts)


def test_a_healthy_run_passes():
    decision = decide(report(), Policy())
    assert (decision.exit_code, decision.reasons) == (0, ())


FAILED = finding(status=Status.FAILED, message="rose\nby 31%")
NAN_SERIES = {"recall": SeriesSummary(50, 0, 49, non_finite=2)}
DAMAGE = Problem("m.csv", "corrupt-record", "warning", "lost", lost=1)

UNDECIDED = {
    "no-runs": (HealthReport((), rules=("a",)), Policy()),
    "no-rules": (report(rules=()), Policy()),
    "nothing-judged": (report(run(finding(status=Status.NOT_JUDGED))), Policy()),
    "no-baseline": (report(), Policy(baseline=BaselinePolicy(required=True))),
    "problem:corrupt-record": (report(run(problems=(DAMAGE,))), Policy()),
    "problem:unreadable": (
        report(problems=(Problem("x", "unreadable", "error", "no permission"),)), Policy()
    ),
    "missing-role:val_f1": (report(), Policy(roles=("val_f1",))),
    "too-few-points:val_recall": (report(), Policy(roles=("val_recall",), min_points=51)),
    "not-finite:val_recall": (report(run(series=NAN_SERIES)), Policy()),
    "missing-rule:data-leakage": (report(), Policy(rules=("data-leakage",), allow=("not-judged:data-leakage",))),  # noqa: E501
    "not-judged:overfitting": (
        report(run(finding(status=Status.NOT_JUDGED), finding("x"))), Policy(rules=("overfitting",))
    ),
    "condition:val_f1": (report(), Policy(conditions=conditions("val_f1.last > 0.5"))),
}  # fmt: skip


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_is_undecided_blocks_with_3(name):
    shown, policy = UNDECIDED[name]
    decision = decide(shown, policy)
    assert decision.exit_code == 3
    assert name in [r.name for r in decision.reasons]


@pytest.mark.parametrize("name", UNDECIDED)
def test_only_the_very_name_allows_it(name):
    shown, policy = UNDECIDED[name]
    only = [r.name for r in decide(shown, policy).reasons]
    decision = decide(shown, replace(policy, allow=(*policy.allow, *only)))
    assert decision.exit_code == 0
    assert name in [r.name for r in decision.allowed]
    base = name.partition(":")[0]
    if base != name:
        assert outcome(shown, replace(policy, allow=(base, f"{base}:other"))) is Outcome.UNDECIDED


def test_a_failed_finding_fails_with_its_reason_on_one_line():
    decision = decide(report(run(FAILED)), Policy())
    assert decision.exit_code == 1
    assert str(decision.reasons[0]) == "r: overfitting: rose by 31%"


@pytest.mark.parametrize(
    ("severity", "fail_on", "expected"),
    [
        (Severity.WARNING, Severity.ERROR, 0),
        (Severity.WARNING, Severity.WARNING, 1),
        (Severity.NOTE, Severity.WARNING, 0),
        (Severity.NOTE, Severity.NOTE, 1),
        (Severity.ERROR, None, 0),
    ],
)
def test_severity_that_fails(severity, fail_on, expected):
    shown = report(run(finding(status=Status.FAILED, severity=severity)))
    assert decide(shown, Policy(fail_on=fail_on)).exit_code == expected


def test_a_failure_cannot_be_allowed_away():
    assert outcome(report(run(FAILED)), Policy(allow=("overfitting",))) is Outcome.FAILED


def test_an_accepted_finding_does_not_fail():
    assert outcome(report(run(replace(FAILED, suppressed="known (ada)")))) is Outcome.PASSED


def test_judge_by_leaves_other_rules_out():
    shown = report(run(FAILED, finding("nan-divergence")))
    assert outcome(shown, Policy(judge_by=("nan-divergence",))) is Outcome.PASSED
    assert outcome(shown, Policy(judge_by=("overfitting",))) is Outcome.FAILED


def test_not_applicable_and_not_judged_matter_only_where_required():
    shown = report(
        run(
            finding("accuracy-paradox", Status.NOT_APPLICABLE, reason="no recall"),
            finding("data-leakage", Status.NOT_JUDGED),
            finding(),
        ),
        rules=("accuracy-paradox", "data-leakage", "overfitting"),
    )
    assert outcome(shown) is Outcome.PASSED
    for rule in ("accuracy-paradox", "data-leakage"):
        assert outcome(shown, Policy(rules=(rule,))) is Outcome.UNDECIDED
    assert outcome(shown, Policy(rules=("overfitting",))) is Outcome.PASSED


def test_a_required_rule_must_be_judged_everywhere():
    shown = report(run(finding(drop=1), finding(status=Status.NOT_JUDGED, drop=2)))
    assert outcome(shown, Policy(rules=("overfitting",))) is Outcome.UNDECIDED


def test_a_growing_file_is_no_damage():
    growing = Problem("m.csv", "incomplete-tail", "info", "the last record is incomplete", lost=1)
    assert outcome(report(run(problems=(growing,)))) is Outcome.PASSED


def test_a_broken_check_is_an_error():
    assert outcome(report(run(finding(status=Status.ERROR, reason="boom")))) is Outcome.ERROR


def test_precedence_is_error_failed_undecided_passed():
    broken = run(finding(status=Status.ERROR), name="broken")
    failed = run(FAILED, name="failed")
    undecided = run(finding(status=Status.NOT_JUDGED), name="undecided")
    assert outcome(report(run(), undecided)) is Outcome.UNDECIDED
    assert outcome(report(run(), undecided, failed)) is Outcome.FAILED
    assert outcome(report(undecided, failed, broken)) is Outcome.ERROR
    reasons = decide(report(undecided, failed, broken), Policy()).reasons
    order = list(dict.fromkeys(r.outcome for r in reasons))
    assert order == [Outcome.ERROR, Outcome.FAILED, Outcome.UNDECIDED]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("val_recall.last >= 0.80", 0),
        ("val_recall.last >= 0.95", 1),
        ("val_recall.last - 2 * val_recall.noise > 0.87", 0),
        ("val_f1.last > 0.5 or val_recall.last > 0.5", 0),
        ("val_f1.last > 0.5 and val_recall.last > 0.95", 1),
        ("val_f1.last > 0.5", 3),
        ("1 / (val_recall.points - 50) > 0", 3),
    ],
)
def test_floors_and_ceilings(text, expected):
    decision = decide(report(), Policy(conditions=conditions(text)))
    assert decision.exit_code == expected
    assert all(text in r.message for r in decision.reasons)


def test_a_condition_on_a_last_value_that_is_nan_is_undecided():
    shown = report(run(metrics={"val_recall": metric(last=None, last_finite=False)}))
    assert (
        outcome(shown, Policy(conditions=conditions("val_recall.last > 0.1"))) is Outcome.UNDECIDED
    )


def baseline(last=0.9, noise=0.01, name="r", role="val_recall", higher=True):
    return Baseline({name: {role: BaselineMetric(last, noise, higher)}}, "b.json")


@pytest.mark.parametrize(
    ("former", "policy", "expected"),
    [
        (baseline(0.9), BaselinePolicy(), 0),
        (baseline(0.92), BaselinePolicy(), 0),  # within two standard deviations of the difference
        (baseline(0.94), BaselinePolicy(), 1),
        (baseline(0.94), BaselinePolicy(metrics={"val_recall": 0.02}), 0),
        (baseline(0.94), BaselinePolicy(noise=4), 0),
        (baseline(0.2), BaselinePolicy(), 0),
        (baseline(None), BaselinePolicy(), 3),
        (baseline(role="val_f1"), BaselinePolicy(), 3),
        (baseline(role="val_f1"), BaselinePolicy(metrics={"val_recall": 0.1}), 3),
        (Baseline({}, "b.json"), BaselinePolicy(), 3),
        (Baseline({"r": {}}, "b.json"), BaselinePolicy(), 3),
        (baseline(name="other"), BaselinePolicy(), 0),  # one run each: they are each other's
    ],
)
def test_not_worse_than_the_baseline(former, policy, expected):
    assert decide(report(), Policy(baseline=policy), former).exit_code == expected


def test_lower_is_better_for_losses():
    shown = report(run(metrics={"val_loss": metric(0.5, higher=False)}))
    assert outcome(shown, None, baseline(0.4, role="val_loss", higher=False)) is Outcome.FAILED
    assert outcome(shown, None, baseline(0.6, role="val_loss", higher=False)) is Outcome.PASSED


def test_with_several_runs_names_decide():
    shown = report(run(name="a"), run(name="b"))
    decision = decide(shown, Policy(), baseline(name="a"))
    assert [r.name for r in decision.reasons] == ["baseline:b"]


def test_a_candidate_metric_that_is_nan_is_undecided():
    shown = report(run(metrics={"val_recall": metric(last=None, last_finite=False)}))
    assert outcome(shown, None, baseline()) is Outcome.UNDECIDED


def test_without_a_baseline_it_is_said():
    assert "No baseline was given" in decide(report(), Policy()).notes[0]


def test_expired_suppressions_fail_and_unused_ones_are_noted():
    entry = {"rule": "overfitting", "reason": "known", "owner": "ada", "expires": "2026-01-01"}
    expired = decide(report(suppressions=({**entry, "state": "expired"},)), Policy())
    assert expired.exit_code == 1
    assert "2026-01-01" in expired.reasons[0].message
    unused = decide(report(suppressions=({**entry, "state": "unused"},)), Policy())
    assert unused.exit_code == 0
    assert any("matches nothing" in note for note in unused.notes)


def test_reading_a_baseline(tmp_path):
    path = tmp_path / "b.json"
    data = {
        "format_version": 1,
        "runs": [{"run": "r", "metrics": {
            "val_recall": {"last": 0.9, "noise": 0.01, "higher_is_better": True, "last_finite": True},  # noqa: E501
            "val_f1": {"last": 0.9, "last_finite": False},
            "val_auc": {"last": "0.9"},
            "val_loss": {"last": True},
        }}],
    }  # fmt: skip
    path.write_text(json.dumps(data))
    metrics = read_baseline(path).runs["r"]
    assert metrics["val_recall"] == BaselineMetric(0.9, 0.01, True)
    assert [metrics[r].last for r in ("val_f1", "val_auc", "val_loss")] == [None, None, None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "no lrdiag report"),
        ('{"runs": []}', "format_version None"),
        ('{"runs": [], "format_version": 2}', "format_version 2"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path, text, message):
    path = tmp_path / "b.json"
    path.write_text(text)
    with pytest.raises(PolicyError, match=message):
        read_baseline(path)
    with pytest.raises(PolicyError, match="cannot read"):
        read_baseline(tmp_path / "none.json")
