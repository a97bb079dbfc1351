"""JUnit XML: a suite a run, a case a rule, as Jenkins, GitLab and GitHub actions read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar
from xml.etree import ElementTree as ET

from lrdiag.findings import Finding, HealthReport, Problem, RunReport, Severity, Status
from lrdiag.reports.escaping import prose, visible

# What XML 1.0 allows (w3.org/TR/xml, section 2.2, Char); controls were spelt out before.
_ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class JunitFormat:
    """Rules as test cases.

    A failed finding of severity warning or error is a failure, a note passes with its text in
    system-out; what was not judged, does not apply or is accepted is skipped with the reason; a
    broken check or a damaged log is an error.
    """

    names: ClassVar[tuple[str, ...]] = ("junit",)

    def render(self, report: HealthReport) -> str:
        """The XML document."""
        root = ET.Element("testsuites", {"name": "lrdiag"})
        for run in report.runs:
            _suite(root, run.run, run)
        if report.problems or not report.runs:
            _suite(root, "log files", None, report.problems)
        for count in ("tests", "failures", "errors", "skipped"):
            root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
        ET.indent(root, " ")
        text = ET.tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(
    root: ET.Element, name: str, run: RunReport | None, problems: tuple[Problem, ...] = ()
) -> None:
    suite = ET.SubElement(root, "testsuite", {"name": _text(name)})
    for finding in run.findings if run else ():
        _finding(suite, name, finding)
    for problem in run.problems if run else problems:
        _problem(suite, name, problem)
    if run is None and not problems:
        case = _case(suite, name, "runs")
        ET.SubElement(case, "error", {"type": "undecided", "message": "No run was found."})
    for count, tags in (("tests", ("testcase",)), ("failures", ("failure",)),
                        ("errors", ("error",)), ("skipped", ("skipped",))):  # fmt: skip
        suite.set(count, str(sum(len(list(suite.iter(tag))) for tag in tags)))


def _case(suite: ET.Element, run: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", {"classname": _text(run), "name": _text(name)})


def _finding(suite: ET.Element, run: str, finding: Finding) -> None:
    name = f"{finding.rule} (drop {finding.drop})" if finding.drop else finding.rule
    case = _case(suite, run, name)
    place = finding.source_file or finding.rule_file
    line = finding.source_line if finding.source_file else finding.rule_line
    if place:
        case.set("file", _text(place))
    if line:
        case.set("line", str(line))
    message = _text(finding.message or finding.reason or finding.summary)
    if finding.status is Status.ERROR:
        ET.SubElement(case, "error", {"type": "check-error", "message": message})
    elif finding.status in (Status.NOT_JUDGED, Status.NOT_APPLICABLE):
        why = f"{finding.status.value.replace('_', ' ')}: {finding.reason}"
        ET.SubElement(case, "skipped", {"message": _text(why)})
    elif finding.status is Status.FAILED:
        _failure(case, finding, message)


def _failure(case: ET.Element, finding: Finding, message: str) -> None:
    if finding.suppressed:
        ET.SubElement(case, "skipped", {"message": _text(f"accepted: {finding.suppressed}")})
        return
    details = _text(" ".join((finding.message, finding.remedy, *finding.evidence)))
    if finding.severity is Severity.NOTE:
        ET.SubElement(case, "system-out").text = details
        return
    failure = ET.SubElement(case, "failure", {"type": finding.severity.value, "message": message})
    failure.text = details


def _problem(suite: ET.Element, run: str, problem: Problem) -> None:
    if problem.severity == "info":
        return
    case = _case(suite, run, f"log/{problem.kind}")
    case.set("file", _text(problem.file))
    if problem.line:
        case.set("line", str(problem.line))
    ET.SubElement(case, "error", {"type": problem.kind, "message": _text(problem.message)})


def _text(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", visible(prose(text)))
