"""`name: number` pairs in a line of text, and what stands before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from lrdiag.sources.index_names import is_index, is_metric
from lrdiag.sources.records import SPLIT_WORDS

MAX_CHARACTERS = 5_000
"""Longer lines are no rows of a log."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|\[\d\dm|\[0m")
_TIME = re.compile(
    r"[\[(]?\d{4}[-/]\d\d[-/]\d\d[T_ ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?[\])Z]?\s*[-|:,]?\s*"
)
_LEVEL = re.compile(
    r"(?:\[?(?:INFO|DEBUG|WARNING|WARN|ERROR|TRACE)\]?|root|[\w./-]{1,60}\.(?:py|cpp|cc|h|go):\d+\]?)(?:\s*[:|-]\s*|\s+)"
)
_NAMED = re.compile(r"\[?[A-Za-z_][\w.]{0,40}\]?\s+[-|:]\s+(?=\S)")
_PAIR = re.compile(
    r"(?P<name>[A-Za-z][\w./@#()%-]{0,60}(?:'s)?(?: [A-Za-z][\w./@()-]{0,40}\.?){0,3})"
    r"(?P<sep>\s{0,3}[:=]\s{0,8}|\s{1,8})"
    r"(?P<number>[-+]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf)\b)"
    r"(?P<rest>%|/\d+)?",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"\W{0,3}([A-Za-z]+)(?=\W)")


_CODE = (".py", ".cpp", ".cc", ".cu", ".h", ".go", ".ipynb")


class Pair(NamedTuple):
    """A name, its number, and whether `:` or `=` stood between them."""

    name: str
    value: float
    signed: bool


def body_of(line: str) -> str:
    """A line without colours, and without time stamps, log level and logger at its front."""
    text = _COLOUR.sub("", line) if "\x1b" in line or "[" in line else line
    text = text.rsplit("\r", 1)[-1].strip() if "\r" in text.strip() else text.strip()
    for _ in range(4):
        front = _TIME.match(text) or _LEVEL.match(text)
        if front is None and text is not line and _TIME.match(line.strip()):
            front = _NAMED.match(text)
        if front is None:
            return text
        text = text[front.end() :].lstrip()
    return text


def split_of(body: str) -> str:
    """`train`, `test` … if a line begins with such a word that is no part of a name."""
    found = _SPLIT.match(body)
    if not found or found[1].lower() not in SPLIT_WORDS:
        return ""
    behind = body[found.end() : found.end() + 1]
    return "" if behind in "_-/.=" else found[1].lower()


def pairs(text: str) -> Iterator[Pair]:
    """The pairs of a text; `70%` is 70, `98/100` of a metric is 0.98, clock times are none."""
    for found in _PAIR.finditer(text[:MAX_CHARACTERS]):
        end = found.end()
        if text[end : end + 1] in (":", "-") and text[end + 1 : end + 2].isdigit():
            continue
        name, signed = _clean(found["name"]), found["sep"].strip() != ""
        if name.endswith(_CODE):
            continue  # `lr_scheduler.py:131` of a warning
        value = _value(found["number"], found["rest"] or "", name)
        if value is not None and name and (signed or is_metric(name) or is_index(name)):
            yield Pair(name, value, signed)


def _clean(name: str) -> str:
    words = name.strip().rstrip("(").split(" ")
    while len(words) > 1 and words[0].lower() in ("and", "in", "on", "is", "of", "the", "over"):
        words.pop(0)
    return " ".join(words).replace("'s ", "/")  # LightGBM: training's auc


def _value(number: str, rest: str, name: str) -> float | None:
    text = number.rstrip(",.") if number[-1:] in ",." else number
    if "," in text:
        if not re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", text):
            text = text.split(",", 1)[0]
        text = text.replace(",", "")
    try:
        value = float(text)
    except ValueError:
        return None
    if rest.startswith("/") and is_metric(name):
        total = float(rest[1:])
        return value / total if total else None
    return value
