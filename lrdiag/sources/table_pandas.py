"""Clean tables by pandas' C parser."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from lrdiag.runs import FloatArray
from lrdiag.sources.quick_checks import maybe_nan
from lrdiag.sources.table_block import NO_VALUES, Block, BlockText, BoolArray

if TYPE_CHECKING:
    import pandas as pd


def parse(text: BlockText) -> Block | None:
    """Rows of numbers, None if a cell is no number or a row too long."""
    import pandas as pd

    try:
        if any(_has_numbers(_texts(text, at)) for at in text.skip):
            return None
        frame = _frame(text, text.numbers, np.float64)
    except (pd.errors.ParserError, ValueError, OverflowError):
        return None
    if not isinstance(frame.index, pd.RangeIndex):
        return None
    columns = [NO_VALUES] * text.width
    present: list[BoolArray | None] = [None] * text.width
    written = any(text.body.find(sign, text.start) >= 0 for sign in (b"n", b"N"))
    for at in text.numbers:
        columns[at] = frame[at].to_numpy()
        if maybe_nan(columns[at]):  # infinities of both signs also end here
            present[at] = _present(text, at, columns[at], written=written)
    return Block(columns, present, len(frame))


def _frame(text: BlockText, columns: Sequence[int], dtype: Any) -> pd.DataFrame:
    """Some columns as float64 (blank, nan and NaN become NaN) or as text."""
    import pandas as pd

    options: dict[str, Any] = {}
    if tuple(int(n) for n in pd.__version__.split(".")[:2]) < (3, 1):
        options["float_precision"] = "round_trip"
    file = BytesIO(text.body)
    file.seek(text.start)
    frame: pd.DataFrame = pd.read_csv(
        file,
        sep=text.delimiter,
        header=None,
        names=list(range(text.width)),
        usecols=None if len(columns) == text.width else list(columns),
        dtype=dtype,
        keep_default_na=False,
        na_values=["", "nan", "NaN"] if dtype is np.float64 else [],
        skip_blank_lines=False,
        low_memory=False,
        engine="c",
        **options,
    )
    return frame


def _texts(text: BlockText, at: int) -> pd.Series[str]:
    return _frame(text, [at], str).iloc[:, 0]


def _has_numbers(cells: pd.Series[str]) -> bool:
    import pandas as pd

    return bool(pd.to_numeric(cells, errors="coerce").notna().any())


def _present(text: BlockText, at: int, values: FloatArray, *, written: bool) -> BoolArray | None:
    """bool[rows]: whether a cell is not blank, None if none is; NaN may be written in it."""
    present: BoolArray = ~np.isnan(values)
    if written:
        cells = _texts(text, at)
        present = np.asarray(cells.str.strip().to_numpy() != "", np.bool_)
    return None if present.all() else present
