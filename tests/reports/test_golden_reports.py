"""Whole reports against files that were looked at; LRDIAG_UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lrdiag.reports.registry import report_format
from lrdiag.reports.svg import chart_file

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = [
    ("healthy", "term", {}), ("sick", "term", {}), ("sick", "term", {"verbose": True}),
    ("mixed", "term", {}), ("healthy", "md", {}), ("sick", "md", {}), ("mixed", "md", {}),
    ("sick", "csv", {}), ("sick", "json", {}), ("hostile", "term", {"verbose": True}),
    ("hostile", "md", {}),
]  # fmt: skip


def compare(name: str, text: str) -> None:
    file = GOLDEN / name
    if os.environ.get("LRDIAG_UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(text, "utf-8", newline="")
    assert text == file.read_bytes().decode("utf-8")


@pytest.mark.parametrize(("example", "format_name", "options"), CASES)
def test_report_is_as_it_was_looked_at(examples, example, format_name, options):
    report = getattr(examples, example)()
    ending = {"term": "txt"}.get(format_name, format_name)
    name = f"{example}{'-verbose' if options else ''}.{ending}"
    compare(name, report_format(format_name, **options).render(report))


@pytest.mark.parametrize("example", ["healthy", "sick"])
def test_picture_is_as_it_was_looked_at(examples, example):
    compare(f"{example}.svg", chart_file(getattr(examples, example)().runs[0]))
