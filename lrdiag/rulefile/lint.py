"""Mistakes of meaning: a rule that is well formed and still cannot do what its author wants."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from lrdiag.checks.registry import check_kinds
from lrdiag.errors import RuleFileError
from lrdiag.roles.resolution import ROLE_NAMES
from lrdiag.rulefile.build import EXPR_KIND, kind_of, parameters_of
from lrdiag.rulefile.condition import ExpressionError, Vocabulary
from lrdiag.rulefile.documents import Document
from lrdiag.rulefile.expressions import parse_condition
from lrdiag.rulefile.mistakes import Mistake, did_you_mean
from lrdiag.rulefile.ranges import possible
from lrdiag.rulefile.scope import compiled_pattern
from lrdiag.rulefile.templates import check_template
from lrdiag.rulefile.vocabulary import bounds, rule_vocabulary

Path = tuple[str | int, ...]


def rule_mistakes(document: Document, path: Path, data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Mistakes of meaning in one rule's plain data, which may be malformed in other ways."""
    yield from _template_mistakes(document, path, data)
    yield from _selector_mistakes(document, path, data)
    if kind_of(data) == EXPR_KIND:
        yield from _condition_mistakes(document, path, data)
    else:
        yield from _threshold_mistakes(document, path, data)


def _template_mistakes(
    document: Document, path: Path, data: Mapping[str, Any]
) -> Iterator[Mistake]:
    for name in ("message", "remedy"):
        text = data.get(name)
        for problem in check_template(text) if isinstance(text, str) else ():
            yield document.mistake(document.place_of((*path, name)), f"{name}: {problem}")


def _selector_mistakes(
    document: Document, path: Path, data: Mapping[str, Any]
) -> Iterator[Mistake]:
    applies = data.get("applies_to")
    if not isinstance(applies, Mapping):
        return
    for index, role in enumerate(_texts(applies.get("roles"))):
        if not any(fnmatchcase(known, role) for known in ROLE_NAMES) and "/" not in role:
            place = document.place_of((*path, "applies_to", "roles", index))
            hint = did_you_mean(role, ROLE_NAMES)
            yield document.mistake(place, f"unknown role {role!r}", hint, length=len(role))
    for index, pattern in enumerate(_texts(applies.get("tags"))):
        if len(pattern) > 2 and pattern[0] == pattern[-1] == "/":
            try:
                compiled_pattern(pattern[1:-1])
            except RuleFileError as error:
                place = document.place_of((*path, "applies_to", "tags", index))
                yield document.mistake(place, error.what, length=len(pattern))


def _texts(value: Any) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def _condition_mistakes(
    document: Document, path: Path, data: Mapping[str, Any]
) -> Iterator[Mistake]:
    text = parameters_of(data).get("when")
    inside = (*path, "when") if "when" in data else (*path, "parameters", "when")
    if isinstance(text, str) and text:
        yield from condition_mistakes(document, inside, text, rule_vocabulary())


def condition_mistakes(
    document: Document, path: Path, text: str, vocabulary: Vocabulary, *, floor: bool = False
) -> Iterator[Mistake]:
    """Mistakes in a condition; `floor`: it says what must hold (a gate's), not when to fire."""
    try:
        asked = parse_condition(text, vocabulary)
    except ExpressionError as error:
        place = _inside(document, path, text, error.start)
        yield document.mistake(place, error.what, error.hint, length=error.length)
        return
    can_be_true, can_be_false = possible(asked, bounds)
    if can_be_true and can_be_false:
        return
    never, always = (
        ("can never hold", "always holds") if floor else ("can never fire", "always fires")
    )
    message = f"the condition {always if can_be_true else never}, whatever the run shows"
    hint = "recall, accuracy and the like lie between 0 and 1"
    yield document.mistake(document.place_of(path), message, hint, length=len(text))


def _inside(document: Document, path: Path, text: str, start: int) -> tuple[int, int]:
    """The place of a character of a one-line scalar; of the scalar itself otherwise."""
    line, column = document.place_of(path)
    source = document.lines[line - 1] if line <= len(document.lines) else ""
    at = source.find(text.strip(), column - 1)
    return (line, at + 1 + start) if at >= 0 else (line, column)


def _threshold_mistakes(
    document: Document, path: Path, data: Mapping[str, Any]
) -> Iterator[Mistake]:
    kind = check_kinds().get(kind_of(data))
    given = data.get("parameters")
    if kind is None or not isinstance(given, Mapping):
        return
    units = parameter_texts(kind)
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        place = document.place_of((*path, "parameters", name))
        text = units.get(str(name), "")
        if value < 0 and str(name).startswith(("min_", "max_")):
            effect = "the rule would always fire" if str(name).startswith("min_") else "never hold"
            message = (
                f"{name}: {value:g} is below 0, {effect}: {text or 'a threshold is not negative'}"
            )
            yield document.mistake(place, message)
        elif value >= 5 and re.search(r"\bfractions?\b|\bprobability\b", text):
            hint = f"did you mean {value / 100:g}?"
            message = f"{name}: {value:g} is no fraction, the rule would never fire: {text}"
            yield document.mistake(place, message, hint)


def parameter_texts(kind: type) -> dict[str, str]:
    """Parameter name to its description, from the class's docstring (`Attributes:`)."""
    block = re.split(r"\n\s*Attributes:\s*\n", inspect.getdoc(kind) or "", maxsplit=1)
    if len(block) < 2:
        return {}
    found: dict[str, str] = {}
    current = ""
    for line in block[1].split("\n"):
        if line.strip() and not line.startswith(" "):
            break
        entry = re.match(r"\s{2,8}(\w+(?:, \w+)*)(?: \([^)]*\))?: (.*)", line)
        if entry and not line.startswith(" " * 8):
            current = entry.group(1)
            found.update({name: entry.group(2).strip() for name in current.split(", ")})
        elif current:
            for name in current.split(", "):
                found[name] = f"{found[name]} {line.strip()}".strip()
    return found
