"""Can a condition ever be true, can it ever be false? Interval arithmetic over its numbers.

Sound, not complete: "never" and "always" are said only when no run can show otherwise.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable

from lrdiag.rulefile.condition import Expression, Reference
from lrdiag.rulefile.kleene import constraints_of

Range = tuple[float, float]
Truth = tuple[bool, bool]
"""(can be true, can be false)."""

_ANY: Range = (-math.inf, math.inf)


def possible(expression: Expression, bounds: Callable[[Reference], Range]) -> Truth:
    """Whether a condition can be true and whether it can be false.

    Args:
        expression: a checked condition.
        bounds: smallest and largest value of a reference.
    """
    can_be_true, can_be_false = _Ranges(expression, bounds).truth(expression.tree)
    return can_be_true and not _contradictory(expression, bounds), can_be_false


def _contradictory(expression: Expression, bounds: Callable[[Reference], Range]) -> bool:
    """Whether the comparisons of a plain `and` exclude one another: `x > 3 and x < 2`."""
    tree = expression.tree
    if not isinstance(tree, ast.BoolOp) or not isinstance(tree.op, ast.And):
        return False
    members = {id(value) for value in tree.values}
    limits: dict[Reference, Range] = {}
    for node, reference, operator, constant in constraints_of(expression):
        if id(node) not in members or operator == "!=":
            continue
        low, high = limits.get(reference, bounds(reference))
        low = max(low, constant) if operator in (">", ">=", "==") else low
        high = min(high, constant) if operator in ("<", "<=", "==") else high
        limits[reference] = (low, high)
    return any(low > high for low, high in limits.values())


class _Ranges:
    """Interval arithmetic over the parts of a condition."""

    def __init__(self, expression: Expression, bounds: Callable[[Reference], Range]) -> None:
        self.places = expression.places
        self.bounds = bounds

    def truth(self, node: ast.expr) -> Truth:
        """Whether a part of the condition can be true, and whether it can be false."""
        if isinstance(node, ast.Constant):
            return bool(node.value), not node.value
        if isinstance(node, ast.UnaryOp):
            true, false = self.truth(node.operand)
            return false, true
        if isinstance(node, ast.BoolOp):
            parts = [self.truth(value) for value in node.values]
            if isinstance(node.op, ast.And):
                return all(p[0] for p in parts), any(p[1] for p in parts)
            return any(p[0] for p in parts), all(p[1] for p in parts)
        if isinstance(node, ast.IfExp):
            one, other = self.truth(node.body), self.truth(node.orelse)
            return one[0] or other[0], one[1] or other[1]
        return self._compare(node) if isinstance(node, ast.Compare) else (True, True)

    def _compare(self, node: ast.Compare) -> Truth:
        sides = [self.range(side) for side in (node.left, *node.comparators)]
        parts = [
            _compared(operator, left, right)
            for operator, left, right in zip(node.ops, sides, sides[1:], strict=False)
        ]
        return all(p[0] for p in parts), any(p[1] for p in parts)

    def range(self, node: ast.expr) -> Range:
        """The smallest and largest value a number can have."""
        if id(node) in self.places:
            return self.bounds(self.places[id(node)])
        if isinstance(node, ast.Constant):
            return float(node.value), float(node.value)  # type: ignore[arg-type]
        if isinstance(node, ast.UnaryOp):
            low, high = self.range(node.operand)
            return (-high, -low) if isinstance(node.op, ast.USub) else (low, high)
        if isinstance(node, ast.BinOp):
            return _combined(node.op, self.range(node.left), self.range(node.right))
        if isinstance(node, ast.Call):
            return _called(node, [self.range(argument) for argument in node.args])
        return self._either(node) if isinstance(node, ast.IfExp) else _ANY

    def _either(self, node: ast.IfExp) -> Range:
        one, other = self.range(node.body), self.range(node.orelse)
        return min(one[0], other[0]), max(one[1], other[1])


def _compared(operator: ast.cmpop, left: Range, right: Range) -> Truth:
    single = left[0] == left[1] == right[0] == right[1]
    apart = left[1] < right[0] or right[1] < left[0]
    if isinstance(operator, ast.Lt):
        return left[0] < right[1], left[1] >= right[0]
    if isinstance(operator, ast.LtE):
        return left[0] <= right[1], left[1] > right[0]
    if isinstance(operator, ast.Gt):
        return left[1] > right[0], left[0] <= right[1]
    if isinstance(operator, ast.GtE):
        return left[1] >= right[0], left[0] < right[1]
    return (not apart, not single) if isinstance(operator, ast.Eq) else (not single, not apart)


def _combined(operator: ast.operator, left: Range, right: Range) -> Range:
    if isinstance(operator, ast.Add):
        ends = [left[0] + right[0], left[1] + right[1]]
    elif isinstance(operator, ast.Sub):
        ends = [left[0] - right[1], left[1] - right[0]]
    elif isinstance(operator, ast.Mult):
        ends = [a * b for a in left for b in right]
    elif right[0] > 0 or right[1] < 0:
        ends = [a / b for a in left for b in right]
    else:
        return _ANY
    return _ANY if any(math.isnan(end) for end in ends) else (min(ends), max(ends))


def _called(node: ast.Call, ranges: list[Range]) -> Range:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name == "abs":
        low, high = ranges[0]
        least = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
        return least, max(abs(low), abs(high))
    pick = min if name == "min" else max
    return pick(r[0] for r in ranges), pick(r[1] for r in ranges)
