"""Planted mistakes: each is one, none is of types or words, and every one can be planted."""

import ast
import math

import pytest

from benchmarks.mutants.__main__ import drawn, wilson
from benchmarks.mutants.areas import AREAS, files
from benchmarks.mutants.changes import mutants, planted

SOURCE = '''
"""Words."""
LIMIT = 3
def f(a: int | None = 1, *, b: "str" = "x") -> int | None:
    """More words 1 + 1."""
    if a < LIMIT and not b:
        return max(a, LIMIT)
    for item in range(2):
        print(item)
        if item: break
    return g(a, -b) + 1
'''


def test_every_mistake_changes_the_code_and_still_compiles():
    whole = ast.dump(ast.parse(SOURCE))
    changed = set()
    for mutant in mutants("f.py", SOURCE):
        tree = planted(SOURCE, mutant.number)
        compile(tree, "f.py", "exec")
        changed.add(ast.dump(tree))
    assert whole not in changed
    assert len(changed) == len(mutants("f.py", SOURCE))


def test_each_kind_of_mistake_is_planted_on_its_line():
    kinds = {(m.line, m.what.split(":")[0]) for m in mutants("f.py", SOURCE)}
    assert kinds >= {
        (3, "constant"), (4, "constant"), (6, "comparison"), (6, "and/or"), (6, "sign or not"),
        (7, "min/max"), (7, "return"), (9, "statement left out"), (10, "condition"),
        (10, "statement left out"), (11, "argument order"), (11, "arithmetic"),
    }  # fmt: skip


def test_types_and_words_are_left_alone():
    assert mutants("f.py", '"""1 + 1"""\ndef f(a: int | None) -> "int | None": "2 < 3"\n') == []


def test_a_draw_is_the_same_for_the_same_seed_and_without_repetition():
    modules = files(AREAS["gate"][0])
    first, again, other = (drawn(modules, 40, seed) for seed in (1, 1, 2))
    assert first == again != other
    assert len(set(first)) == 40


@pytest.mark.parametrize("area", AREAS)
def test_every_area_has_files_and_tests(area):
    modules, tests = (files(patterns) for patterns in AREAS[area])
    assert modules and tests


def test_the_interval_is_wilsons():
    # Agresti and Coull 1998, table 1 convention: 0 of 10 gives z²/(n + z²) = 0.2775.
    low, high = wilson(0, 10)
    assert math.isclose(high, 1.96**2 / (10 + 1.96**2)) and abs(low) < 1e-12
