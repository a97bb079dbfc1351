"""How a table is written: its delimiter, its header and where its rows begin."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrdiag.sources.index_names import is_index, is_metric
from lrdiag.sources.table_cells import (
    DOTTED,
    NumberStyle,
    is_missing,
    is_number,
    number_style,
)

SAMPLE_LINES = 60
"""Lines looked at to find the dialect."""

FIT_ROWS = 20
"""Rows that are compared with the header."""

_FOLLOWING = 5
"""Rows behind a line that tell whether it is the header."""

HEADER_ROWS = 40
"""The header is looked for among the first non-blank lines, as some logs have a preamble."""

SPACES = "spaces"
_DELIMITERS = (
    ("\t", False),
    (";", False),
    (",", False),
    ("|", False),
    (SPACES, False),
    (SPACES, True),
)
_RULE = re.compile(r"[\s|:+=-]*")
_PAIR = re.compile(r"^[^@\[]*(?<!\.\d)(?<!\.\d\d)[:=]\s*[-+]?\d")
"""`loss: 0.3`, but not the names `metrics/mAP_0.5:0.95` and `AP@IoU=0.50` of detectors."""
_GAP = re.compile(r"\t+|\s{2,}")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written.

    Attributes:
        delimiter: `,`, `;`, tab, `|` or "spaces".
        header: column names as written (stripped), () if the table has none.
        header_line: index of the header in the sample, -1 without one.
        style: how numbers are written. has_commas: whether a number in the sample has a comma.
        words: for "spaces": cells are separated by any white space, not by two or more.
    """

    delimiter: str
    header: tuple[str, ...]
    header_line: int
    style: NumberStyle = DOTTED
    has_commas: bool = False
    words: bool = False

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Dialect:
        """The dialect of which `dataclasses.asdict`, perhaps by way of JSON, made `state`."""
        own = {"header": tuple(state["header"]), "style": NumberStyle(**state["style"])}
        return cls(**{**state, **own})

    def split(self, text: str) -> list[str] | None:
        """The cells of a line; None if its quotes do not close."""
        return split_line(text, self.delimiter, words=self.words)


def split_line(text: str, delimiter: str, *, words: bool = False) -> list[str] | None:
    """The cells of one line, quotes honoured; None if the quotes do not close."""
    if delimiter == SPACES:
        return text.split() if words else _GAP.split(text.strip())
    if delimiter == "|":
        text = text.strip()
        text = text[1:] if text.startswith("|") else text
        text = text[:-1] if text.endswith("|") else text
    if '"' not in text:
        return text.split(delimiter)
    try:
        parsed = list(csv.reader([text], delimiter=delimiter, strict=True, skipinitialspace=True))
    except csv.Error:
        return None
    return parsed[0] if len(parsed) == 1 else None


def is_rule(text: str) -> bool:
    """Whether a line only draws a rule (`|---|---|`, `+====+`)."""
    return _RULE.fullmatch(text) is not None and text.count("-") + text.count("=") >= 2


_REMEMBERED, _WIDEST = 1024, 200
"""Dialects kept, and columns of the widest: bounds memory."""
_found: dict[bytes, Dialect | None] = {}


def find_dialect(sample: Sequence[str]) -> Dialect | None:
    """The dialect of a table's first lines; None if they are no table.

    It is remembered: all files are sniffed before the first is read.
    """
    lines = tuple(sample)
    key = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).digest()
    if key in _found:
        return _found[key]
    found = _find_dialect(lines)
    if found is None or len(found.header) <= _WIDEST:
        if len(_found) >= _REMEMBERED:
            _found.clear()
        _found[key] = found
    return found


def _find_dialect(sample: tuple[str, ...]) -> Dialect | None:
    best: tuple[float, Dialect] | None = None
    for delimiter, words in _DELIMITERS:
        if best is not None and (delimiter == SPACES or best[0] >= 1):
            break
        if delimiter != SPACES and not any(delimiter in text for text in sample):
            continue
        found = _try(sample, delimiter, words=words)
        if found is not None and (best is None or found[0] > best[0] + 0.05):
            best = found
    return best[1] if best else _single_column(sample)


def _single_column(sample: tuple[str, ...]) -> Dialect | None:
    found = _try(sample, ",", words=False, one_column=True)
    return found[1] if found else None


