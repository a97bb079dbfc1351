"""Placeholders: names and formats only, bounded."""

from __future__ import annotations

import numpy as np
import pytest

from lrdiag.rulefile.templates import MAX_TEXT, check_template, fill, placeholders


@pytest.mark.parametrize(
    ("template", "facts", "text"),
    [
        (
            "{role} rose {observed:.1%}",
            {"role": "val_loss", "observed": 0.31},
            "val_loss rose 31.0%",
        ),
        ("{x}", {"x": 0.123456}, "0.1235"),
        ("{x}", {"x": 3.0}, "3"),
        ("{x:.0f}", {"x": np.float64(7.6)}, "8"),
        ("{x:d}", {"x": 7.6}, "8"),
        ("{x:,d}", {"x": 12000}, "12,000"),
        ("{gone} is {none}", {"none": None}, "? is ?"),
        ("{x:.2f}", {"x": "text"}, "text"),
        ("{x:.2f}", {"x": float("nan")}, "nan"),
        ("{x}", {"x": float("-inf")}, "-inf"),
        ("{x}", {"x": (1, 2)}, "1, 2"),
        ("{x}", {"x": True}, "yes"),
        ("{{not}} {x}", {"x": 1}, "{not} 1"),
        ("{x}", {"x": "{y} %s"}, "{y} %s"),
    ],
)
def test_fill(template, facts, text):
    assert fill(template, facts) == text


@pytest.mark.parametrize(
    "template",
    [
        "{x.__class__}", "{x[0]}", "{0}", "{}", "{x!r}", "{x:{y}}", "{x:999999999}", "{x:.999f}",
        "{x", "x}", "{a b}", "{x:%Y}",
    ],
)  # fmt: skip
def test_everything_else_is_refused(template):
    assert check_template(template)
    with pytest.raises(ValueError, match=r"."):
        placeholders(template)


def test_unknown_names_are_told_where_names_are_known():
    assert check_template("{a} {b}", known={"a"}) == ["unknown placeholder {b}"]
    assert check_template("{a} {b}") == []


def test_texts_are_bounded():
    assert len(fill("{x}", {"x": "y" * 10**6})) <= 300
    assert len(fill("{x}" * 100, {"x": "y" * 10**6})) == MAX_TEXT
