from __future__ import annotations

from dataclasses import replace

import pytest

from lrdiag.findings import Finding, Problem, RunReport, Severity, Status, Verdict
from lrdiag.verdicts import report_verdict, run_verdict

PASSED = Finding("a", Status.PASSED, Severity.ERROR)
FAILED = replace(PASSED, status=Status.FAILED)


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([PASSED], Verdict.HEALTHY),
        ([PASSED, FAILED], Verdict.UNHEALTHY),
        ([replace(FAILED, severity=Severity.WARNING), PASSED], Verdict.WARNING),
        ([replace(FAILED, severity=Severity.NOTE)], Verdict.HEALTHY),
        ([replace(FAILED, suppressed="known, until 2027")], Verdict.HEALTHY),
        ([replace(PASSED, status=Status.NOT_JUDGED)], Verdict.UNDECIDED),
        ([replace(PASSED, status=Status.NOT_APPLICABLE)], Verdict.UNDECIDED),
        ([replace(PASSED, status=Status.ERROR)], Verdict.UNDECIDED),
        ([replace(PASSED, check="schedule_agreement")], Verdict.UNDECIDED),
        ([], Verdict.UNDECIDED),
    ],
)
def test_a_run_is_as_bad_as_its_worst_finding(findings, expected):
    assert run_verdict(findings) is expected


def test_an_unreadable_log_is_never_healthy():
    problem = Problem("a.csv", "unreadable", "error", "not a table")
    assert run_verdict([PASSED], [problem]) is Verdict.UNDECIDED
    assert run_verdict([FAILED], [problem]) is Verdict.UNHEALTHY


def test_two_points_are_never_healthy():
    assert run_verdict([PASSED], points=2) is Verdict.UNDECIDED
    assert run_verdict([FAILED], points=2) is Verdict.UNHEALTHY


def test_a_cause_comes_first_and_its_symptoms_wait():
    cause = replace(FAILED, rule="schedule-not-applied", confidence=0.6)
    symptom = replace(FAILED, rule="lr-too-high", confidence=0.99)
    other = replace(FAILED, rule="accuracy-paradox", confidence=0.5)
    run = RunReport("r", Verdict.UNHEALTHY, findings=(symptom, other, cause))
    assert [f.rule for f in run.failed] == [cause.rule, symptom.rule, other.rule]
    assert [f.rule for f in run.to_mend] == [cause.rule, other.rule]
    alone = RunReport("r", Verdict.UNHEALTHY, findings=(symptom, other))
    assert [f.rule for f in alone.to_mend] == [symptom.rule, other.rule]


def test_the_report_is_as_bad_as_its_worst_run():
    runs = [RunReport(str(v), v) for v in Verdict]
    assert report_verdict(runs) is Verdict.UNHEALTHY
    assert report_verdict(runs[:1]) is Verdict.HEALTHY
    assert report_verdict([]) is Verdict.UNDECIDED
