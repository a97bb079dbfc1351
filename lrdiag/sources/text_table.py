"""A table among other output: a line of names that begins with an index, lines of numbers below.

fastai prints its table so, with progress bars drawn over and over in between.
"""

from __future__ import annotations

import re

from lrdiag.sources.index_names import EPOCH_NAMES, is_index, is_metric, plain_name
from lrdiag.sources.table_cells import number

_NAME = re.compile(r"[A-Za-z_][\w./%()@-]*")
_EMPTY = re.compile(r"\d{1,3}(?::\d\d){1,2}|-+|None|nan", re.IGNORECASE)
"""Cells that are no number: a duration as fastai writes it, or nothing."""

MAX_COLUMNS = 64


class TextTable:
    """Remembers the last line of names (`names`) and reads the rows below it."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def header(self, text: str) -> bool:
        """Take a line of names; whether it was one."""
        words = text.replace("|", " ").split()
        if not 2 <= len(words) <= MAX_COLUMNS or not is_index(words[0]):
            return False
        if not all(map(_NAME.fullmatch, words)) or not any(map(is_metric, words[1:])):
            return False
        self.names = ["epoch" if plain_name(w) in EPOCH_NAMES else w for w in words]
        return True

    def row(self, text: str) -> dict[str, object] | None:
        """The numbers of a row by name; None if it is no row of the table."""
        if not self.names:
            return None
        cells = text.replace("|", " ").split()
        if len(cells) != len(self.names):
            return None
        values = [number(cell) for cell in cells]
        if values[0] is None or values[0] != int(values[0]):
            return None
        if any(v is None and not _EMPTY.fullmatch(c) for v, c in zip(values, cells, strict=True)):
            return None
        found = {n: v for n, v in zip(self.names, values, strict=True) if v is not None}
        return dict(found) if len(found) > 1 else None
