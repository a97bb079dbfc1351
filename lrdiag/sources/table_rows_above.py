"""The rows of a table that were read last: what its last, perhaps cut, row is compared with."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

ROWS_ABOVE = 20
"""Rows that are kept."""


class RowsAbove:
    """The same rows, whether they were read one by one or in blocks of any size."""

    def __init__(self) -> None:
        self._rows: deque[str | list[str]] = deque(maxlen=ROWS_ABOVE)

    def add(self, cells: list[str]) -> None:
        """Note a row that was read by itself."""
        self._rows.append(cells)

    def add_block(self, data: bytes, start: int) -> None:
        """Note the last rows of whole lines, from byte `start` of `data` on."""
        begin = len(data)
        for _ in range(ROWS_ABOVE + 1):
            begin = data.rfind(b"\n", start, begin)
            if begin < 0:
                break
        text = data[max(begin + 1, start) :].decode("utf-8", "replace")
        self._rows.extend(line.removesuffix("\r") for line in text.split("\n")[:-1])

    def rows(self, split: Callable[[str], list[str] | None]) -> list[list[str]]:
        """The cells of the rows, the last one last; `split` takes a line apart."""
        return [split(row) or [] if isinstance(row, str) else row for row in self._rows]

    def last_cells(self, split: Callable[[str], list[str] | None], width: int) -> list[str]:
        """The last cell of every row of this width."""
        return [row[-1] for row in self.rows(split) if row and len(row) == width]

    def restore(self, rows: Sequence[list[str]]) -> None:
        """Begin with rows that `rows` gave."""
        self._rows.extend(rows)
