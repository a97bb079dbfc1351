"""YAML read safely: YAML 1.2 values with places, and every bomb refused quickly."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdiag.rulefile.documents import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_EVENTS,
    MAX_LINE,
    load_document,
    parse_document,
    read_document,
)
from lrdiag.rulefile.mistakes import InvalidRuleFileError


def plain(text):
    root = parse_document(text, "f.yml").root
    return None if root is None else root.plain()


def mistakes(text):
    with pytest.raises(InvalidRuleFileError) as caught:
        parse_document(text, "f.yml")
    return caught.value.mistakes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1e3", 1000.0),
        ("12", 12),
        ("-0.5", -0.5),
        (".5", 0.5),
        ("0o17", 15),
        ("0x1F", 31),
        ("on", "on"),
        ("no", "no"),
        ("true", True),
        ("~", None),
        ("''", ""),
        ("'1'", "1"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2026-11-24", "2026-11-24"),
        ("+12", 12),
        ("012", 12),
        ("10%", "10%"),
    ],
)
def test_scalars_follow_yaml_1_2(text, value):
    found = plain(f"a: {text}")["a"]
    assert found == value
    assert type(found) is type(value)


def test_special_floats():
    assert math.isinf(plain("a: -.inf")["a"])
    assert math.isnan(plain("a: .nan")["a"])


def test_every_value_knows_its_place():
    document = parse_document("a:\n  - b: 1\n    c: [x, y]\n", "f.yml")
    assert document.place_of(("a", 0, "c", 1)) == (3, 12)
    assert document.place_of(("a", 0, "c"), key=True) == (3, 5)
    assert document.place_of(("a", 0, "missing")) == (2, 5)


def test_all_duplicate_keys_are_named_with_their_places():
    found = mistakes("a: 1\nb: 2\na: 3\nb: 4\n")
    assert [(m.line, m.column) for m in found] == [(3, 1), (4, 1)]
    assert "already at line 1" in found[0].message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &x [1]\nb: *x\n", "anchor '&x' is not allowed"),
        ("a: *x\n", "alias '*x' is not allowed"),
        ('a: !!python/object/apply:os.system ["x"]', "tag 'tag:yaml.org,2002:python/object"),
        ("a: !custom 1", "tag '!custom' is not allowed"),
        ("a: 1\n---\nb: 2\n", "a second YAML document"),
        ("a: {<<: {b: 1}}", "merge key '<<' is not allowed"),
        ("? [a]\n: 1\n", "a key must be a word"),
        ("a: [1,\nb: {", "not valid YAML"),
        ("a: \x00", "not valid YAML"),
        ("a: b: c", "not valid YAML"),
        ("\ta: 1", "not valid YAML"),
        ("[" * (MAX_DEPTH + 1), f"over {MAX_DEPTH} levels"),
        ("[" + "1,\n" * (MAX_EVENTS + 1) + "]", f"over {MAX_EVENTS}"),
        ("a: " + "x" * MAX_LINE, f"the limit is {MAX_LINE}"),
    ],
)
def test_what_is_not_allowed_is_refused_with_a_place(text, words):
    found = mistakes(text)
    assert words in found[0].message
    assert found[0].line >= 1
    assert found[0].column >= 1


def test_a_bomb_of_aliases_is_named_once():
    bomb = "x0: &x0 [lol,lol]\n" + "".join(
        f"x{i}: &x{i} [{','.join([f'*x{i - 1}'] * 9)}]\n" for i in range(1, 9)
    )
    assert len(mistakes(bomb)) == 1


def test_a_quoted_merge_key_is_a_word():
    assert plain("'<<': 1") == {"<<": 1}


def test_a_file_that_is_not_utf8_is_named_with_line_and_column(tmp_path):
    path = tmp_path / "f.yml"
    path.write_bytes(b"a: 1\nb: \xe9\n")
    with pytest.raises(InvalidRuleFileError, match=r"f\.yml:2:4: byte 0xe9 is not UTF-8"):
        read_document(path)


def test_a_large_file_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "f.yml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(InvalidRuleFileError, match="too large"):
        load_document(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for path in (tmp_path / "none.yml", tmp_path):
        with pytest.raises(InvalidRuleFileError, match="no such file"):
            load_document(path)


def test_an_empty_file_is_none(tmp_path):
    path = tmp_path / "f.yml"
    path.write_text("# nothing\n")
    assert load_document(path) is None


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab: -[]{}\n'\"#&*!|>%@`,?\t\x00é1.", max_size=60))
def test_any_text_is_parsed_or_refused_never_a_traceback(text):
    try:
        parse_document(text, "f.yml")
    except InvalidRuleFileError as error:
        assert error.mistakes


def test_an_alias_as_a_key_is_refused():
    assert mistakes("{*1")
    assert mistakes("{*a : 1}")
