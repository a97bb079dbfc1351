"""Expressions of users: what RE2 says of a bad one, and no words of its own on stderr."""

import pytest

from lrdiag.user_patterns import compiled


def test_a_group_is_found_by_name():
    found = compiled(r"(?P<run>\w+)/seed(\d+)").search("base/seed3")
    assert found and found.group("run") == "base"


@pytest.mark.parametrize(("expression", "said"), [("(a", "missing )"), ("(?<=a)b", "invalid")])
def test_what_is_wrong_is_said_once_as_text(expression, said, capfd):
    with pytest.raises(ValueError, match=r"^[a-z]") as error:
        compiled(expression)
    assert said in str(error.value)
    assert capfd.readouterr().err == ""


def test_the_memory_of_an_expression_is_bounded_where_it_is_asked_for():
    assert compiled(r"\pL{100}").search("a" * 100)
    with pytest.raises(ValueError, match="too large"):
        compiled(r"\pL{100}", max_mem=1 << 20)
