"""`Namespace(lr=0.1, milestones=[30, 60])` as argparse prints it, without evaluating it."""

from __future__ import annotations

import ast
from typing import Any

MAX_CHARACTERS = 100_000


def parse_namespace(text: str) -> dict[str, Any] | None:
    """The arguments of the first `Namespace(...)` in a text; None if there is none.

    Values that are Python literals are read as such (`ast.literal_eval`), all others are
    kept as text; nothing is run.
    """
    start = text.find("Namespace(")
    if start < 0:
        return None
    body = _inside(text[start + len("Namespace(") :][:MAX_CHARACTERS])
    found: dict[str, Any] = {}
    for part in _parts(body):
        name, equals, value = part.partition("=")
        if equals and name.strip().isidentifier():
            found[name.strip()] = _literal(value.strip())
    return found or None


def _inside(text: str) -> str:
    for at, depth, _ in _walk(text):
        if depth < 0:
            return text[:at]
    return text


def _parts(body: str) -> list[str]:
    cuts = [at for at, depth, char in _walk(body) if depth == 0 and char == ","]
    ends = [*cuts, len(body)]
    starts = [0, *(cut + 1 for cut in cuts)]
    return [body[a:b] for a, b in zip(starts, ends, strict=True)]


def _walk(text: str) -> list[tuple[int, int, str]]:
    """(position, bracket depth after it, character) outside quotes."""
    out, depth, quote, escaped = [], 0, "", False
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote and not escaped else quote
            escaped = char == "\\" and not escaped
            continue
        if char in "\"'":
            quote = char
        depth += (char in "([{") - (char in ")]}")
        out.append((at, depth, char))
        if depth < 0:
            break
    return out


def _literal(text: str) -> Any:
    if text.startswith("Namespace("):
        return parse_namespace(text)
    if len(text) > 10_000:
        return text
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return text
