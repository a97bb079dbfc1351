"""Evaluation of conditions over three values: true, false and unknown (Kleene's strong logic).

Missing numbers, NaN, infinities, overflow and division by zero are unknown; unknown never
becomes true or false by itself (S. C. Kleene, Introduction to Metamathematics, 1952, section 64).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator, Mapping

from lrdiag.rulefile.condition import Expression, Reference

Value = float | bool | None

ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}
FUNCTIONS: dict[str, Callable[..., float]] = {"abs": abs, "min": min, "max": max}


def evaluate(expression: Expression, lookup: Callable[[Reference], float | None]) -> bool | None:
    """True, false or None (unknown).

    Args:
        expression: a checked condition.
        lookup: the number behind a reference; None, NaN and infinities are unknown.
    """
    value = _Evaluator(expression.places, lookup).value(expression.tree)
    return None if value is None else bool(value)


class _Evaluator:
    """Evaluates with three truth values: true, false and None, unknown."""

    def __init__(
        self, places: Mapping[int, Reference], lookup: Callable[[Reference], float | None]
    ) -> None:
        self.places = places
        self.lookup = lookup

    def value(self, node: ast.expr) -> Value:
        """What a part of the condition comes to; None where a value is missing."""
        reference = self.places.get(id(node))
        if reference is not None:
            return _finite(self.lookup(reference))
        result: Value = getattr(self, f"_{type(node).__name__.lower()}")(node)
        return result

    def _constant(self, node: ast.Constant) -> Value:
        value = node.value
        return value if isinstance(value, bool) else float(value)  # type: ignore[arg-type]

    def _boolop(self, node: ast.BoolOp) -> Value:
        values = [self.value(v) for v in node.values]
        deciding = isinstance(node.op, ast.Or)
        if any(v is deciding for v in values):
            return deciding
        return None if any(v is None for v in values) else not deciding

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        value = self.value(node.operand)
        if value is None:
            return None
        if isinstance(node.op, ast.Not):
            return not value
        return -value if isinstance(node.op, ast.USub) else value

    def _binop(self, node: ast.BinOp) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None:
            return None
        try:
            return _finite(ARITHMETIC[type(node.op)](left, right))
        except (ZeroDivisionError, OverflowError):
            return None

    def _compare(self, node: ast.Compare) -> Value:
        sides = [self.value(side) for side in (node.left, *node.comparators)]
        results: list[bool | None] = []
        for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
            unknown = left is None or right is None
            results.append(None if unknown else COMPARISONS[type(operator)](left, right))  # type: ignore[arg-type]
        if any(r is False for r in results):
            return False
        return None if any(r is None for r in results) else True

    def _ifexp(self, node: ast.IfExp) -> Value:
        test = self.value(node.test)
        if test is not None:
            return self.value(node.body if test else node.orelse)
        one, other = self.value(node.body), self.value(node.orelse)
        return one if one == other else None

    def _call(self, node: ast.Call) -> Value:
        values = [self.value(a) for a in node.args]
        numbers = [v for v in values if v is not None]
        if len(numbers) < len(values):
            return None
        return _finite(FUNCTIONS[node.func.id](*numbers))  # type: ignore[attr-defined]


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def comparisons_of(
    expression: Expression, lookup: Callable[[Reference], float | None]
) -> list[tuple[Reference, float, bool]]:
    """The comparisons of one looked-up number with a constant: reference, constant, holds now."""
    found = []
    for node, reference, constant in _simple_comparisons(expression):
        holds = _Evaluator(expression.places, lookup).value(node) is True
        found.append((reference, constant, holds))
    return found


def constraints_of(expression: Expression) -> list[tuple[ast.Compare, Reference, str, float]]:
    """The same comparisons written as `reference operator constant`."""
    found = []
    for node, reference, constant in _simple_comparisons(expression):
        symbol = _SYMBOLS[type(node.ops[0])]
        turned = id(node.left) not in expression.places
        found.append((node, reference, _MIRRORED[symbol] if turned else symbol, constant))
    return found


def _simple_comparisons(expression: Expression) -> Iterator[tuple[ast.Compare, Reference, float]]:
    for node in ast.walk(expression.tree):
        if not isinstance(node, ast.Compare) or len(node.ops) != 1:
            continue
        for side, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
            constant = constant_of(other)
            if id(side) in expression.places and constant is not None:
                yield node, expression.places[id(side)], constant


_SYMBOLS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def constant_of(node: ast.AST) -> float | None:
    """The number a node stands for, if it is one: `0.8`, `-1`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = constant_of(node.operand)
        return None if inner is None else -inner
    return None
