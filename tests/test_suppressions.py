"""Accepted findings: reason, owner and expiry; expired fails, unused is said."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from lrdiag.accepting import with_suppression
from lrdiag.errors import ConfigError
from lrdiag.findings import (
    Finding,
    HealthReport,
    MetricSummary,
    RunReport,
    Severity,
    Status,
    Verdict,
)
from lrdiag.rulefile.documents import parse_document
from lrdiag.suppressions import Suppression, apply, parse_suppressions

TODAY = datetime.date(2026, 11, 24)
ENTRY = {"fingerprint": "ab", "reason": "known", "owner": "ada", "expires": "2026-12-31"}


def report(points=10):
    failed = Finding("overfitting", Status.FAILED, Severity.ERROR, "m", fingerprint="ab")
    passed = Finding("loss-spike", Status.PASSED, Severity.WARNING, fingerprint="cd")
    loss = MetricSummary(1.0, 0.5, 0.5, points - 1, 0.01, points)
    run = RunReport(
        "team/r1", Verdict.UNHEALTHY, metrics={"val_loss": loss}, findings=(failed, passed)
    )
    return HealthReport((run,), verdict=Verdict.UNHEALTHY)


def applied(*entries):
    return apply(report(), entries, TODAY)


@pytest.mark.parametrize(
    "entry",
    [
        ENTRY,
        {**ENTRY, "expires": datetime.date(2026, 12, 31)},
        {**ENTRY, "expires": "2026-11-24"},
        {"rule": "overfitting", "reason": "x", "owner": "y", "expires": "2026-12-31"},
        {
            "rule": "overfitting",
            "run": "team/*",
            "reason": "x",
            "owner": "y",
            "expires": "2026-12-31",
        },
    ],
)
def test_an_accepted_finding_no_longer_counts(entry):
    shown = applied(entry)
    assert shown.runs[0].findings[0].suppressed.endswith(f"until {str(entry['expires'])[:10]})")
    assert shown.runs[0].verdict is Verdict.HEALTHY
    assert shown.verdict is Verdict.HEALTHY
    assert shown.suppressions[0]["state"] == "used"
    assert shown.notes[0].startswith("Accepted: ")


@pytest.mark.parametrize(
    "entry",
    [
        {**ENTRY, "fingerprint": "zz"},
        {
            "rule": "overfitting",
            "run": "other/*",
            "reason": "x",
            "owner": "y",
            "expires": "2026-12-31",
        },
        {"rule": "loss-spike", "reason": "x", "owner": "y", "expires": "2026-12-31"},
    ],
)
def test_an_unused_one_is_listed_and_said(entry):
    shown = applied(entry)
    assert shown.verdict is Verdict.UNHEALTHY
    assert shown.suppressions[0]["state"] == "unused"
    assert "matches nothing any more" in shown.notes[0]


def test_an_expired_one_no_longer_accepts_and_is_said():
    shown = applied({**ENTRY, "expires": "2026-11-23"})
    assert shown.runs[0].findings[0].suppressed == ""
    assert shown.suppressions[0]["state"] == "expired"
    assert "expired on 2026-11-23" in shown.notes[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reason": ""}, "reason is missing"),
        ({"owner": None}, "owner is missing"),
        ({"expires": "soon"}, "expires: 'soon' is no date"),
        ({"expires": 20261231}, "is no date"),
        ({"rule": "x"}, "either a fingerprint or a rule"),
        ({"until": "x"}, "unknown key 'until'"),
        ({"fingerprint": 3}, "fingerprint: expected a text"),
    ],
)
def test_every_mistake_is_named(change, message):
    with pytest.raises(ConfigError, match=r"suppressions\[1\]") as caught:
        parse_suppressions([ENTRY, {**ENTRY, **change}])
    assert message in caught.value.what


def test_a_missing_expiry_is_a_mistake():
    with pytest.raises(ConfigError, match="expires is missing"):
        parse_suppressions([{k: v for k, v in ENTRY.items() if k != "expires"}])


NEW = Suppression('known: "x" # y', "ada", TODAY, "ab" * 8)


def suppressions_in(text):
    return parse_document(text, "f").root.plain()["suppressions"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fail_on: error",
        "fail_on: error\n# end\n",
        "suppressions: []\nfail_on: error\n",
        "suppressions:\nfail_on: error\n",
        "suppressions: # none yet\nfail_on: error\n",
        "suppressions:\n- rule: x\n  reason: r\nfail_on: error # kept\n",
        "suppressions:\n  # first\n  - rule: x\n    reason: r\nfail_on: error\n",
    ],
)
def test_a_suppression_is_added_and_the_rest_kept(text):
    changed = with_suppression(text, "lrdiag.yml", NEW)
    entries = suppressions_in(changed)
    assert entries[0] == {
        "fingerprint": "ab" * 8, "reason": 'known: "x" # y', "owner": "ada", "expires": "2026-11-24",  # noqa: E501
    }  # fmt: skip
    assert len(entries) == (2 if "rule: x" in text else 1)
    for line in text.split("\n"):
        if "suppressions" not in line:
            assert line in changed.split("\n")
    assert parse_suppressions(entries[:1])[0] == NEW


def test_what_cannot_be_edited_safely_is_refused():
    for text in ("suppressions: [{rule: x}]\n", "suppressions: 3\n", "[1]\n"):
        with pytest.raises(ConfigError):
            with_suppression(text, "lrdiag.yml", NEW)


def test_accepting_twice_is_refused():
    once = with_suppression("", "lrdiag.yml", NEW)
    with pytest.raises(ConfigError, match="accepted already"):
        with_suppression(once, "lrdiag.yml", replace(NEW, reason="again"))


def test_an_accepted_finding_makes_no_healthy_run_of_too_few_points():
    accepted = {**ENTRY, "fingerprint": "ab"}
    assert apply(report(), [accepted], TODAY).verdict is Verdict.HEALTHY
    assert apply(report(points=2), [accepted], TODAY).verdict is Verdict.UNDECIDED
