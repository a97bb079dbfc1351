"""Conditions that can never or always be true."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdiag.rulefile.expressions import parse_condition
from lrdiag.rulefile.kleene import evaluate
from lrdiag.rulefile.ranges import possible
from lrdiag.rulefile.vocabulary import bounds, rule_vocabulary


def truth(text):
    return possible(parse_condition(text, rule_vocabulary()), bounds)


@pytest.mark.parametrize(
    "text",
    [
        "val_recall.last > 1.5",
        "val_recall.last > 1",
        "val_recall.last < 0",
        "1 > 2",
        "lr.last < 0",
        "val_loss.last > 3 and val_loss.last < 2",
        "val_recall.last - val_accuracy.last > 1",
        "val_loss.points < 0",
        "val_recall.last * 2 > 2.5",
        "val_recall.last > 0.5 and val_loss.last > 1 and val_recall.last < 0.4",
        "max(val_recall.last, 0.5) < 0.5",
        "not val_recall.last <= 1",
        "False",
    ],
)
def test_never(text):
    assert truth(text)[0] is False


@pytest.mark.parametrize(
    "text",
    [
        "val_recall.last <= 1",
        "val_recall.last > -1 or val_loss.last > 9",
        "abs(val_loss.last) >= 0",
        "val_loss.noise >= 0",
        "min(val_recall.last, val_f1.last) < 1.5",
        "True",
    ],
)
def test_always(text):
    assert truth(text) == (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "val_recall.last < 0.8",
        "val_loss.last > 1000000",
        "val_recall.change < -0.1",
        "val_recall.last == 1",
        "val_loss.last / val_recall.last > 2",
        "val_loss.last > 3 or val_loss.last < 2",
        "(val_recall.last if lr.last > 0 else 2) > 1",
        'tag("x").last < -5',
    ],
)
def test_open(text):
    assert truth(text) == (True, True)


POOL = ["val_recall.last", "0.5", "val_loss.last", "2", "-1", "abs(val_loss.last)", "val_f1.last / 2",  # noqa: E501
        "max(val_recall.last, 0.3)", "val_recall.last * 3 - 1"]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(POOL), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.sampled_from(POOL),  # noqa: E501
    st.floats(0, 1), st.floats(-50, 50), st.floats(0, 1),
)  # fmt: skip
def test_what_happens_was_possible(left, operator, right, recall, loss, f1):
    asked = parse_condition(f"{left} {operator} {right}", rule_vocabulary())
    numbers = {"val_recall": recall, "val_loss": loss, "val_f1": f1}
    outcome = evaluate(asked, lambda r: numbers[r.subject])
    can_be_true, can_be_false = possible(asked, bounds)
    assert can_be_true if outcome else can_be_false
