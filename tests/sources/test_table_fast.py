"""The bulk parsers against plain splitting and float(), on clean and damaged tables."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdiag.sources import table_arrow, table_fast, table_pandas, table_reader
from lrdiag.sources.table import TableSource
from lrdiag.sources.table_block import BlockText, pieces, rows_of
from lrdiag.sources.table_columns import Columns

PARSERS = [
    pytest.param(table_fast._by_python, id="python"),
    pytest.param(table_pandas.parse, id="pandas"),
    pytest.param(table_arrow.parse, id="arrow"),
]
CELL = st.one_of(
    st.floats(allow_nan=False).map(repr),
    st.floats(-1e6, 1e6).map(lambda x: f"{x:.6f}"),
    st.floats(-1e6, 1e6).map(lambda x: f"{x:.4e}"),
    st.integers(-(10**9), 10**9).map(str),
    st.sampled_from(["", "nan", "inf", "-inf", "0.5 ", " 0.5"]),
)
ROWS = st.lists(st.tuples(st.integers(0, 10**6).map(str), CELL, CELL), min_size=1, max_size=30)


def plain(rows, at):
    cells = [(i, r[at].strip()) for i, r in enumerate(rows)]
    return [(i, float(c)) for i, c in cells if c]


def same(found, expected) -> bool:
    return len(found) == len(expected) and all(
        i == j and (v == w or (math.isnan(v) and math.isnan(w)))
        for (i, v), (j, w) in zip(found, expected, strict=True)
    )


@pytest.mark.parametrize("parse", PARSERS)
@settings(max_examples=60, deadline=None)
@given(rows=ROWS, end=st.sampled_from(["\n", "\r\n"]))
def test_every_parser_reads_what_float_reads(parse, rows, end):
    body = ("epoch,a,b\n" + "".join(",".join(r) + end for r in rows)).encode()
    text = BlockText(body, 10, ",", 3)
    block = parse(text)
    if block is None:  # an unusual spelling is left to the row reader, never misread
        return
    made = rows_of(block, Columns(("", "a", "b"), epoch=0), 2)
    assert made.line.tolist() == list(range(2, len(rows) + 2))
    for at, tag in ((1, "a"), (2, "b")):
        expected = plain(rows, at)
        where, values = made.cells.get(tag, (np.zeros(0), np.zeros(0)))
        assert same(list(zip(where.tolist(), values.tolist(), strict=True)), expected)


@pytest.mark.parametrize("parse", PARSERS)
def test_clean_tables_are_taken(parse):
    text = BlockText(b"1,0.5\n2,\n3,nan\n4,-1e-3\n", 0, ",", 2)
    block = parse(text)
    assert block is not None
    assert block.rows == 4
    assert block.present[1].tolist() == [True, False, True, True]


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize(
    "damage",
    [b"5,oops\n", b"5,1,2\n", b"5\n", b'5,"1"\n', b"5,True\n", b"5,1_0\n", b"\n", b"5,\0\n"],
)
def test_damage_is_left_to_the_row_reader(parse, damage):
    body = b"1,0.5\n2,0.25\n" + damage + b"6,0.125\n"
    text = BlockText(body, 0, ",", 2)
    assert not table_fast.is_regular(text) or parse(text) is None


@pytest.mark.parametrize("parse", PARSERS)
def test_text_columns_are_skipped_unless_a_number_turns_up(parse):
    assert parse(BlockText(b"1,a,2\n2,b,3\n", 0, ",", 3, frozenset((1,)))).rows == 2
    assert parse(BlockText(b"1,a,2\n2,7,3\n", 0, ",", 3, frozenset((1,)))) is None


def test_pieces_are_whole_lines_with_their_numbers():
    data = b"".join(b"%d\n" % i for i in range(100))
    found = list(pieces(5, data, 40))
    assert b"".join(p for _, p in found) == data
    assert [n for n, _ in found] == [5 + data[: data.index(p)].count(b"\n") for _, p in found]
    assert all(p.endswith(b"\n") for _, p in found)


@pytest.mark.parametrize("engine", ["python", "pandas", "arrow"])
def test_a_large_damaged_file_reads_as_it_does_row_by_row(tmp_path, monkeypatch, engine):
    rng = np.random.default_rng(3)
    lines = ["step,epoch,loss,val_loss"]
    for i in range(3000):
        val = f"{rng.random():.6f}" if i % 10 == 0 else ""
        lines.append(f"{i},{i // 100},{rng.random():.6f},{val}")
    lines[500] += ",9"
    lines[1500] = lines[1500].rsplit(",", 2)[0]
    lines[2500] = '2500,25,"0.5,'
    path = tmp_path / "log.csv"
    path.write_text("\n".join(lines) + "\n2999,29,0.12")

    parse = {"python": table_fast._by_python, "pandas": table_pandas.parse}.get(
        engine, table_arrow.parse
    )
    monkeypatch.setattr(table_fast, "_parser", lambda size: parse)
    monkeypatch.setattr(table_reader, "PIECE_BYTES", 4096)
    monkeypatch.setattr(table_reader, "FAST_BYTES", 100)
    fast = TableSource().read([path], "x")
    monkeypatch.setattr(table_reader, "FAST_BYTES", 1 << 40)
    slow = TableSource().read([path], "x")

    assert {t: s.value.tolist() for t, s in fast.series.items()} == {
        t: s.value.tolist() for t, s in slow.series.items()
    }
    for tag in slow.series:
        assert fast.series[tag].step.tolist() == slow.series[tag].step.tolist()
        assert fast.series[tag].line.tolist() == slow.series[tag].line.tolist()
    where = [(p.kind, p.line, p.lost) for p in slow.problems]
    assert [(p.kind, p.line, p.lost) for p in fast.problems] == where
    assert ("ragged-row", 501, 1) in where
    assert ("unbalanced-quote", 2501, 1) in where


def test_wall_time_columns_are_seconds():
    block = table_fast._by_python(BlockText(b"1,1700000000000\n2,1700000001000\n", 0, ",", 2))
    made = rows_of(block, Columns(("", "time"), step=0, wall_time=1), 1)
    assert made.wall_time.tolist() == [1_700_000_000.0, 1_700_000_001.0]