def _try(
    sample: Sequence[str], delimiter: str, *, words: bool, one_column: bool = False
) -> tuple[float, Dialect] | None:
    """(share of rows that fit, dialect) if the lines are a table with this delimiter."""
    for lines in (sample[: FIT_ROWS + _FOLLOWING], sample):
        rows = [(i, _cells(text, delimiter, words=words)) for i, text in enumerate(lines)]
        rows = [(i, cells) for i, cells in rows if cells]
        at = _header_at([cells for _, cells in rows])
        if at is not None and at + FIT_ROWS < len(rows):
            break  # what is looked at is there
    header = [c.strip() for c in rows[at][1]] if at is not None else []
    data = [cells for _, cells in (rows[at + 1 :] if at is not None else rows)]
    data = data[:FIT_ROWS]
    if delimiter == SPACES and any(is_number(name) for name in header):
        return None
    width = len(_trimmed(header)) or _usual_width(data)
    if (width == 1) != one_column or not width or not _plausible(header, data):
        return None
    fit = _fit(data, width) if data else 0.5
    if fit < (1 if one_column else 0.5):
        return None
    style, has_commas = number_style([c for row in data for c in row], delimiter)
    line = rows[at][0] if at is not None else -1
    return fit, Dialect(delimiter, _names(header, data), line, style, has_commas, words)


def _plausible(header: Sequence[str], data: Sequence[Sequence[str]]) -> bool:
    """A lone column must name an index or a metric, so must half of a header without rows."""
    if data and len(header) != 1:
        return True
    named = [is_index(name) or is_metric(name) for name in header]
    if data:
        return any(named)
    return 2 * sum(named) > len(header) and all(len(name.split()) <= 3 for name in header)


def _cells(text: str, delimiter: str, *, words: bool) -> list[str]:
    if not text.strip() or is_rule(text):
        return []
    if text.lstrip().startswith("#"):
        text = text.lstrip().lstrip("#").lstrip()
        if text.startswith("{"):
            return []
    return split_line(text, delimiter, words=words) or []


def _header_at(rows: Sequence[list[str]]) -> int | None:
    """Index of the header: names, followed by a row of the same width with numbers."""
    for i, cells in enumerate(rows[:HEADER_ROWS]):
        following = rows[i + 1 : i + 1 + _FOLLOWING]
        if _is_header(cells) and (
            not following or any(_holds_numbers(row, len(_trimmed(cells))) for row in following)
        ):
            return i
        if _holds_numbers(cells, len(cells)) and len(cells) > 1:
            return None
    return None


def _is_header(cells: Sequence[str]) -> bool:
    names = [c.strip() for c in cells if c.strip()]
    if any(_PAIR.search(name) or name.endswith((":", "=")) for name in names):
        return False
    words = sum(1 for c in names if not is_number(c))
    return bool(names) and words * 2 > len(names) and not is_number(names[0])


def _holds_numbers(cells: Sequence[str], width: int) -> bool:
    numbers = sum(1 for c in cells if is_number(c))
    blank = sum(1 for c in cells if is_missing(c))
    close = width <= len(cells) <= width + 2 or len(_trimmed(cells)) == width
    return close and numbers > 0 and (2 * (numbers + blank) >= len(cells) or numbers >= 2)


def _trimmed(cells: Sequence[str]) -> list[str]:
    out = list(cells)
    while out and not out[-1].strip():
        out.pop()
    return out


def _usual_width(data: Sequence[Sequence[str]]) -> int:
    return Counter(len(row) for row in data).most_common(1)[0][0] if data else 0


def _fit(data: Sequence[Sequence[str]], width: int) -> float:
    """Share of rows that have the header's width (one more: unnamed row names) and numbers."""
    usual = _usual_width(data)
    widths = {width, width + 1} if usual == width + 1 else {width}
    good = 0
    for row in data:
        right = len(row) in widths or len(_trimmed(row)) in widths
        good += right or (len(row) > width and not any(c.strip() for c in row[width:]))
    numeric = sum(1 for row in data if any(is_number(c) for c in row))
    return min(good, numeric) / len(data)


def _names(header: Sequence[str], data: Sequence[Sequence[str]]) -> tuple[str, ...]:
    if not header:
        return ()
    names = _trimmed(header)
    usual = _usual_width(data)
    filled = sum(1 for row in data if len(row) > len(names) and row[len(names)].strip())
    if usual == len(names) + 1 and 2 * filled > len(data):
        names = ["", *names]
    return tuple(names)
