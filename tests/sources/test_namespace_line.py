import pytest

from lrdiag.sources.namespace_line import parse_namespace


def test_values_are_literals_or_text():
    text = (
        "INFO Namespace(lr=0.1, steps=[30, 60], name='a, b)', device=device(type='cuda', index=0),"
        " inner=Namespace(gamma=0.5), none=None, flag=True) tail (x=1)"
    )
    assert parse_namespace(text) == {
        "lr": 0.1,
        "steps": [30, 60],
        "name": "a, b)",
        "device": "device(type='cuda', index=0)",
        "inner": {"gamma": 0.5},
        "none": None,
        "flag": True,
    }


@pytest.mark.parametrize("text", ["", "no", "Namespace()", "Namespace("])
def test_nothing_found(text):
    assert parse_namespace(text) is None


def test_code_is_text():
    assert parse_namespace("Namespace(x=__import__('os').system('true'))") == {
        "x": "__import__('os').system('true')"
    }


def test_deep_nesting_ends():
    assert parse_namespace("Namespace(x=" + "[" * 50_000) is not None
