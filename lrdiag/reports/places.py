"""What a CI system can show: a title, a message, a severity and a place in a file, worst first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lrdiag.findings import Finding, HealthReport, Problem, RunReport, Severity, Status
from lrdiag.reports.escaping import prose, visible


@dataclass(frozen=True, slots=True)
class Remark:
    """A failed finding or a damaged log.

    Attributes:
        rule: rule id, or `log/<kind>` for a problem of a log file.
        file, line: the line of the log where there is one, else the rule's line.
        rule_file, rule_line: where the rule stands ("" and 1 for a problem).
        suppressed: why the finding is accepted, "" if it is not.
    """

    run: str
    rule: str
    severity: Severity
    summary: str
    message: str
    file: str
    line: int
    rule_file: str
    rule_line: int
    fingerprint: str
    link: str = ""
    suppressed: str = ""
    confidence: float = 0.0


def remarks(report: HealthReport) -> list[Remark]:
    """All failed findings and problems above info, worst and surest first."""
    found = [remark for run in report.runs for remark in _of_run(run)]
    found += [_of_problem(p, "") for p in report.problems if p.severity != "info"]
    return sorted(found, key=lambda r: (bool(r.suppressed), -r.severity.rank, -r.confidence))


def _of_run(run: RunReport) -> Iterator[Remark]:
    for finding in run.findings:
        if finding.status is Status.FAILED:
            yield _of_finding(finding, run.run)
    yield from (_of_problem(p, run.run) for p in run.problems if p.severity != "info")


def _of_finding(finding: Finding, run: str) -> Remark:
    in_log = bool(finding.source_file) and finding.source_line is not None
    file = finding.source_file if in_log else finding.rule_file
    line = finding.source_line if in_log else finding.rule_line
    text = " ".join(t for t in (finding.message or finding.summary, finding.remedy) if t)
    return Remark(
        run=run,
        rule=finding.rule,
        severity=finding.severity,
        summary=prose(finding.summary or finding.rule),
        message=f"{visible(run)}: {prose(text)}",
        file=file or "lrdiag.yml",
        line=max(line or 1, 1),
        rule_file=finding.rule_file,
        rule_line=max(finding.rule_line or 1, 1),
        fingerprint=finding.fingerprint,
        link=finding.link,
        suppressed=finding.suppressed,
        confidence=finding.confidence or 0.0,
    )


def _of_problem(problem: Problem, run: str) -> Remark:
    where = f" (byte {problem.offset})" if problem.offset is not None else ""
    lost = f" {problem.lost} records lost." if problem.lost else ""
    text = f"{problem.message}{where}.{lost} {problem.action}".replace("..", ".").strip()
    return Remark(
        run=run,
        rule=f"log/{problem.kind}",
        severity=Severity.ERROR if problem.severity == "error" else Severity.WARNING,
        summary=f"Log file: {problem.kind.replace('-', ' ')}",
        message=prose(text),
        file=problem.file or "lrdiag.yml",
        line=max(problem.line or 1, 1),
        rule_file="",
        rule_line=1,
        fingerprint="",
        confidence=1.0,
    )
