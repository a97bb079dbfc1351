"""JUnit XML: well formed for any name, counts right, outcomes told apart."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from lrdiag.findings import HealthReport, Severity, Status
from lrdiag.reports.junit import JunitFormat


def parsed(report):
    return ET.fromstring(JunitFormat().render(report))


@pytest.mark.parametrize("name", ["healthy", "sick", "mixed", "hostile"])
def test_is_well_formed_and_counts_agree(examples, name):
    root = parsed(getattr(examples, name)())
    for suite in root:
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("errors")) == len(suite.findall("testcase/error"))
        assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
    for count in ("tests", "failures", "errors", "skipped"):
        assert int(root.get(count)) == sum(int(suite.get(count)) for suite in root)


def case(report, name):
    return next(c for c in parsed(report).iter("testcase") if c.get("name") == name)


def test_a_failed_error_is_a_failure_with_message_and_remedy(examples):
    failure = case(examples.sick(), "overfitting").find("failure")
    assert failure.get("type") == "error"
    assert "31.0%" in failure.get("message")
    assert "Keep the checkpoint" in failure.text


def test_drops_have_cases_of_their_own(examples):
    assert case(examples.sick(), "plateau-after-drop (drop 2)").find("failure") is not None


def test_not_judged_and_not_applicable_are_skipped_with_the_reason(examples):
    skipped = case(examples.sick(), "data-leakage").find("skipped")
    assert skipped.get("message") == "not judged: no test metric was logged."
    assert "not applicable" in case(examples.sick(), "accuracy-paradox").find("skipped").get(
        "message"
    )


def test_a_damaged_log_and_no_runs_are_errors(examples):
    assert case(examples.sick(), "log/corrupt-record").find("error") is not None
    root = parsed(HealthReport(()))
    assert root.get("errors") == "1"


def changed(examples, **fields):
    report = examples.sick()
    run = report.runs[0]
    return replace(report, runs=(replace(run, findings=(replace(run.findings[0], **fields),)),))


def test_a_note_passes_and_says_so(examples):
    found = case(changed(examples, severity=Severity.NOTE), "overfitting")
    assert found.find("failure") is None
    assert "31.0%" in found.find("system-out").text


def test_an_accepted_finding_is_skipped(examples):
    found = case(changed(examples, suppressed="known (ada, until 2027-01-01)"), "overfitting")
    assert found.find("failure") is None
    assert "accepted: known" in found.find("skipped").get("message")


def test_a_broken_check_is_an_error(examples):
    found = case(changed(examples, status=Status.ERROR, message="", reason="boom"), "overfitting")
    assert found.find("error").get("message") == "boom"


def test_the_place_is_an_attribute(examples):
    found = case(changed(examples, source_file="logs/m.csv", source_line=9), "overfitting")
    assert (found.get("file"), found.get("line")) == ("logs/m.csv", "9")
