"""Taking a block of JSON lines at once gives what reading record by record gives."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdiag.sources.json_lines import JsonLinesReader
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.record_block import add_block, flat_records
from lrdiag.sources.records import RecordRows
from lrdiag.sources.text_lines import lines_in

KEYS = ("step", "iter", "epoch", "loss", "lr", "timestamp", "time", "mode", "tag", "value", "é")
NUMBERS = st.integers(0, 50) | st.floats(allow_nan=True) | st.integers(2**80, 10**400)
WORDS = st.sampled_from(
    ["train", "val", "Test", "0.5", "1e3", "nan", "", "a},{b", "[", "2026-01-01", "1700000000"]
)
VALUES = NUMBERS | WORDS | st.booleans() | st.none() | st.lists(st.integers(), max_size=2)
FLAT = st.lists(
    st.dictionaries(st.sampled_from(KEYS), NUMBERS | st.none() | WORDS, max_size=5), max_size=8
)
ANY = st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5), max_size=8)


def one_by_one(blocks):
    reader, log = JsonLinesReader(), ProblemLog("log")
    for number, data in blocks:
        for line in lines_in(data, number, log):
            reader.line(line, log)
    return reader.rows.recorder.rows(), log.problems()


def at_once(blocks):
    reader, log = JsonLinesReader(), ProblemLog("log")
    for number, data in blocks:
        reader.block(number, data, log)
    return reader.rows.recorder.rows(), log.problems()


def assert_same(blocks):
    (slow, slow_problems), (fast, fast_problems) = one_by_one(blocks), at_once(blocks)
    assert fast_problems == slow_problems
    np.testing.assert_array_equal(fast.line, slow.line)
    for name in ("step", "epoch", "wall_time"):
        left, right = getattr(fast, name), getattr(slow, name)
        if left is None or right is None:  # no such column, or nothing in it
            assert all(v is None or np.isnan(v).all() for v in (left, right))
        else:
            np.testing.assert_array_equal(left, right)
    assert fast.cells.keys() == slow.cells.keys()
    for tag, (at, value) in slow.cells.items():
        np.testing.assert_array_equal(fast.cells[tag][0], at)
        np.testing.assert_array_equal(fast.cells[tag][1], value)


def text(records):
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records).encode()


@settings(max_examples=150, deadline=None)
@given(st.lists(FLAT | ANY, max_size=3))
def test_the_same_rows_as_one_by_one(parts):
    blocks, number = [], 1
    for records in filter(None, parts):
        blocks.append((number, text(records)))
        number += len(records)
    assert_same(blocks)


@settings(max_examples=150, deadline=None)
@given(FLAT, st.data())
def test_the_same_after_damage(records, data):
    lines = text(records)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines)))
        new = data.draw(
            st.sampled_from([b"\n", b"", b"}", b"{", b"},\n{", b'"', b"\r", b"\0", b"\xff"])
        )
        lines = lines[:at] + new + lines[at + data.draw(st.integers(0, 2)) :]
    assert_same([(1, lines)])


@pytest.mark.parametrize(
    "lines",
    [
        b'{"a": 1},{"b": 2}\n{"c": "}\n{"}\n',  # two records in a line, one over two lines
        b'{"a": 1}\n\n{"a": 2}\n',
        b'{"a": [{"x": 1}\n{"y": 2}]}\n{"b": 1},{"c": 2}\n',
        b'{"a": 1}\n{"a": 2}',  # not ended
        b'{"a": {"b": 1}}\n',
        b"[1]\n",
        b'{"a": 1}\n{"a": 2\n',
    ],
)
def test_lines_that_are_no_flat_objects_are_left_to_the_careful_reader(lines):
    assert flat_records(lines) is None
    assert not add_block(RecordRows(), 1, lines)


def test_windows_line_ends_are_taken_at_once():
    rows = RecordRows()
    assert add_block(rows, 5, b'{"step": 1, "loss": 2}\r\n{"step": 2, "loss": null}\r\n')
    assert rows.recorder.rows().line.tolist() == [5, 6]
    assert rows.recorder.rows().cells["loss"][1].tolist() == [2.0]


def test_what_depends_on_the_record_before_is_not_taken_at_once():
    rows = RecordRows()
    assert not add_block(rows, 1, b'{"mode": "val", "iter": 3, "acc": 0.5}\n')
    assert not add_block(rows, 1, b'{"iter": 3, "step": 3, "loss": 0.5}\n')
    assert not add_block(rows, 1, b'{"tag": "loss", "value": 0.5}\n')
