from __future__ import annotations

import csv
import io
import re

from lrdiag.findings import HealthReport, RunReport, Verdict
from lrdiag.reports.csv_report import COLUMNS, CsvFormat

NUMBER = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf|nan)", re.IGNORECASE)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_one_row_a_finding_with_its_numbers(examples):
    table = rows(CsvFormat().render(examples.sick()))
    assert len(table) == len(examples.sick().runs[0].findings)
    first = table[0]
    assert tuple(first) == COLUMNS
    assert (first["rule"], first["status"], first["severity"]) == ("overfitting", "failed", "error")
    assert float(first["observed"]) == 0.31
    assert (first["interval_low"], first["interval_high"]) == ("0.27", "0.35")
    assert first["suggested"] == '{"milestones": [100, 120]}'


def test_a_run_without_findings_has_a_row():
    report = HealthReport((RunReport("empty", Verdict.UNDECIDED),))
    assert rows(CsvFormat().render(report))[0]["run"] == "empty"


def test_no_cell_of_a_hostile_log_is_a_formula(examples):
    text = CsvFormat().render(examples.hostile())
    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r") or NUMBER.fullmatch(cell), cell
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
