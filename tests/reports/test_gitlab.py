"""GitLab code quality: the required keys, unique fingerprints, relative paths."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lrdiag.reports.gitlab import GitlabFormat

REQUIRED = {"description", "check_name", "fingerprint", "severity", "location"}
SEVERITIES = {"info", "minor", "major", "critical", "blocker"}


def rendered(report):
    return json.loads(GitlabFormat().render(report))


@pytest.mark.parametrize("name", ["healthy", "sick", "mixed", "hostile"])
def test_every_entry_has_what_gitlab_requires(examples, name):
    for entry in rendered(getattr(examples, name)()):
        assert entry.keys() == REQUIRED
        assert entry["severity"] in SEVERITIES
        assert entry["location"]["path"]
        assert not entry["location"]["path"].startswith("./")
        assert entry["location"]["lines"]["begin"] >= 1


def test_fingerprints_are_unique(examples):
    report = examples.sick()
    run = report.runs[0]
    twice = replace(run, findings=(run.findings[0], run.findings[0]))
    entries = rendered(replace(report, runs=(twice,)))
    prints = [entry["fingerprint"] for entry in entries]
    assert len(prints) == len(set(prints)) == 3


def test_severities_and_places(examples):
    report = examples.sick()
    run = report.runs[0]
    failed = replace(run.findings[0], source_file="./logs/m.csv", source_line=7)
    entries = rendered(replace(report, runs=(replace(run, findings=(failed,)),), problems=()))
    assert entries[0]["severity"] == "critical"
    assert entries[0]["location"] == {"path": "logs/m.csv", "lines": {"begin": 7}}


def test_accepted_findings_are_left_out(examples):
    report = examples.sick()
    run = report.runs[0]
    accepted = replace(run.findings[0], suppressed="known (ada, until 2027-01-01)")
    shown = replace(report, runs=(replace(run, findings=(accepted,)),), problems=())
    assert rendered(shown) == []


def test_a_healthy_report_is_an_empty_list(examples):
    assert GitlabFormat().render(examples.healthy()) == "[]\n"
