"""Which tests can notice a mistake, in the order in which they are worth running.

The tests of an area ran once under coverage. A mistake inside a function can only be noticed by
tests that ran its statement; one in what runs on import (a limit of the module, a default, a
class body) by any test that ran a line of the module.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from benchmarks.mutants.areas import ROOT
from benchmarks.mutants.changes import Mutant

_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_KILLER = 20.0
"""How much a test that killed a mutant of the same file is preferred over one that did not."""


def reaching(mutant: Mutant, found: Mapping[str, Any]) -> set[str]:
    """The tests that may notice a mutant; empty where no test runs its statement.

    A module that runs on import alone (tables, values) belongs to every test.
    """
    lines: dict[str, list[str]] = found["lines"].get(mutant.file, {})
    span = statement_lines((ROOT / mutant.file).read_text(), mutant.line)
    chosen = lines.values() if span is None else [lines.get(str(n), []) for n in span]
    ran = {test for some in chosen for test in some}
    known = found["seconds"].keys()
    if span is not None and not ran & known and ran:
        ran = {test for some in lines.values() for test in some}  # a function run on import
    if span is None and not ran & known:
        ran = set(known)
    return ran & known


@lru_cache(maxsize=64)
def _tree(source: str) -> ast.Module:
    return ast.parse(source)


def statement_lines(source: str, line: int) -> range | None:
    """The lines of the statement of a function (its head, where it has a body) at a line.

    None for what runs on import.
    """
    inside = _innermost(_tree(source).body, line)
    if inside is None:
        return None
    body: Sequence[ast.AST] = getattr(inside, "body", ())
    end = min([inside.end_lineno or line, *(max(b.lineno - 1, line) for b in body[:1])])
    return range(inside.lineno, end + 1)


def _innermost(body: Sequence[ast.stmt], line: int, within: bool = False) -> ast.stmt | None:
    """The smallest statement at a line if it is inside a function's body."""
    for node in body:
        if not _first(node) <= line <= (node.end_lineno or 0):
            continue
        is_function = isinstance(node, _FUNCTION)
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = [b for b in getattr(node, part, ()) if isinstance(b, ast.AST)]
            got = _innermost(_statements(inner), line, within or is_function)
            if got is not None:
                return got
        return node if within else None
    return None


def _first(node: ast.stmt) -> int:
    return min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])


def _statements(nodes: Sequence[ast.AST]) -> list[ast.stmt]:
    """Statements, those of handlers and match cases in their place."""
    found: list[ast.stmt] = []
    for node in nodes:
        found += [node] if isinstance(node, ast.stmt) else list(getattr(node, "body", ()))
    return found


def in_order(
    tests: set[str], seconds: Mapping[str, float], killers: Counter[str], budget: float
) -> dict[str, float]:
    """The tests and their seconds, those first that kill soonest, as many as fit the budget."""
    chosen: dict[str, float] = {}
    spent = 0.0
    for test in sorted(tests, key=lambda t: (seconds[t] / (1 + _KILLER * killers[t]), t)):
        spent += seconds[test]
        if spent > budget:
            break
        chosen[test] = seconds[test]
    return chosen
