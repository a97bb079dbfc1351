"""What a table cell says: a number, nothing, several numbers, or text."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

MISSING = frozenset(
    ("none", "null", "na", "n/a", "#n/a", "-", "--", "---", "?", ".", "<na>", "nil", "undefined")
)
"""Words for a value that was not logged (compared in lower case)."""

_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_EUROPEAN = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+")
_WRAPPED = re.compile(r"(?:tensor|array|np\.float\d+|float\d*)\(\s*([^,()\[\]]+)(?:,[^()]*)?\)")
_LIST = re.compile(r"[\[(]([^\[\]()]*)[\])]")


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a file writes numbers. `decimal_comma`: `0,5` is a half, not five."""

    decimal_comma: bool = False


DOTTED = NumberStyle()


def number_style(cells: Iterable[str], delimiter: str) -> tuple[NumberStyle, bool]:
    """The number style of sample cells, and whether any cell had a comma to decide on."""
    with_comma = [c for c in (c.strip() for c in cells) if "," in c]
    if any(_EUROPEAN.fullmatch(c) for c in with_comma):
        return NumberStyle(decimal_comma=True), True
    numbers = [c.rstrip("% ") for c in with_comma]
    plain = [c for c in numbers if _COMMA.fullmatch(c) or _THOUSANDS.fullmatch(c)]
    if not plain:
        return NumberStyle(), False
    thousands = all(_THOUSANDS.fullmatch(c) for c in plain)
    dotted = any("." in c for c in plain)
    if thousands and (dotted or delimiter == ","):
        return NumberStyle(), True
    return NumberStyle(decimal_comma=True), True


def number(cell: str, style: NumberStyle = DOTTED) -> float | None:
    """The number a cell holds (`70%` is 70), or None if it holds none.

    `nan` and `inf` are numbers; words for a missing value are not.
    """
    if not cell:
        return None
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return _unusual_number(cell.strip(), style)


def _unusual_number(cell: str, style: NumberStyle) -> float | None:
    text = cell[:-1].rstrip() if cell.endswith("%") else cell
    if "," in text:
        text = _without_comma(text, style)
    wrapped = _WRAPPED.fullmatch(text) if text.endswith(")") else None
    if wrapped:
        text = wrapped[1]
    if text == cell or "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _without_comma(text: str, style: NumberStyle) -> str:
    if style.decimal_comma and (_COMMA.fullmatch(text) or _EUROPEAN.fullmatch(text)):
        return text.replace(".", "").replace(",", ".")
    if not style.decimal_comma and _THOUSANDS.fullmatch(text):
        return text.replace(",", "")
    return text


def number_list(cell: str) -> list[float] | None:
    """The numbers of a cell such as `[0.1, 0.01]` (a rate a layer), or None."""
    found = _LIST.fullmatch(cell.strip())
    if not found:
        return None
    parts = found[1].replace(",", " ").split()
    values = [number(part) for part in parts]
    known = [v for v in values if v is not None]
    return known if known and len(known) == len(parts) else None


def is_missing(cell: str) -> bool:
    """Whether a cell is blank or says that there is no value."""
    text = cell.strip()
    return not text or text.lower() in MISSING


def is_number(cell: str) -> bool:
    """Whether a cell holds a number in any style."""
    text = cell.strip()
    if number(text) is not None or number(text, NumberStyle(decimal_comma=True)) is not None:
        return True
    return number_list(text) is not None


def wall_time(cell: str) -> float | None:
    """Seconds since 1970 of a time stamp: seconds, milliseconds or ISO 8601; else None."""
    value = number(cell)
    if value is not None:
        return epoch_seconds(value)
    try:
        return dt.datetime.fromisoformat(cell.strip()).timestamp()
    except (ValueError, OverflowError):
        return None


def epoch_seconds(value: float) -> float | None:
    """A time stamp in seconds or milliseconds as seconds; None if it is neither.

    Numbers below 3e8 (July 1979) are durations.
    """
    if 3e8 < value < 1e10:
        return value
    return value / 1000 if 3e11 < value < 1e13 else None
