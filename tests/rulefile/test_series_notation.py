"""Series in short notation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdiag.rulefile.series_notation import parse_series


def values(text):
    value, logged = parse_series(text)
    return [float(v) if keep else None for v, keep in zip(value, logged, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5", [0.5]),
        ("0.1x3 0.01x2", [0.1, 0.1, 0.1, 0.01, 0.01]),
        ("2-0.5x4", [2.0, 1.5, 1.0, 0.5]),
        ("0+1x3", [0.0, 1.0, 2.0]),
        ("-1-1x2", [-1.0, -2.0]),
        ("8*0.5x4", [8.0, 4.0, 2.0, 1.0]),
        ("2>0x3", [2.0, 1.0, 0.0]),
        ("1e-3x2", [1e-3, 1e-3]),
        ("_x2 1", [None, None, 1.0]),
        ("1 _ 2", [1.0, None, 2.0]),
        ("(1 2)x2 3", [1.0, 2.0, 1.0, 2.0, 3.0]),
        ("inf -inf", [np.inf, -np.inf]),
        ("5>5x1", [5.0]),
    ],
)
def test_tokens(text, expected):
    assert (
        values(text) == pytest.approx(expected)
        if None not in expected
        else values(text) == expected
    )


def test_nan_is_a_logged_value():
    value, logged = parse_series("1 nan")
    assert np.isnan(value[1])
    assert logged.tolist() == [True, True]


def test_an_exponential_approach_starts_and_ends_where_it_says():
    value, _ = parse_series("2.3>>0.5x40")
    assert value[0] == pytest.approx(2.3)
    assert value[-1] == pytest.approx(0.5)
    assert (np.diff(value) < 0).all()
    assert value[10] < (2.3 + 0.5) / 2


def test_noise_has_its_size_and_repeats():
    value, _ = parse_series("1x4000~0.1", "seed")
    again, _ = parse_series("1x4000~0.1", "seed")
    assert np.array_equal(value, again)
    assert value.std() == pytest.approx(0.1, rel=0.1)
    assert not np.array_equal(value, parse_series("1x4000~0.1", "other")[0])


def test_the_noise_of_a_point_depends_on_its_place_alone():
    one, _ = parse_series("1x5~0.1 2x5~0.1")
    two, _ = parse_series("1x5~0.1 3x5~0.1")
    assert np.allclose(one[:5], two[:5])
    assert np.allclose(two[5:] - one[5:], 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "x3",
        "1x0",
        "1x1000000",
        "1y3",
        "(1 2",
        "1>",
        "a",
        "_~",
        "(1)x9999999",
        "1x50000 " * 90,
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_series(text)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="0123456789.x+-*>~_ ()naif", max_size=40))
def test_any_text_is_parsed_or_refused(text):
    try:
        value, logged = parse_series(text)
    except ValueError:
        return
    assert len(value) == len(logged) > 0
