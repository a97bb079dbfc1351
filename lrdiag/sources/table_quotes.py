"""Rows of a table whose quoted cell holds line breaks (RFC 4180, section 2, rule 6)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from lrdiag.sources.text_lines import Line

MAX_ROW_LINES = 20
"""Lines that one row may take: a note beside a metric is short, a stray quote costs its row."""

MAX_ROW_CHARACTERS = 65_536

Split = Callable[[str], list[str] | None]


def whole_rows(lines: Iterable[Line], split: Split, width: Callable[[], int]) -> Iterator[Line]:
    """The lines, those joined that only together are a row of the header's width.

    A row keeps the number of its first line. A quote that is closed nowhere near, or only so that
    the row gets another width, is damage: its lines are given one by one.
    """
    source = iter(lines)
    ahead: deque[Line] = deque()
    while (line := ahead.popleft() if ahead else next(source, None)) is not None:
        row = _joined(line, ahead, source, split, width()) if _is_open(line, split) else None
        yield row or line


def _is_open(line: Line, split: Split) -> bool:
    text = line.text
    if '"' not in text or not line.ended or text.lstrip().startswith("#") or "Namespace(" in text:
        return False
    return split(text) is None


def _joined(
    line: Line, ahead: deque[Line], source: Iterator[Line], split: Split, width: int
) -> Line | None:
    text = line.text
    for taken in range(1, MAX_ROW_LINES):
        if taken > len(ahead):
            following = next(source, None)
            if following is None:
                return None
            ahead.append(following)
        following = ahead[taken - 1]
        text += " " + following.text
        if len(text) > MAX_ROW_CHARACTERS:
            return None
        cells = split(text) if '"' in following.text else None
        if cells is None:
            continue
        if len(cells) != width:
            return None
        for _ in range(taken):
            ahead.popleft()
        return Line(line.number, text, following.ended)
    return None
