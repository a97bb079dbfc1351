"""Mistakes in a rule file: all of them at once, each with its place and a caret."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lrdiag.errors import RuleFileError

# A file with thousands of mistakes is of another kind altogether; the first ones say so.
SHOWN_AT_MOST = 50
_WIDTH = 96


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake. `line` and `column` are 1-based (0: the whole file); `length` of the caret.

    `source` is the text of the line, `hint` what to do, `severity` "error" or "warning".
    """

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    source: str = ""
    length: int = 1
    severity: str = "error"

    @property
    def place(self) -> str:
        """`file:line:column`, or the file alone."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def render(self) -> str:
        """`file:line:column: message`, the line and a caret below it."""
        label = "warning: " if self.severity == "warning" else ""
        text = f"{self.place}: {label}{self.message}"
        if self.hint:
            text += f" ({self.hint})"
        return f"{text}\n{self._excerpt()}" if self.line and self.source.strip() else text

    def _excerpt(self) -> str:
        start = max(0, self.column - 1 - _WIDTH // 2) if self.column > _WIDTH else 0
        shown = self.source[start : start + _WIDTH].replace("\t", " ")
        at = self.column - 1 - start
        carets = "^" * max(1, min(self.length, len(shown) - at))
        number = f"{self.line:>5}"
        return f"{number} | {shown}\n{' ' * len(number)} | {' ' * at}{carets}"


class InvalidRuleFileError(RuleFileError):
    """A rule file with mistakes; `mistakes` in order of their places."""

    def __init__(self, mistakes: Iterable[Mistake], what: str = "rule file") -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        shown = [m.render() for m in self.mistakes[:SHOWN_AT_MOST]]
        left = len(self.mistakes) - len(shown)
        if left > 0:
            shown.append(f"… and {left} more.")
        count = len(self.mistakes)
        head = f"invalid {what}, {count} mistake{'s' if count != 1 else ''}:"
        super().__init__("\n".join([head, *shown]))


class InvalidPolicyError(InvalidRuleFileError):
    """A gate policy with mistakes."""

    slug = "policy"

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        super().__init__(mistakes, "policy")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint naming the closest known name, or listing a few of them, or nothing."""
    names: Sequence[str] = sorted(set(known))
    close = difflib.get_close_matches(name[:80], names, 1, 0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(names)}" if 0 < len(names) <= 12 else ""
