from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from lrdiag.findings import HealthReport
from lrdiag.reports.markdown import DETAILED_RUNS, MarkdownFormat

OURS = {"h1", "h2", "h3", "p", "strong", "ol", "ul", "li", "table", "thead", "tbody", "tr", "th",
        "td", "code", "pre", "details", "summary", "img"}  # fmt: skip


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def as_github(text: str) -> str:
    parser = MarkdownIt("gfm-like", {"html": True})
    parser.linkify.set({"fuzzy_link": False})
    return parser.render(text)


@pytest.mark.parametrize("name", ["healthy", "sick", "mixed", "many", "hostile"])
def test_only_our_own_elements_come_out(examples, name):
    found = Elements(as_github(MarkdownFormat().render(getattr(examples, name)())))
    assert set(found.tags) <= OURS
    assert not [a for a in found.attributes if a[0] not in ("class", "style")]


def test_every_row_of_the_table_has_its_columns(examples):
    html = as_github(MarkdownFormat().render(examples.hostile()))
    rows = re.findall(r"<tr>\n(.*?)</tr>", html, re.DOTALL)
    assert len(rows) >= len(examples.HOSTILE)
    assert {row.count("<td") + row.count("<th") for row in rows} == {4, 5}


def test_the_first_screen_has_the_verdict_and_what_to_do(examples):
    first = MarkdownFormat().render(examples.mixed()).splitlines()[:12]
    assert first[0] == "# 🔴 Training health: unhealthy"
    assert "**10 runs: 3 unhealthy, 7 healthy.**" in first
    assert any(line.startswith("1. **overfitting** (3 runs, here sweep/") for line in first)
    assert any(line.startswith("2. **plateau-after-drop** (3 runs, ") for line in first)


def test_details_are_closed_in_the_order_they_were_opened(examples):
    text = MarkdownFormat().render(examples.mixed())
    assert text.count("<details>") == text.count("</details>") == 7
    html = as_github(text)
    assert html.count("<details>") == html.count("</details>") == 7
    assert "<li><strong>Schedule:</strong>" in html


def test_a_proposed_schedule_is_a_line_to_copy_and_its_reason_is_apart(examples):
    text = MarkdownFormat().render(examples.sick())
    line, reason = text[text.index("- **Schedule to try:**") :].splitlines()[:2]
    code = re.fullmatch(r"- \*\*Schedule to try:\*\* `([^`]+)`", line)[1]
    compile(code, "pasted", "exec")
    assert f"<code>{code}</code>" in as_github(line).replace("&quot;", '"')
    assert reason.startswith("  - ") and "<li>" in as_github(reason)


def test_many_runs_stay_under_the_limit_of_a_comment(examples):
    text = MarkdownFormat().render(examples.many())
    assert f"{200 - DETAILED_RUNS} further runs" in text
    # GitHub's job summary holds 1 MiB.
    assert len(text.encode()) < 1_048_576


def test_plots_as_files_beside_the_report(examples):
    made = MarkdownFormat(plots="files", plots_folder="report_plots")
    report = examples.mixed()
    files = made.plot_files(report)
    assert sorted(files)[0] == "run-001.svg"
    assert len(files) == 10
    text = made.render(report)
    assert set(re.findall(r"\(report_plots/(run-\d+\.svg)\)", text)) == set(files)
    assert all(svg.startswith("<svg ") and svg.endswith("</svg>\n") for svg in files.values())


def test_file_names_of_plots_are_never_a_logs_names(examples):
    files = MarkdownFormat(plots="files").plot_files(examples.hostile())
    assert all(re.fullmatch(r"run-\d{3}\.svg", name) for name in files)


def test_plots_embedded(examples):
    text = MarkdownFormat(plots="embedded").render(examples.sick())
    assert "](data:image/svg+xml;base64," in text
    html = as_github(text)
    assert "<img" in html or "data:image/svg+xml" in html
    assert MarkdownFormat(plots="embedded").plot_files(examples.sick()) == {}


def test_an_empty_report_is_still_a_page():
    text = MarkdownFormat().render(HealthReport(()))
    assert "**No run was read.**" in text
