from __future__ import annotations

import csv
import io
import re
import unicodedata

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lrdiag.reports.escaping import (
    csv_cell,
    markdown_code,
    markdown_name,
    markdown_text,
    markup,
    name_text,
    prose,
    shorten,
)

# No test depends on the speed of the machine.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

ANY = st.text(st.characters(), max_size=60)
MARKUP = st.text("<>&\"'`*_[]()!|~\\#+-=.:@$ \n\tahtpw1/", max_size=60)


def as_github() -> MarkdownIt:
    # GitHub links `www.` and `http:` texts, but not every word with a dot.
    parser = MarkdownIt("gfm-like", {"html": True})
    parser.linkify.set({"fuzzy_link": False})
    return parser


def is_harmless(text: str) -> bool:
    return not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in text)


@PATIENT
@given(ANY)
def test_no_control_or_direction_character_gets_through(text):
    for shown in (name_text(text), prose(text)):
        loose = [c for c in shown if unicodedata.category(c) in ("Cc", "Cs")]
        assert not loose
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff]", shown)


def test_controls_are_spelt_out_not_lost():
    assert name_text("\x1b[2Jloss") == r"\x1b[2Jloss"
    assert name_text("a\u202eb") == r"a\u202eb"
    assert name_text("a\nb") == r"a\nb"
    assert name_text("\ud800") == r"\ud800"


def test_a_long_name_keeps_both_ends_and_says_what_is_missing():
    shown = shorten("a" * 500_000 + "b" * 500_000, 120)
    assert shown.startswith("aaa")
    assert shown.endswith("bbb")
    assert "999890 characters" in shown
    assert len(shown) < 150


@PATIENT
@given(MARKUP)
def test_a_line_of_code_is_shown_exactly_and_as_code(text):
    html = as_github().render(f"- x {markdown_code(text)}")
    body = re.fullmatch(r"<ul>\n<li>x ?(.*)</li>\n</ul>\n", html, re.DOTALL)
    assert body, html
    shown = prose(text)
    assert ("<code>" in body[1]) is (bool(shown) and "`" not in shown)
    read = re.sub("</?code>", "", body[1])
    assert not re.search("<", read), html
    import html as library

    assert library.unescape(read).replace("\u2060", "").strip() == shown.strip()


@PATIENT
@given(MARKUP)
def test_markdown_shows_exactly_the_text(text):
    gfm = as_github()
    shown = prose(text)
    html = gfm.render(f"- x {markdown_text(text)}")
    body = re.fullmatch(r"<ul>\n<li>(.*)</li>\n</ul>\n", html, re.DOTALL)
    assert body, html
    assert not re.search(r"<(?!/?li)", body[1]), html
    import html as library

    read = library.unescape(body[1]).replace("\u2060", "").strip()
    assert read == f"x {shown}".strip()


@PATIENT
@given(MARKUP)
def test_a_name_in_a_table_keeps_the_columns(text):
    gfm = as_github()
    row = f"| a | b |\n|---|---|\n| {markdown_name(text or 'x')} | end |"
    html = gfm.render(row)
    assert html.count("<td>") == 2
    assert "<td>end</td>" in html
    assert "<a " not in html
    assert "<img" not in html


def test_a_usual_tag_is_a_code_span():
    assert markdown_name("val/loss_step (epoch)") == "`val/loss_step (epoch)`"


def test_mentions_references_and_links_are_broken_up():
    assert "@octocat" not in markdown_text("ask @octocat")
    assert "#12" not in markdown_text("see #12")
    assert "http:" not in markdown_text("http://canary.invalid")
    assert "www." not in markdown_text("www.canary.invalid")


@PATIENT
@given(ANY)
def test_no_cell_is_a_formula(text):
    cell = csv_cell(text)
    assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n")
    assert (
        is_harmless(cell) or "\u00ad" in cell or all(unicodedata.category(c) != "Cc" for c in cell)
    )


def test_an_empty_cell_stays_empty():
    assert csv_cell("") == ""


def test_a_cell_survives_a_csv_reader():
    out = io.StringIO()
    csv.writer(out).writerow([csv_cell('=cmd|" /C calc"!A0'), csv_cell("a,b")])
    assert next(csv.reader(io.StringIO(out.getvalue()))) == ['\'=cmd|" /C calc"!A0', "a,b"]


def test_markup_is_escaped_for_elements_and_attributes():
    assert markup("\"><script>'&") == "&quot;&gt;&lt;script&gt;&#x27;&amp;"
