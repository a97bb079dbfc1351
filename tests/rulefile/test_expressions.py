"""Conditions: what is allowed, what is refused and where, and that unknown stays unknown."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdiag.rulefile.condition import ExpressionError
from lrdiag.rulefile.expressions import parse_condition
from lrdiag.rulefile.kleene import constraints_of, evaluate
from lrdiag.rulefile.vocabulary import policy_vocabulary, rule_vocabulary


def parse(text):
    return parse_condition(text, rule_vocabulary())


def value(text, **numbers):
    """Evaluate; `val_loss_last=1` gives val_loss.last, everything else is unknown."""
    asked = parse(text)
    return evaluate(asked, lambda r: numbers.get(f"{r.subject}_{r.attribute}"))


def test_references_in_order_of_appearance():
    found = parse(
        'after_drop(1).val_recall.change < 0 and tag("a/b").last > val_loss.best'
    ).references
    assert sorted(map(str, found)) == [
        "after_drop(1).val_recall.change", 'tag("a/b").last', "val_loss.best",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "val_loss.last > 1",
        "0 < val_loss.last <= 1",
        "not (val_loss.last > 1) or lr.first == 0.1",
        "abs(val_loss.last - train_loss.last) / 2 > max(0.1, val_loss.noise)",
        "(val_loss.last if lr.last > 0 else train_loss.last) > 1",
        "run.drops >= 2",
        'role("val_recall/fraud").last < 0.5',
        "segment(2).val_loss.slope > 0",
        "-val_loss.last < -1e-3",
        "  val_loss.last\n  > 1",
    ],
)
def test_what_is_allowed(text):
    assert parse(text).references


HOSTILE = [
    "__import__('os').system('touch PWNED') > 0",
    "open('/etc/passwd') > 0",
    "(lambda: 1)() > 0",
    "[x for x in range(9)] > 0",
    "{1: 2} > 0",
    "{1, 2} > 0",
    "(1, 2) > 0",
    "'a' * 10 > 0",
    "'a'.ljust(10**9) > 0",
    "'%999999999d' % 1 > 0",
    "9 ** 9 ** 9 > 0",
    "9 // 2 > 0",
    "9 % 2 > 0",
    "1 << 999999 > 0",
    "~1 > 0",
    "val_loss.last.__class__ > 0",
    "val_loss.__class__ > 0",
    "val_loss[0] > 0",
    "val_loss.last[0] > 0",
    "f'{1}' > 0",
    "x := 1",
    "(yield) > 0",
    "await x > 0",
    "val_loss.last in (1, 2)",
    "val_loss.last is 1",
    "1j > 0",
    "... > 0",
    "None > 0",
    "b'x' > 0",
    "val_loss.last > 1; import os",
    "import os",
    "min(*[1, 2]) > 0",
    "max(1, 2, key=abs) > 0",
    "abs(1, 2) > 0",
    "min(1) > 0",
    "tag(1).last > 0",
    "tag('a', 'b').last > 0",
    "after_drop(val_loss.last).val_loss.last > 0",
    "after_drop(0).val_loss.last > 0",
    "after_drop(True).val_loss.last > 0",
    "after_drop(1) > 0",
    "after_drop(1).after_drop(1).val_loss.last > 0",
    "(" * 5000 + "1" + ")" * 5000 + " > 0",
    "1 + " * 20000 + "1 > 0",
    "-" * 1900 + "1 > 0",
    "not " * 450 + "1 > 0",
    "9" * 1900 + " > 0",
    "val_loss.last > 1e999",
    "1 > 0 and " * 150 + "1 > 0",
    "",
    " ",
    "\x00",
    "1 > 0 #" + "x" * 3000,
    "é > 0",
    "val_loss.last >",
    "1 + 1",
    "val_loss.last",
    "val_loss.last and 1",
    "not val_loss.last",
    "(val_loss.last > 1) + 1 > 0",
    "True > 0",
    "1 if 1 > 0 else 2 > 0",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_everything_else_is_refused(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ExpressionError):
        parse(text)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message", "hint", "start"),
    [
        ("val_los.last > 1", "unknown name 'val_los'", "did you mean 'val_loss'?", 0),
        ("1 < val_loss.lats", "unknown value 'lats' of val_loss", "did you mean 'last'?", 13),
        (
            "val_loss > 1",
            "'val_loss' is a curve, not a number",
            "say which value: val_loss.last",
            0,
        ),
        ("val_loss.last ** 2 > 1", "the operator Pow is not allowed", "allowed:", 0),
        ("lr.last > 1 and val_f1.lats > 1", "unknown value 'lats' of val_f1", "did you mean", 23),
    ],
)
def test_a_mistake_says_what_where_and_what_to_do(text, message, hint, start):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.what == message
    assert caught.value.hint.startswith(hint)
    assert caught.value.start == start


def test_a_policy_knows_only_what_a_report_keeps():
    parse_condition("val_recall.last >= 0.8", policy_vocabulary())
    for text in ("val_recall.slope > 0", "after_drop(1).val_loss.last > 0", 'tag("x").last > 0'):
        with pytest.raises(ExpressionError):
            parse_condition(text, policy_vocabulary())


@pytest.mark.parametrize(
    ("text", "numbers", "expected"),
    [
        ("val_loss.last > 1", {"val_loss_last": 2.0}, True),
        ("val_loss.last > 1", {"val_loss_last": 1.0}, False),
        ("val_loss.last > 1", {}, None),
        ("val_loss.last > 1", {"val_loss_last": math.nan}, None),
        ("not val_loss.last > 1", {"val_loss_last": math.nan}, None),
        ("val_loss.last > 1", {"val_loss_last": math.inf}, None),
        ("val_loss.last > 1 or lr.last > 0", {"lr_last": 1.0}, True),
        ("val_loss.last > 1 or lr.last > 0", {"lr_last": 0.0}, None),
        ("val_loss.last > 1 and lr.last > 0", {"lr_last": 0.0}, False),
        ("val_loss.last > 1 and lr.last > 0", {"lr_last": 1.0}, None),
        ("1 / val_loss.last > 1", {"val_loss_last": 0.0}, None),
        ("val_loss.last * 1e300 > 1", {"val_loss_last": 1e300}, None),
        ("1 < val_loss.last < lr.last", {"val_loss_last": 0.5}, False),
        ("max(val_loss.last, lr.last) > 1", {"val_loss_last": 5.0}, None),
        ("abs(val_loss.last) > 1", {"val_loss_last": -2.0}, True),
        ("(1 if val_loss.last > 0 else 2) > 0", {}, None),
        ("(1 if val_loss.last > 0 else 1) > 0", {}, True),
        ("val_loss.last != val_loss.last", {"val_loss_last": math.nan}, None),
    ],
)
def test_three_valued_evaluation(text, numbers, expected):
    assert value(text, **numbers) is expected


KLEENE = {True: 1.0, False: 0.0, None: 0.5}


@pytest.mark.parametrize(("a", "b"), list(itertools.product([True, False, None], repeat=2)))
def test_and_or_not_are_kleene_minimum_maximum_and_complement(a, b):
    number = {True: 2.0, False: 0.0, None: math.nan}
    numbers = {"val_loss_last": number[a], "lr_last": number[b]}
    both = value("val_loss.last > 1 and lr.last > 1", **numbers)
    either = value("val_loss.last > 1 or lr.last > 1", **numbers)
    neither = value("not val_loss.last > 1", **numbers)
    assert KLEENE[both] == min(KLEENE[a], KLEENE[b])
    assert KLEENE[either] == max(KLEENE[a], KLEENE[b])
    assert KLEENE[neither] == 1 - KLEENE[a]


numbers = st.floats(-1e6, 1e6, allow_nan=False)


@settings(max_examples=100, deadline=None)
@given(numbers, numbers, numbers)
def test_agrees_with_python_on_known_numbers(a, b, c):
    text = "val_loss.last + 2 * lr.last - train_loss.last / 3 >= min(val_loss.last, 1) and not lr.last > 7"  # noqa: E501
    expected = (a + 2 * b - c / 3 >= min(a, 1)) and not b > 7
    assert value(text, val_loss_last=a, lr_last=b, train_loss_last=c) is expected


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="val_ros.t()<>=+-*/ 01and'\"[]{}:,%~\n", max_size=60))
def test_any_text_is_parsed_or_refused(text):
    try:
        parse(text)
    except ExpressionError as error:
        assert error.what


def test_constraints_turn_comparisons_the_same_way_round():
    found = constraints_of(parse("1 < val_loss.last and lr.last <= 0.5"))
    assert [(str(r), operator, constant) for _, r, operator, constant in found] == [
        ("val_loss.last", ">", 1.0), ("lr.last", "<=", 0.5),
    ]  # fmt: skip
