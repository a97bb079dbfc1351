"""A rule on a run: words, places, fingerprints, and never an exception."""

from __future__ import annotations

import pytest

from lrdiag.checks.interface import Evidence
from lrdiag.findings import Severity, Status
from lrdiag.rulefile.evaluate import evaluate_rule, unmatched_facts

FAILED = Evidence(
    Status.FAILED, observed=0.31, threshold=0.1, unit="relative rise", confidence=0.9,
    first_step=4, last_step=9, tags=("tag/val_loss",), facts={"role": "val_loss"}, points=10,
    details=("evidence",), suggested={"gamma": 0.5},
)  # fmt: skip


@pytest.fixture
def run(fakes):
    return fakes.view({"val_loss": [1.0] * 10}, lines=True)


def scripted(fakes, *answers, **fields):
    return fakes.rule(fakes.Scripted(answers), **fields)


def test_a_failed_answer_becomes_a_finding_with_words_and_places(fakes, run):
    (found,) = evaluate_rule(
        scripted(
            fakes,
            FAILED,
            message="{role} rose {observed:.1%} of {min_rise}",
            remedy="Keep {first_epoch:.0f}",
        ),
        run,
    )
    assert found.status is Status.FAILED
    assert found.severity is Severity.ERROR
    assert found.message == "val_loss rose 31.0% of 0.1"
    assert found.remedy == "Keep 4"
    assert (found.observed, found.threshold, found.unit) == (0.31, 0.1, "relative rise")
    assert (found.first_step, found.last_step) == (4, 9)
    assert (found.first_epoch, found.last_epoch) == (4.0, 9.0)
    assert (found.rule_file, found.rule_line) == ("rules.yml", 3)
    assert (found.source_file, found.source_line) == ("logs/m.csv", 6)
    assert found.check == "scripted"
    assert found.evidence == ("evidence",)
    assert found.suggested == {"gamma": 0.5}


def test_without_a_message_the_summary_speaks(fakes, run):
    (found,) = evaluate_rule(scripted(fakes, FAILED), run)
    assert found.message == "It happened"


def test_a_passed_answer_keeps_its_numbers_and_has_no_message(fakes, run):
    answer = Evidence(Status.PASSED, observed=0.02, threshold=0.1)
    (found,) = evaluate_rule(scripted(fakes, answer, message="{observed}"), run)
    assert (found.status, found.observed, found.message) == (Status.PASSED, 0.02, "")


def test_a_missing_required_role_is_not_applicable(fakes):
    (found,) = evaluate_rule(scripted(fakes, FAILED), fakes.view({"train_loss": [1.0]}))
    assert found.status is Status.NOT_APPLICABLE
    assert "val_loss" in found.reason


def test_any_of_several_roles_is_enough(fakes):
    rule = fakes.rule(fakes.Counting())
    assert evaluate_rule(rule, fakes.view({"val_accuracy": [0.5]}))[0].status is Status.PASSED
    (found,) = evaluate_rule(rule, fakes.view({"train_loss": [1.0]}))
    assert "val_loss or val_accuracy" in found.reason


def test_a_check_that_raises_is_an_error_with_the_reason(fakes, run):
    (found,) = evaluate_rule(fakes.rule(fakes.Scripted(error=ZeroDivisionError("oops"))), run)
    assert found.status is Status.ERROR
    assert found.reason == "The check scripted broke: ZeroDivisionError: oops"


def test_a_check_without_an_answer_is_said(fakes, run):
    (found,) = evaluate_rule(scripted(fakes), run)
    assert found.status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(("floor", "status"), [(0.8, Status.FAILED), (0.95, Status.NOT_JUDGED)])
def test_below_the_confidence_floor_it_is_not_judged(fakes, run, floor, status):
    (found,) = evaluate_rule(scripted(fakes, FAILED, min_confidence=floor), run)
    assert found.status is status


def test_unknown_confidence_is_below_every_floor(fakes, run):
    (found,) = evaluate_rule(scripted(fakes, Evidence(Status.FAILED), min_confidence=0.1), run)
    assert found.status is Status.NOT_JUDGED
    assert "unknown" in found.reason


def test_fingerprints_tell_findings_apart_and_ignore_values(fakes, run):
    from dataclasses import replace

    two = evaluate_rule(scripted(fakes, FAILED, replace(FAILED, drop=1), FAILED), run)
    assert len({f.fingerprint for f in two}) == 3
    other = replace(FAILED, observed=0.9, first_step=7)
    (again,) = evaluate_rule(scripted(fakes, other), run)
    assert again.fingerprint == two[0].fingerprint
    (elsewhere,) = evaluate_rule(scripted(fakes, FAILED, id="r2"), run)
    assert elsewhere.fingerprint != two[0].fingerprint


def test_a_placeholder_without_a_fact_is_found_by_rule_tests(fakes, run):
    rule = scripted(fakes, FAILED, message="{nope} rose. Why?", remedy="fine")
    (found,) = evaluate_rule(rule, run)
    assert found.message == "? rose. Why?"
    assert unmatched_facts(rule, found) == {"message": "? rose. Why?"}
