"""Conditions in rules and policies: `val_recall.last >= 0.8 and after_drop(1).val_loss.change < 0`.

Python's grammar with an allow-list of its syntax nodes, checked for types and names before
anything is evaluated (see `kleene`). Every ready-made evaluator measured hangs, crashes, leaks
or gets NaN wrong.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Collection
from functools import lru_cache

from lrdiag.rulefile.condition import Expression, ExpressionError, Reference, Vocabulary
from lrdiag.rulefile.kleene import ARITHMETIC, COMPARISONS, FUNCTIONS

MAX_LENGTH = 2_000
MAX_NODES = 256
MAX_NESTING = 32
ALLOWED = (
    "numbers, names like val_loss.last, + - * /, comparisons, and, or, not, "
    "x if y else z, abs(), min(), max()"
)


@lru_cache(maxsize=512)
def _parsed(text: str) -> ast.expr:
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"the condition is too long: {len(text)} characters, the limit is {MAX_LENGTH}"
        )
    _refuse_deep(text)
    try:
        tree = ast.parse(_one_line(text), mode="eval").body
    except SyntaxError as error:
        start = max(0, (error.offset or 1) - 1)
        raise ExpressionError(f"not a valid condition: {error.msg}", start) from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("not a valid condition: too deep or unreadable") from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise ExpressionError(f"the condition is too large: over {MAX_NODES} parts")
    return tree


def _one_line(text: str) -> str:
    """A block of YAML text is one condition; each character keeps its place."""
    return text.strip().replace("\n", " ")


def _refuse_deep(text: str) -> None:
    depth = 0
    for at, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth > MAX_NESTING:
            raise ExpressionError(f"the condition is too deep: over {MAX_NESTING} levels", at)


def parse_condition(text: str, vocabulary: Vocabulary) -> Expression:
    """A checked condition.

    Raises:
        ExpressionError: not valid; says what and where.
    """
    checker = _Checker(_one_line(text), vocabulary)
    tree = _parsed(text)
    if checker.kind(tree) != "truth":
        raise checker.error(tree, "the condition is a number", "compare it, as in `… > 0.5`")
    return Expression(_one_line(text), tree, checker.places)


class _Checker:
    """Types and names of a tree; collects its references by node."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.places: dict[int, Reference] = {}
        self.depth = 0

    def error(self, node: ast.AST, message: str, hint: str = "") -> ExpressionError:
        """What is wrong, with its place in the text."""
        start, length = place_of(self.text, node)
        return ExpressionError(message, start, length, hint)

    def kind(self, node: ast.expr) -> str:
        """`number` or `truth`."""
        self.depth += 1
        if self.depth > MAX_NESTING * 3:
            raise self.error(node, "the condition is too deep")
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            what = type(node).__name__
            raise self.error(node, f"{what} is not allowed in a condition", f"allowed: {ALLOWED}")
        kind: str = method(node)
        self.depth -= 1
        return kind

    def want(self, node: ast.expr, wanted: str) -> None:
        """Refuse what is not of the wanted kind.

        Raises:
            ExpressionError: it is of the other kind, or not allowed at all.
        """
        if self.kind(node) != wanted:
            other = "a comparison" if wanted == "truth" else "a number"
            raise self.error(node, f"expected {other} here")

    def _constant(self, node: ast.Constant) -> str:
        if isinstance(node.value, bool):
            return "truth"
        if not isinstance(node.value, int | float):
            raise self.error(
                node, f"{type(node.value).__name__} {node.value!r:.40} is not allowed here"
            )
        if abs(node.value) > 1e300:
            raise self.error(node, "the number is too large")
        return "number"

    def _boolop(self, node: ast.BoolOp) -> str:
        for value in node.values:
            self.want(value, "truth")
        return "truth"

    def _unaryop(self, node: ast.UnaryOp) -> str:
        if isinstance(node.op, ast.Invert):
            raise self.error(node, "'~' is not allowed in a condition", f"allowed: {ALLOWED}")
        wanted = "truth" if isinstance(node.op, ast.Not) else "number"
        self.want(node.operand, wanted)
        return wanted

    def _binop(self, node: ast.BinOp) -> str:
        if type(node.op) not in ARITHMETIC:
            name = type(node.op).__name__
            raise self.error(node, f"the operator {name} is not allowed", f"allowed: {ALLOWED}")
        self.want(node.left, "number")
        self.want(node.right, "number")
        return "number"

    def _compare(self, node: ast.Compare) -> str:
        for operator in node.ops:
            if type(operator) not in COMPARISONS:
                raise self.error(
                    node, f"{type(operator).__name__} is not allowed", f"allowed: {ALLOWED}"
                )
        for side in (node.left, *node.comparators):
            self.want(side, "number")
        return "truth"

    def _ifexp(self, node: ast.IfExp) -> str:
        self.want(node.test, "truth")
        kind = self.kind(node.body)
        self.want(node.orelse, kind)
        return kind

    def _call(self, node: ast.Call) -> str:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in FUNCTIONS:
            shown = name or ast.unparse(node.func)[:40]
            raise self.error(
                node, f"{shown}() is not allowed as a number", self._function_hint(name)
            )
        wrong = len(node.args) != 1 if name == "abs" else len(node.args) < 2
        if node.keywords or wrong:
            wanted = "one number" if name == "abs" else "two numbers or more"
            raise self.error(node, f"{name}() takes {wanted}")
        for argument in node.args:
            self.want(argument, "number")
        return "number"

    def _function_hint(self, name: str) -> str:
        known = [*FUNCTIONS, *self.vocabulary.stretches]
        if name in self.vocabulary.stretches:
            return f"say which value: {name}(1).val_loss.change"
        return _closest(name, known) or f"allowed: {ALLOWED}"

    def _name(self, node: ast.Name) -> str:
        if node.id in self.vocabulary.subjects:
            attributes = sorted(self.vocabulary.subjects[node.id])
            hint = f"say which value: {node.id}.{'last' if 'last' in attributes else attributes[0]}"
            raise self.error(node, f"{node.id!r} is a curve, not a number", hint)
        hint = (
            _closest(node.id, self.vocabulary.subjects)
            or f"known: {', '.join(list(self.vocabulary.subjects)[:8])} …"
        )
        raise self.error(node, f"unknown name {node.id!r}", hint)

    def _attribute(self, node: ast.Attribute) -> str:
        subject, by_tag, scope = self._subject(node.value)
        if by_tag:
            attributes = self.vocabulary.tag_attributes
        else:
            attributes = self.vocabulary.subjects[_base(subject)]
        if node.attr not in attributes:
            hint = _closest(node.attr, attributes) or f"known: {', '.join(sorted(attributes))}"
            start, length = place_of(self.text, node)
            at = start + length - len(node.attr)
            message = f"unknown value {node.attr!r} of {subject}"
            raise ExpressionError(message, at, len(node.attr), hint)
        stretch, number = scope
        self.places[id(node)] = Reference(subject, node.attr, stretch, number, by_tag)
        return "number"

    def _subject(self, node: ast.expr) -> tuple[str, bool, tuple[str, int]]:
        if isinstance(node, ast.Attribute):
            return self._known(node, node.attr), False, self._stretch(node.value)
        if isinstance(node, ast.Name):
            return self._known(node, node.id), False, ("", 0)
        if isinstance(node, ast.Call):
            scope = ("", 0)
            function = node.func
            if isinstance(function, ast.Attribute):
                scope = self._stretch(function.value)
            name = (
                function.attr
                if isinstance(function, ast.Attribute)
                else getattr(function, "id", "")
            )
            argument = node.args[0] if len(node.args) == 1 and not node.keywords else None
            text = argument.value if isinstance(argument, ast.Constant) else None
            if name in ("tag", "role") and self.vocabulary.tags and isinstance(text, str) and text:
                return (
                    (text, True, scope)
                    if name == "tag"
                    else (self._known(node, text), False, scope)
                )
            if name in self.vocabulary.stretches:
                raise self.error(
                    node, f"{name}() needs a curve and a value", f"{name}(1).val_loss.change"
                )
        raise self.error(node, f"{ast.unparse(node)[:40]!r} is not a curve", f"allowed: {ALLOWED}")

    def _known(self, node: ast.AST, name: str) -> str:
        if _base(name) in self.vocabulary.subjects:
            return name
        hint = _closest(name, self.vocabulary.subjects)
        raise self.error(node, f"unknown name {name!r}", hint or "see `lrdiag rules list --roles`")

    def _stretch(self, node: ast.expr) -> tuple[str, int]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            argument = node.args[0] if len(node.args) == 1 and not node.keywords else None
            number = argument.value if isinstance(argument, ast.Constant) else None
            if node.func.id in self.vocabulary.stretches:
                if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= 999:
                    return node.func.id, number
                raise self.error(node, f"{node.func.id}() takes a whole number from 1")
        hint = _closest(ast.unparse(node)[:40], self.vocabulary.subjects)
        raise self.error(node, f"unknown name {ast.unparse(node)[:40]!r}", hint)


def _base(subject: str) -> str:
    """`val_recall/fraud`, the recall of a class, has the values of `val_recall`."""
    return subject.partition("/")[0]


def _closest(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name[:80], list(known), 1, 0.6)
    return f"did you mean {close[0]!r}?" if close else ""


def place_of(text: str, node: ast.AST) -> tuple[int, int]:
    """Start and length of a node in its one- or several-line text, in characters."""
    line = getattr(node, "lineno", 1)
    before = sum(len(part) + 1 for part in text.split("\n")[: line - 1])
    source = text.split("\n")[line - 1].encode()
    start = len(source[: getattr(node, "col_offset", 0)].decode("utf-8", "ignore"))
    if getattr(node, "end_lineno", line) != line:
        return before + start, 1
    end = len(source[: getattr(node, "end_col_offset", 0)].decode("utf-8", "ignore"))
    return before + start, end - start
