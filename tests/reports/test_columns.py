from __future__ import annotations

import pytest

from lrdiag.reports.columns import Table, cells, cut, wrap


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("损失", 4), ("e\u0301", 1), ("", 0)])
def test_wide_and_combining_characters_are_measured(text, width):
    assert cells(text) == width


def test_a_cut_text_fits_and_says_so():
    assert cut("损失损失损失", 5) == "损失…"
    assert cut("short", 5) == "short"


def test_text_wraps_by_columns_and_long_words_break():
    assert wrap("one two  three", 7) == ["one two", "three"]
    assert wrap("损失损失损失 x", 5) == ["损失", "损失", "损失", "x"]
    assert wrap("abcdefgh", 3) == ["abc", "def", "gh"]
    assert wrap("", 3) == [""]


def test_columns_line_up_and_one_gives_way():
    table = Table(30, shrink=0)
    table.add(("a" * 40, "bad"))
    table.add(("b", "fine"))
    lines = list(table.lines())
    assert lines[0].index("bad") == lines[1].index("fine")
    assert all(cells(line) <= 30 for line in lines)
    assert "…" in lines[0]


def test_an_empty_table_has_no_lines():
    assert list(Table(30, shrink=0).lines()) == []
