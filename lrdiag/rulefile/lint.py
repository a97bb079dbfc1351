"""Mistakes of meaning: a rule that is well formed and still cannot do what its author wants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lrdiag.errors import RuleFileError
from lrdiag.rulefile.documents import Document
from lrdiag.rulefile.mistakes import Mistake
from lrdiag.rulefile.scope import compiled_pattern
from lrdiag.rulefile.templates import check_template
from lrdiag.rulefile.values import Rule

Path = tuple[str | int, ...]


def rule_mistakes(
    rule: Rule, document: Document, path: Path, parameters: Mapping[str, Any]
) -> Iterator[Mistake]:
    """Mistakes of meaning in one rule."""
    yield from _template_mistakes(rule, document, path)
    yield from _pattern_mistakes(rule, document, path)


def _template_mistakes(rule: Rule, document: Document, path: Path) -> Iterator[Mistake]:
    for name in ("message", "remedy"):
        for problem in check_template(getattr(rule, name)):
            place = document.place_of((*path, name))
            yield document.mistake(place, f"{name}: {problem}")


def _pattern_mistakes(rule: Rule, document: Document, path: Path) -> Iterator[Mistake]:
    for index, pattern in enumerate(rule.tags):
        if len(pattern) > 2 and pattern[0] == pattern[-1] == "/":
            try:
                compiled_pattern(pattern[1:-1])
            except RuleFileError as error:
                place = document.place_of((*path, "applies_to", "tags", index))
                yield document.mistake(place, error.what, length=len(pattern))
