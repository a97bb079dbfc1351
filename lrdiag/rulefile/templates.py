"""The words of a rule: `{name}` and `{name:.1%}` filled with facts, and nothing else.

A subset of `str.format`: attribute access, indexing, conversions and nested fields are refused,
so that a rule file can neither reach into objects nor ask for a text of unbounded width.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from string import Formatter
from typing import Any

MAX_TEXT = 4_000
_VALUE_LENGTH = 300
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_FORMAT = re.compile(r"[<>^]?[-+ ]?,?[0-9]{0,2}(\.[0-9]{1,2})?[eEfFgGd%s]?\Z")
UNKNOWN = "?"


def placeholders(template: str) -> tuple[str, ...]:
    """The names in a template, in order of appearance.

    Raises:
        ValueError: the template is not valid; the message says what is wrong.
    """
    return tuple(dict.fromkeys(name for _, name, _ in _parts(template) if name is not None))


def check_template(template: str, known: Collection[str] | None = None) -> list[str]:
    """What is wrong with a template: syntax, and names not in `known` (None: any name)."""
    try:
        names = placeholders(template)
    except ValueError as error:
        return [str(error)]
    if known is None:
        return []
    return [f"unknown placeholder {{{name}}}" for name in names if name not in known]


def fill(template: str, facts: Mapping[str, Any]) -> str:
    """The template with its placeholders filled; a missing or None fact becomes `?`.

    The result is cut at 4,000 characters, each text fact at 300.
    """
    text = "".join(
        literal + ("" if name is None else _shown(facts.get(name), spec))
        for literal, name, spec in _parts(template)
    )
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _parts(template: str) -> list[tuple[str, str | None, str]]:
    parts: list[tuple[str, str | None, str]] = []
    for literal, name, spec, conversion in Formatter().parse(template):
        if name is not None:
            if conversion:
                raise ValueError(f"conversion '!{conversion}' is not allowed in {{{name}}}")
            if not _NAME.match(name):
                raise ValueError(f"{{{name[:40]}}} is not a name (letters, digits and _ only)")
            if not _FORMAT.match(spec or ""):
                raise ValueError(f"format '{(spec or '')[:40]}' of {{{name}}} is not allowed")
        parts.append((literal, name, spec or ""))
    return parts


def _shown(value: Any, spec: str) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float) or hasattr(value, "dtype"):
        return _number(float(value), spec) if getattr(value, "ndim", 0) == 0 else _cut(value)
    return _cut(value)


def _number(value: float, spec: str) -> str:
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if not spec:
        return f"{value:.4g}" if value != int(value) or abs(value) >= 1e15 else str(int(value))
    if spec.endswith("s"):
        return str(value)
    return format(round(value) if spec.endswith("d") else value, spec)


def _cut(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    return text if len(text) <= _VALUE_LENGTH else text[: _VALUE_LENGTH - 1] + "…"
