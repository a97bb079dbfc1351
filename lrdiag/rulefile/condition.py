"""Values of conditions: references, vocabulary, a checked condition."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from lrdiag.errors import RuleFileError


class ExpressionError(RuleFileError):
    """A condition is not valid. `start`, `length`: the place in its text, in characters."""

    slug = "expression"

    def __init__(self, message: str, start: int = 0, length: int = 1, hint: str = "") -> None:
        super().__init__(message, hint)
        self.start = start
        self.length = max(1, length)
        self.hint = hint


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A number looked up in a run: `after_drop(1).val_loss.change`.

    `stretch`: "" for the whole run, "after_drop" or "segment"; `number`: which one, from 1.
    `subject`: a role, `run`, or with `by_tag` a logged name.
    """

    subject: str
    attribute: str
    stretch: str = ""
    number: int = 0
    by_tag: bool = False

    def __str__(self) -> str:
        """As it is written."""
        stretch = f"{self.stretch}({self.number})." if self.stretch else ""
        subject = f'tag("{self.subject}")' if self.by_tag else self.subject
        return f"{stretch}{subject}.{self.attribute}"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a condition may name: subjects, the attributes of each, stretches, tags."""

    subjects: Mapping[str, Collection[str]]
    stretches: Collection[str] = ()
    tags: bool = False
    tag_attributes: Collection[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked condition. `references`: what it looks up, in order of appearance."""

    text: str
    tree: ast.expr
    places: Mapping[int, Reference]

    @property
    def references(self) -> tuple[Reference, ...]:
        """What it looks up, without repetition."""
        return tuple(dict.fromkeys(self.places.values()))
