"""The mistakes that are planted: one small change of the syntax tree each.

The operators are those of mutmut and cosmic-ray, less the text of messages (golden files look
after that), with statements left out and arguments exchanged besides. Types, docstrings,
decorators and what only a type checker sees are left alone.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
_ARITHMETIC: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
_SYMMETRIC = {"maximum", "minimum", "hypot", "isclose", "gcd", "add", "multiply"}
_REMOVABLE = (ast.AugAssign, ast.Raise, ast.Continue, ast.Break)


@dataclass(frozen=True)
class Mutant:
    """One planted mistake: the `number`-th of a file, in words."""

    file: str
    number: int
    line: int
    what: str


def _comparisons(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _COMPARISONS[type(node.ops[0])]:
            yield "comparison", ast.Compare(node.left, [other()], node.comparators)


def _arithmetic(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        yield "arithmetic", ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield "sign or not", node.operand


def _logic(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.BoolOp):
        swapped = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "and/or", ast.BoolOp(swapped, node.values)
    if isinstance(node, ast.If | ast.IfExp | ast.While) and not isinstance(
        node.test, ast.Compare | ast.UnaryOp
    ):
        changed = copy.copy(node)
        changed.test = ast.UnaryOp(ast.Not(), node.test)
        yield "condition", changed


def _constants(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "constant", ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield "constant", ast.Constant(node.value + 1)


def _calls(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Name) and node.func.id in _NAMES:
        yield "min/max", ast.Call(ast.Name(_NAMES[node.func.id], ast.Load()), node.args,
                                  node.keywords)  # fmt: skip
    elif len(node.args) > 1 and not any(isinstance(a, ast.Starred) for a in node.args[:2]):
        first, second, *rest = node.args
        if ast.dump(first) != ast.dump(second) and _name(node.func) not in _SYMMETRIC:
            yield "argument order", ast.Call(node.func, [second, first, *rest], node.keywords)


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def _statements(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.Return) and node.value is not None and not _is_falsy(node.value):
        yield "return", ast.Return(ast.Constant(None))
    if isinstance(node, _REMOVABLE) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Yield)
    ):
        yield "statement left out", ast.Pass()


def _is_falsy(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


_OPERATORS: tuple[Callable[[ast.AST], Iterator[tuple[str, ast.AST]]], ...] = (
    _comparisons, _arithmetic, _logic, _constants, _calls, _statements,
)  # fmt: skip
_UNTOUCHED = {"annotation", "returns", "decorator_list", "type_params"}


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Every node that may change with its parent, in the order of the file."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
        return
    for name, value in ast.iter_fields(node):
        if name in _UNTOUCHED:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                yield node, name, index, child
                yield from _places(child)


def _alternatives(
    tree: ast.AST,
) -> Iterator[tuple[ast.AST, str, int | None, ast.AST, str, ast.AST]]:
    for parent, name, index, child in _places(tree):
        for operator in _OPERATORS:
            for what, changed in operator(child):
                yield parent, name, index, child, what, changed


@lru_cache
def mutants(file: str, source: str) -> list[Mutant]:
    """All mistakes that can be planted in a file."""
    return [
        Mutant(file, number, child.lineno, f"{what}: {ast.unparse(changed).splitlines()[0][:90]}")
        for number, (_, _, _, child, what, changed) in enumerate(_alternatives(ast.parse(source)))
    ]


def planted(source: str, number: int) -> ast.Module:
    """The syntax tree of a file with its `number`-th mistake, lines kept for messages."""
    tree = ast.parse(source)
    for at, (parent, name, index, child, _, changed) in enumerate(_alternatives(tree)):
        if at == number:
            ast.copy_location(changed, child)
            if index is None:
                setattr(parent, name, changed)
            else:
                getattr(parent, name)[index] = changed
            break
    return ast.fix_missing_locations(tree)
