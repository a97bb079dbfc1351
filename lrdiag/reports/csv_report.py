"""CSV: the findings as a table, one row a finding, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from lrdiag.findings import Finding, HealthReport, RunReport
from lrdiag.reports.escaping import csv_cell
from lrdiag.reports.json_report import plain

_NUMBERS = ("confidence", "observed", "threshold", "p_value", "points", "first_step", "last_step",
            "first_epoch", "last_epoch", "drop")  # fmt: skip
_TEXTS = ("unit", "message", "remedy", "reason", "check", "link", "suppressed", "fingerprint")
COLUMNS = (
    "run", "verdict", "rule", "status", "severity", *_NUMBERS, "interval_low", "interval_high",
    *_TEXTS, "tags", "evidence", "suggested",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """The findings as CSV (RFC 4180, UTF-8, a header row).

    A run without a finding has one row with empty finding columns, so that none is missing.
    Cells that a spreadsheet would run as a formula start with an apostrophe.
    """

    names: ClassVar[tuple[str, ...]] = ("csv",)

    def render(self, report: HealthReport) -> str:
        """The table as text, each row ending in a newline."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in finding_rows(report):
            writer.writerow([_cell(row.get(column)) for column in COLUMNS])
        return out.getvalue()


def finding_rows(report: HealthReport) -> Iterator[dict[str, Any]]:
    """One dict a finding with the keys `COLUMNS`; names and texts exact, numbers as numbers."""
    for run in report.runs:
        if not run.findings:
            yield {"run": run.run, "verdict": run.verdict.value}
        for finding in run.findings:
            yield _row(run, finding)


def _row(run: RunReport, finding: Finding) -> dict[str, Any]:
    low, high = finding.interval or (None, None)
    row: dict[str, Any] = {
        "run": run.run, "verdict": run.verdict.value, "rule": finding.rule,
        "status": finding.status.value, "severity": finding.severity.value,
        "interval_low": low, "interval_high": high, "tags": "; ".join(finding.tags),
        "evidence": " ".join(finding.evidence),
        "suggested": json.dumps(plain(finding.suggested)) if finding.suggested else "",
    }  # fmt: skip
    row.update((name, getattr(finding, name)) for name in (*_NUMBERS, *_TEXTS))
    return row


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return repr(value)
    return csv_cell(str(value))
