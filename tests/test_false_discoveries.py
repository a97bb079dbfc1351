"""The note on false discoveries: sums of 1 - confidence over what is reported."""

from dataclasses import replace

import numpy as np
import pytest

from lrdiag.false_discoveries import discovery_note
from lrdiag.findings import Finding, RunReport, Severity, Status, Verdict
from lrdiag.statistics.discoveries import expected_false


def finding(confidence, severity=Severity.ERROR, status=Status.FAILED):
    return Finding("overfitting", status, severity, confidence=confidence)


def run(*findings):
    return RunReport("r", Verdict.UNHEALTHY, findings=findings)


def test_no_note_without_findings():
    assert discovery_note([run(finding(0.9, status=Status.PASSED))]) == ()
    assert discovery_note([run(finding(0.9, severity=Severity.NOTE))]) == ()
    assert discovery_note([]) == ()


def test_expected_number_and_rate():
    (note,) = discovery_note([run(finding(0.9)), run(finding(0.7, Severity.WARNING))])
    assert "of 2 warnings and errors, 0.4 are expected to be false" in note
    assert "rate 20.0%" in note


def test_what_states_no_confidence_is_said_and_suppressed_ones_are_left_out():
    hidden = replace(finding(0.1), suppressed="known")
    (note,) = discovery_note([run(finding(0.9), finding(None), hidden)])
    assert "of 1 warning or error, 0.1 are" in note
    assert "1 more state no confidence" in note


@pytest.mark.parametrize("tests", [10, 1000])
def test_the_expected_number_holds_however_much_was_tested(tests):
    """Planted truth: faults in 20 % of the tests, each seen through one noisy number."""
    draw = np.random.default_rng(5)
    told, false = 0.0, 0.0
    for _ in range(20_000 // tests):
        faulty = draw.random(tests) < 0.2
        seen = draw.normal(np.where(faulty, 2.0, 0.0))
        posterior = 1 / (1 + 4 * np.exp(2.0 - 2.0 * seen))
        reported = posterior >= 0.6
        told += expected_false(posterior[reported].tolist())
        false += float((reported & ~faulty).sum())
    assert told == pytest.approx(false, rel=0.1)
