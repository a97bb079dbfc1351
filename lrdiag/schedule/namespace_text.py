"""`Namespace(lr=0.1, milestones=[30, 60])` and `key: value` texts as mappings, never executed."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from lrdiag.schedule import config_words as words

# A configuration printed on one line is rarely longer; what is longer is not parsed.
_MAX_LINE = 200_000
_CALL = re.compile(r"\b(?:Namespace|EasyDict|AttrDict|Config|dict)\(")
_PAIR = re.compile(r"^\s*-*([A-Za-z_][\w.-]{1,60})\s*[:=]\s*(\S.{0,400}?)\s*,?$")


def namespace_of(line: str) -> dict[str, Any]:
    """Hyper-parameters in one line of text, empty if there are none."""
    if len(line) > _MAX_LINE:
        return {}
    match = _CALL.search(line)
    if match:
        return _call(line[match.start() :])
    brace = line.find("{")
    if brace >= 0:
        return _braces(line[brace:])
    pair = _PAIR.match(line)
    return {pair[1]: words.literal(pair[2])} if pair else {}


def _call(text: str) -> dict[str, Any]:
    """Keyword arguments of a call's text, by Python's own parser, literals only."""
    tree = _parsed(_balanced(text, "(", ")"))
    if not isinstance(tree, ast.Call):
        return {}
    return {k.arg: _value(k.value) for k in tree.keywords if k.arg}


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return ast.unparse(node)[:400]


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _braces(text: str) -> dict[str, Any]:
    body = _balanced(text, "{", "}")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = words.literal(body)
    return found if isinstance(found, dict) else {}


def _balanced(text: str, opening: str, closing: str) -> str:
    """Text from its start to the bracket that closes the first one."""
    depth = 0
    for place, char in enumerate(text):
        if char == opening:
            depth += 1
        elif char == closing:
            depth -= 1
            if depth == 0:
                return text[: place + 1]
    return text
