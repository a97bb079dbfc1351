"""The shape of the code: small rooms, short functions, names of the field, words for readers."""

from __future__ import annotations

import ast
import importlib.util
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "lrdiag"
MODULES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
ROOMS = [p for p in MODULES if p.name == "__init__.py" and p.parent != PACKAGE]
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "core", "base"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def place(path: Path, node: ast.AST | None = None) -> str:
    shown = str(path.relative_to(ROOT))
    return f"{shown}:{node.lineno} {node.name}" if node is not None else shown


def functions() -> Iterator[tuple[Path, Function]]:
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, Function):
                yield path, node


def lines(node: Function) -> int:
    return node.end_lineno - node.lineno + 1


def public(path: Path, node: ast.AST) -> Iterator[tuple[Path, ast.AST]]:
    """Classes, and functions and methods that a reader may call, overrides included.

    A private class counts as well, with its methods of public names: interrogate passes over both.
    """
    for child in ast.iter_child_nodes(node):
        named = isinstance(child, Function) and not child.name.startswith("_")
        if isinstance(child, ast.ClassDef) or (named and not is_setter(child)):
            yield path, child
        if isinstance(child, ast.ClassDef | ast.If | ast.Try):
            yield from public(path, child)


def is_setter(node: ast.AST) -> bool:
    """A setter's words are shown nowhere: Python keeps those of the property."""
    return any(getattr(d, "attr", "") == "setter" for d in node.decorator_list)


def test_no_file_of_the_package_or_its_tests_is_longer_than_300_lines():
    files = [*MODULES, *(ROOT / "tests").rglob("*.py")]
    long = {place(p): n for p in files if (n := len(p.read_text().splitlines())) > 300}
    assert long == {}


def test_no_function_is_longer_than_60_lines():
    assert {place(p, f): n for p, f in functions() if (n := lines(f)) > 60} == {}


def test_half_of_the_functions_have_at_most_8_lines_of_code():
    def code(node: Function) -> int:
        return sum(s.end_lineno - s.lineno + 1 for s in node.body if not is_docstring(s))

    assert statistics.median(code(f) for _, f in functions()) <= 8


def is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def test_everything_public_says_what_it_is():
    silent = [
        place(p, node)
        for path in MODULES
        for p, node in public(path, tree(path))
        if not ast.get_docstring(node)
    ]
    assert silent == []


def test_every_module_says_what_it_is():
    assert [place(p) for p in MODULES if p not in ROOMS and not ast.get_docstring(tree(p))] == []


def test_rooms_open_into_nothing():
    assert [place(p) for p in ROOMS if p.read_text().strip()] == []


def test_no_module_has_a_name_that_says_nothing():
    named = [p for p in MODULES if set(p.stem.split("_")) & SAYS_NOTHING]
    assert [place(p) for p in named] == []


def test_the_design_names_every_room_and_nothing_that_is_gone():
    design = (ROOT / "docs" / "design.md").read_text()
    assert [p.parent.name for p in ROOMS if f"{p.parent.name}/" not in design] == []


def is_assertion(node: ast.AST, helpers: frozenset[str] = frozenset()) -> bool:
    if isinstance(node, ast.Assert):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return name in {"raises", "fail"} or name.startswith("assert_") or name in helpers


def silent_tests(path: Path) -> Iterator[ast.FunctionDef]:
    """Tests that check nothing, neither themselves nor through a function of their file."""
    defined = [n for n in ast.walk(tree(path)) if isinstance(n, ast.FunctionDef)]
    helpers = frozenset(f.name for f in defined if any(map(is_assertion, ast.walk(f))))
    for test in defined:
        asserts = any(is_assertion(node, helpers) for node in ast.walk(test))
        if test.name.startswith("test_") and not asserts:
            yield test


def test_every_test_asserts():
    assert [place(path, test) for path in TESTS for test in silent_tests(path)] == []


def test_names_of_test_files_are_unique_within_their_room():
    rooms = {(p.parent, p.stem) for p in TESTS}
    assert len(rooms) == len(TESTS)


def test_every_room_has_its_tests():
    rooms = {p.parent.name for p in ROOMS}
    assert rooms - {p.parent.name for p in TESTS} == set()


@pytest.mark.skipif(
    importlib.util.find_spec("importlinter") is None, reason="needs import-linter (extra `test`)"
)
def test_import_contracts_hold():
    check = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
