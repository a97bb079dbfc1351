"""Clean tables by Arrow's parser, where pyarrow is installed: exact, and quick to import."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from lrdiag.runs import FloatArray
from lrdiag.sources.table_block import NO_VALUES, Block, BlockText, BoolArray

_THREADS_FROM = 4 << 20


def parse(text: BlockText) -> Block | None:
    """Rows of numbers, None if a cell is no number or a row has another width."""
    arrow: Any = import_module("pyarrow")
    try:
        table = _table(text, arrow, import_module("pyarrow.csv"))
    except arrow.ArrowInvalid:
        return None
    columns = [NO_VALUES] * text.width
    present: list[BoolArray | None] = [None] * text.width
    for at in range(text.width):
        column = table.column(at).combine_chunks()
        if at in text.skip:
            if _has_numbers(column):
                return None
            continue
        columns[at], present[at] = _values(column)
    return Block(columns, present, table.num_rows)


def _table(text: BlockText, arrow: Any, arrow_csv: Any) -> Any:
    names = [str(at) for at in range(text.width)]
    types = {name: arrow.string() if int(name) in text.skip else arrow.float64() for name in names}
    size = len(text.body) - text.start
    return arrow_csv.read_csv(
        arrow.BufferReader(arrow.py_buffer(text.body).slice(text.start)),
        read_options=arrow_csv.ReadOptions(
            use_threads=size > _THREADS_FROM, block_size=size + 1, column_names=names
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=text.delimiter, quote_char=False, ignore_empty_lines=False
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=types, null_values=[""], strings_can_be_null=False
        ),
    )


def _has_numbers(column: Any) -> bool:
    for word in column.unique().to_pylist():
        try:
            float(word)
        except ValueError:
            continue
        return True
    return False


def _values(column: Any) -> tuple[FloatArray, BoolArray | None]:
    """float64 values, NaN where blank, and bool presence (None: no blank).

    The buffers are taken as they are: `to_numpy` would import pandas.
    """
    validity, data = column.buffers()
    count, start = len(column), column.offset
    values = np.frombuffer(data, np.float64, count, offset=8 * start)
    if not column.null_count:
        return values, None
    bits = np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little")
    present = bits[start : start + count].astype(np.bool_)
    return np.where(present, values, np.nan), present
