"""Aligned columns of text in a given width."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence


def cells(text: str) -> int:
    """Terminal columns a text takes: wide East Asian characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_cells_of(character) for character in text)


def _cells_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """The text in at most `width` columns, with an ellipsis where something was left out."""
    if cells(text) <= width:
        return text
    return _head(text, width - 1) + "…"


def cut_middle(text: str, width: int) -> str:
    """Like `cut`, but the end is kept: paths differ in their last parts."""
    if cells(text) <= width:
        return text
    head = _head(text, (width - 1) // 3)
    tail = _head(text[::-1], width - 1 - cells(head))[::-1]
    return f"{head}…{tail}"


def wrap(text: str, width: int) -> list[str]:
    """The words of a text in lines of at most `width` columns; longer words are broken.

    Unlike textwrap it counts terminal columns, so that East Asian text stays on the screen.
    """
    lines, line = [], ""
    for word in text.split():
        if line and cells(line) + 1 + cells(word) > width:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else word
        while cells(line) > width:
            head = _head(line, width)
            lines.append(head)
            line = line[len(head) :]
    return [*lines, line] if line or not lines else lines


def _head(text: str, width: int) -> str:
    used = 0
    for at, character in enumerate(text):
        used += _cells_of(character)
        if used > width:
            return text[: max(at, 1)]
    return text


class Table:
    """Rows of texts, aligned in `width`.

    When a row would not fit, the last column gives way down to 26 columns, then column `shrink`
    (names of runs, cut in the middle) down to 16, then the last again.
    """

    def __init__(self, width: int, shrink: int) -> None:
        self.width = width
        self.shrink = shrink
        self.rows: list[tuple[str, ...]] = []

    def add(self, row: Sequence[str]) -> None:
        """Add a row; all rows have the same number of cells."""
        self.rows.append(tuple(row))

    def widths(self) -> list[int]:
        """Columns of the screen that each column of the table gets."""
        widths = self._wanted()
        for column, least in ((-1, 26), (self.shrink, 16), (-1, 8)):
            over = sum(widths) + 2 * (len(widths) - 1) - self.width
            if widths and over > 0:
                widths[column] = max(widths[column] - over, min(widths[column], least))
        return widths

    @property
    def fits(self) -> bool:
        """Whether the rows, as short as they get, fit."""
        widths = self.widths()
        return sum(widths) + 2 * (len(widths) - 1) <= self.width

    @property
    def cut(self) -> bool:
        """Whether some text is shortened so that the rows fit."""
        return self.widths() != self._wanted()

    def _wanted(self) -> list[int]:
        columns = zip(*self.rows, strict=True)
        return [max(map(cells, column)) for column in columns]

    def lines(self, style: Callable[[str], str] = str) -> Iterator[str]:
        """The rows as lines of at most `width` columns; `style` may colour a cell's text."""
        widths = self.widths()
        for row in self.rows:
            shown = [
                (cut_middle if column == self.shrink else cut)(text, widths[column])
                for column, text in enumerate(row)
            ]
            pads = [" " * (w - cells(text)) for text, w in zip(shown, widths, strict=True)]
            yield "  ".join(style(t) + pad for t, pad in zip(shown, pads, strict=True)).rstrip()
