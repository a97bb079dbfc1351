from __future__ import annotations

import base64
import dataclasses
import hashlib
import random
import re
from html.parser import HTMLParser

import pytest

from lrdiag.findings import HealthReport, ReportCurve, Verdict
from lrdiag.reports.html import HtmlFormat

ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "a", "header", "h1", "h2", "h3", "h4",
    "span", "p", "main", "section", "ol", "ul", "li", "b", "div", "table", "thead", "tbody", "tr",
    "th", "td", "details", "summary", "svg", "path", "text", "rect", "circle", "g", "dl", "dt",
    "dd", "br", "code", "article", "footer", "script",
}  # fmt: skip


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.inside: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if self.open and self.open[-1] in ("style", "script"):
            self.inside[self.open[-1]] = self.inside.get(self.open[-1], "") + data


def noisy(name: str, curves: int = 5, points: int = 400, seed: int = 0, **more):
    """A run whose curves cannot be drawn in few bytes: noise at full length."""
    rng = random.Random(seed)
    roles = ("train_loss", "val_loss", "val_accuracy", "train_accuracy", "lr")[:curves]
    steps = tuple(range(points))
    drawn = tuple(
        ReportCurve(role, role, steps, tuple(map(float, steps)),
                    tuple(rng.random() for _ in steps))
        for role in roles
    )  # fmt: skip
    return dataclasses.replace(more.pop("like"), run=name, curves=drawn)


def test_ten_runs_of_five_curves_stay_under_250_kilobytes(examples):
    sick = examples.run(sick=True)
    runs = tuple(noisy(f"sweep/{i}", seed=i, like=sick) for i in range(10))
    page = HtmlFormat().render(HealthReport(runs, verdict=Verdict.UNHEALTHY))
    assert len(page.encode()) < 250_000
    assert page.count("<svg") == 10


def test_500_sick_runs_stay_under_2_megabytes(examples):
    sick = examples.run(sick=True)
    runs = tuple(noisy(f"sweep/{i}", points=120, seed=i, like=sick) for i in range(500))
    page = HtmlFormat().render(HealthReport(runs, verdict=Verdict.UNHEALTHY))
    assert len(page.encode()) < 2_000_000
    assert page.count('<details class="run"') == 500


def test_the_policy_allows_only_the_pages_own_style_and_script(examples):
    page = Page(HtmlFormat().render(examples.sick()))
    (policy,) = [a["content"] for t, a in page.found if a.get("http-equiv")]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for element in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.inside[element].encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy


@pytest.mark.parametrize("name", ["healthy", "sick", "mixed", "hostile"])
def test_nothing_is_loaded_and_nothing_of_a_log_is_markup(examples, name):
    html = HtmlFormat().render(getattr(examples, name)())
    page = Page(html)
    assert {tag for tag, _ in page.found} <= ELEMENTS
    for tag, attributes in page.found:
        assert "src" not in attributes
        assert "style" not in attributes
        assert not [a for a in attributes if a.startswith("on")]
        href = attributes.get("href", "#")
        assert re.match(r"#|https://example\.org/", href), (tag, href)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)


def test_ids_are_numbers_and_unique(examples):
    page = Page(HtmlFormat().render(examples.hostile()))
    ids = [a["id"] for _, a in page.found if "id" in a]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z]+(-\d+)?", i) for i in ids)


def test_details_are_folded_but_for_the_worst(examples):
    one = Page(HtmlFormat().render(examples.healthy()))
    assert [("open" in a) for t, a in one.found if t == "details"] == [True]
    ten = Page(HtmlFormat().render(examples.mixed()))
    assert [("open" in a) for t, a in ten.found if t == "details"] == [True] * 3 + [False] * 7


def test_tags_link_to_a_viewer_on_request(examples):
    text = HtmlFormat(tag_links="../?tagFilter={tag}#timeseries").render(examples.sick())
    assert 'href="../?tagFilter=%5E%28val%2F%29%3Floss%24#timeseries" target="_top"' in text
    hostile = Page(HtmlFormat(tag_links="../?tagFilter={tag}#t").render(examples.hostile()))
    links = [a["href"] for t, a in hostile.found if a.get("target")]
    assert links
    assert all(re.fullmatch(r"\.\./\?tagFilter=[\w.%~-]+#t", link) for link in links)


def test_the_same_report_gives_the_same_bytes(examples):
    assert HtmlFormat().render(examples.mixed()) == HtmlFormat().render(examples.mixed())


def test_a_finding_shows_all_that_supports_it(examples):
    html = HtmlFormat().render(examples.sick())
    for piece in (
        "epochs 104–199", "Observed 0.31", "threshold 0.04", "97 % sure", "milestones = [100, 120]",
        "The rise is 15 times the noise", "Why this matters", "Not judged", "byte 40,960",
    ):  # fmt: skip
        assert piece in html
