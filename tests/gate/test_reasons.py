"""What the gate says, word for word, and the limits at which it says it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lrdiag.findings import (
    Finding,
    HealthReport,
    MetricSummary,
    Problem,
    RunReport,
    SeriesSummary,
    Severity,
    SourceSummary,
    Status,
    Verdict,
)
from lrdiag.gate.decision import Decision, Outcome, decide, metric_value
from lrdiag.gate.policy import BaselinePolicy, Condition, Policy
from lrdiag.rulefile.condition import Reference
from lrdiag.rulefile.expressions import parse_condition
from lrdiag.rulefile.vocabulary import policy_vocabulary

PASSED = Finding("overfitting", Status.PASSED, Severity.ERROR)
RECALL = MetricSummary(0.1, 0.9, 0.95, 40, 0.01, 50, higher_is_better=True)
SUPPRESSION = {"reason": "known", "owner": "ada", "expires": "2026-01-01"}


def run(*findings, **more):
    metrics = {"val_recall": RECALL}
    return RunReport("r", Verdict.HEALTHY, findings=findings or (PASSED,),
                     **{"metrics": metrics, **more})  # fmt: skip


def reasons(*runs, policy=None, **report):
    rules = {"rules": ("overfitting",), **report}
    return [
        str(r) for r in decide(HealthReport(runs or (run(),), **rules), policy or Policy()).reasons
    ]


def damage(file, kind="corrupt-record", severity="warning"):
    return Problem(file, kind, severity, "bytes were lost", lost=1)


def test_each_kind_of_damage_is_told_once_with_how_much_more_there_is():
    problems = (damage("a"), damage("b"), damage("c"), damage("x", "unreadable"),
                damage("d", severity="info"), damage("e", "unreadable", "info"))  # fmt: skip
    assert reasons(run(problems=problems)) == [
        "r: a: bytes were lost (and 2 more)",
        "r: x: bytes were lost",
    ]


def test_values_that_are_not_finite_are_counted():
    series = {"recall": SeriesSummary(50, 0, 49, non_finite=2)}
    (counted,) = reasons(run(roles={"val_recall": "recall"}, series=series))
    assert "val_recall (recall) holds 2 values that are not a finite number" in counted


def test_a_last_value_that_is_not_finite_is_told_as_such():
    metrics = {"val_recall": replace(RECALL, last_finite=False)}
    (last,) = reasons(run(roles={"val_recall": "recall"}, metrics=metrics))
    assert "holds a last value that is not a finite number" in last


def test_a_role_whose_series_is_not_in_the_report_is_no_fault():
    assert reasons(run(roles={"val_recall": "recall"})) == []


def test_as_many_points_as_are_asked_for_are_enough():
    assert reasons(policy=Policy(roles=("val_recall",), min_points=50)) == []
    (short,) = reasons(policy=Policy(roles=("val_recall",), min_points=51))
    assert short == "r: val_recall has 50 points; the policy asks for 51."


def test_a_required_role_that_is_missing_comes_with_what_to_do():
    (reason,) = reasons(policy=Policy(roles=("val_f1",)))
    assert "--role val_f1=TAG" in reason


def test_a_required_rule_that_said_nothing_about_a_run_is_undecided():
    policy = Policy(rules=("data-leakage",))
    said = reasons(policy=policy, rules=("data-leakage",))
    assert said == ["r: The required rule data-leakage said nothing about this run."]


def test_why_a_required_rule_was_not_judged_is_passed_on():
    open_ = Finding("x", Status.NOT_JUDGED, Severity.ERROR, reason="4 rows\nwere logged")
    (said,) = reasons(run(PASSED, open_), policy=Policy(rules=("x",)), rules=("x",))
    assert said.endswith("x could not be judged: 4 rows were logged")


@pytest.mark.parametrize(("reason", "told"), [("boom", "boom"), ("", "the check broke.")])
def test_a_broken_check_is_told(reason, told):
    broken = Finding("x", Status.ERROR, Severity.ERROR, reason=reason)
    assert reasons(run(PASSED, broken)) == [f"r: x: {told}"]


def test_a_finding_without_a_message_is_told_by_its_summary():
    failed = Finding("x", Status.FAILED, Severity.ERROR, summary="it is bad")
    assert reasons(run(failed)) == ["r: x: it is bad"]


@pytest.mark.parametrize(
    ("names", "told"),
    [({"fingerprint": "0123"}, "0123"), ({"rule": "overfitting"}, "overfitting"), ({}, "?")],
)
@pytest.mark.parametrize("state", ["expired", "unused"])
def test_a_suppression_is_told_by_what_it_accepts_why_and_who_answers(names, told, state):
    entry = {**SUPPRESSION, **names, "state": state}
    decision = decide(HealthReport((run(),), rules=("x",), suppressions=(entry,)), Policy())
    said = [*map(str, decision.reasons), *decision.notes]
    assert any(text.endswith(f"{told}, known (ada)") for text in said)


def test_the_missing_baseline_is_either_a_note_or_a_reason():
    report = HealthReport((run(),), rules=("x",))
    assert len(decide(report, Policy()).notes) == 1
    required = decide(report, Policy(baseline=BaselinePolicy(required=True)))
    assert (required.notes, required.outcome) == ((), Outcome.UNDECIDED)


def test_a_run_at_the_root_is_told_by_the_name_of_its_folder():
    failed = Finding("x", Status.FAILED, Severity.ERROR, message="bad")
    here = replace(run(failed), run=".", sources=(SourceSummary("logs/night/events.1", 10, "csv"),))
    assert reasons(here) == ["night: x: bad"]


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("last", None), ("best", 0.95), ("points", 50.0), ("noise", 0.01), ("nothing", None)],
)
def test_only_the_last_value_is_unknown_where_the_last_row_is_nan(attribute, value):
    shown = run(metrics={"val_recall": replace(RECALL, last_finite=False)})
    assert metric_value(shown, Reference("val_recall", attribute)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
def test_a_number_that_is_not_finite_is_unknown(value):
    shown = run(metrics={"val_recall": replace(RECALL, best=value)})
    assert metric_value(shown, Reference("val_recall", "best")) is None


def test_a_condition_tells_its_numbers_and_the_words_of_the_policy():
    condition = Condition(parse_condition("val_recall.last > 0.95", policy_vocabulary()), "Sorry.")
    (said,) = reasons(policy=Policy(conditions=(condition,)))
    assert said == "r: val_recall.last > 0.95 does not hold: val_recall.last = 0.9. Sorry."


def test_what_a_policy_demands_that_says_nothing():
    assert (Policy().min_points, Policy().baseline.noise) == (0, 2.0)
    assert Decision(Outcome.PASSED).runs == 0


def covering(text, *rules):
    expression = parse_condition(text, policy_vocabulary())
    return Policy(conditions=(Condition(expression, "", rules),))


def failing(rule):
    return replace(PASSED, rule=rule, status=Status.FAILED, message="worse")


def test_a_condition_tells_the_findings_it_covers_on_its_line():
    policy = covering("val_recall.last >= 0.95", "overfitting", "other")
    found = run(failing("overfitting"), failing("loss-spike"))
    decision = decide(HealthReport((found,), rules=("x",)), policy)
    assert [r.name for r in decision.reasons] == ["loss-spike", "condition"]
    assert decision.reasons[1].message.endswith("The same is found by overfitting.")
    assert decision.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("text", "more"), [("val_recall.last >= 0.5", []), ("val_f1.last >= 0.5", ["condition:val_f1"])]
)
def test_a_finding_stands_alone_where_its_condition_holds_or_is_undecided(text, more):
    report = HealthReport((run(failing("overfitting")),), rules=("x",))
    decision = decide(report, covering(text, "overfitting"))
    assert [r.name for r in decision.reasons] == ["overfitting", *more]
    assert decision.outcome is Outcome.FAILED
