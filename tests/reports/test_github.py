"""GitHub: at most ten annotations, the worst first; a summary that uploads."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from lrdiag.findings import Severity, Status
from lrdiag.reports.github import MAX_ANNOTATIONS, GithubFormat, GithubSummaryFormat

COMMAND = re.compile(r"::(error|warning|notice) file=([^,]+),line=(\d+),title=([^,:]+)::(.+)")


def annotations(report):
    *commands, last = GithubFormat().render(report).splitlines()
    return [COMMAND.fullmatch(line) for line in commands], last


@pytest.mark.parametrize("name", ["healthy", "sick", "mixed", "hostile", "many"])
def test_at_most_ten_well_formed_annotations(examples, name):
    found, last = annotations(getattr(examples, name)())
    assert len(found) <= MAX_ANNOTATIONS
    assert all(found)
    assert last.startswith("lrdiag: ")


def test_the_worst_come_first_and_the_rest_are_counted(examples):
    found, last = annotations(examples.many())
    assert [m.group(1) for m in found] == ["error"] * 10
    assert "91 findings more" in last


def test_errors_before_surer_warnings(examples):
    report = examples.sick()
    run = report.runs[0]
    warning = replace(run.findings[1], confidence=1.0)
    error = replace(run.findings[0], confidence=0.5)
    shown = replace(report, runs=(replace(run, findings=(warning, error)),), problems=())
    found, _ = annotations(shown)
    assert [m.group(1) for m in found] == ["error", "warning"]


def test_newlines_percent_and_separators_are_escaped(examples):
    report = examples.sick()
    run = report.runs[0]
    evil = replace(
        run.findings[0], message="100%\n::error::injected", source_file="a,b:c.csv", source_line=3
    )
    shown = replace(report, runs=(replace(run, findings=(evil,)),), problems=())
    text = GithubFormat().render(shown)
    assert len(text.splitlines()) == 2
    found, _ = annotations(shown)
    assert found[0].group(2) == "a%2Cb%3Ac.csv"
    assert "100%25" in found[0].group(5)


def test_a_note_is_a_notice(examples):
    report = examples.sick()
    run = report.runs[0]
    note = replace(run.findings[0], severity=Severity.NOTE, status=Status.FAILED)
    found, _ = annotations(replace(report, runs=(replace(run, findings=(note,)),), problems=()))
    assert found[0].group(1) == "notice"


def test_the_summary_stays_below_its_limit(examples):
    text = GithubSummaryFormat(limit=20_000).render(examples.many())
    assert len(text.encode()) <= 20_000
    assert "further runs, none worse than these, are left out here" in text


def test_a_small_summary_is_the_markdown_report(examples):
    from lrdiag.reports.markdown import MarkdownFormat

    report = examples.sick()
    assert GithubSummaryFormat().render(report) == MarkdownFormat().render(report)


def test_one_huge_run_is_cut(examples):
    text = GithubSummaryFormat(limit=300).render(examples.sick())
    assert len(text.encode()) <= 300
    assert text.endswith("cut to fit.\n")
