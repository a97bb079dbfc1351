"""Planted mistakes: each is one, none is of types or words, and every one can be planted."""

import ast
import math
from collections import Counter

import pytest

from benchmarks.mutants import explained, reach
from benchmarks.mutants.__main__ import drawn, wilson
from benchmarks.mutants.areas import AREAS, files
from benchmarks.mutants.changes import Mutant, mutants, planted

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


FUNCTIONS = """
LIMIT = 3

class C:
    size = 4

    @cache
    def f(self, a=5):
        if (
            a < 6
        ):
            return [
                a,
                7,
            ]
        try:
            g(8)
        except E:
            h(9)
        return a
"""


@pytest.mark.parametrize(("at", "lines"), [
    ("LIMIT = 3", None), ("size = 4", None), ("a=5", None),
    ("a < 6", (9, 11)), ("7,", (12, 15)), ("g(8)", (17, 17)), ("h(9)", (19, 19)),
    ("return a\n", (20, 20)),
])  # fmt: skip
def test_the_statement_of_a_mistake_decides_which_tests_can_notice_it(at, lines):
    line = FUNCTIONS[: FUNCTIONS.index(at)].count("\n") + 1
    found = reach.statement_lines(FUNCTIONS, line)
    assert found == (range(lines[0], lines[1] + 1) if lines else None)


def test_tests_that_reach_no_line_of_the_statement_are_left_out():
    file = "benchmarks/mutants/reach.py"
    source = (explained.ROOT / file).read_text().splitlines()
    line = source.index("    return range(inside.lineno, end + 1)") + 1
    found = {"lines": {file: {str(line): ["a", "b"], str(line - 1): ["c"]}},
             "seconds": {"a": 1.0, "c": 1.0}}  # fmt: skip
    assert reach.reaching(Mutant(file, 0, line, ""), found) == {"a"}
    assert reach.reaching(Mutant(file, 0, 1, ""), found) == {"a", "c"}


def test_tests_that_killed_before_come_first_and_then_the_fastest_within_the_budget():
    seconds = {"slow": 3.0, "fast": 1.0, "killer": 2.0}
    every = reach.in_order(set(seconds), seconds, Counter(["killer"]), math.inf)
    assert list(every) == ["killer", "fast", "slow"]
    assert list(reach.in_order(set(seconds), seconds, Counter(), 3.0)) == ["fast", "killer"]


def test_every_explanation_names_a_line_and_a_reason():
    for known in explained.explanations():
        assert known["file"].startswith("lrdiag/") and known["code"] and len(known["why"]) > 20


def test_an_explanation_of_a_line_that_is_gone_is_stale():
    gone = {"file": "benchmarks/mutants/trial.py", "code": "this line is not there", "why": "so"}
    there = {**gone, "code": "MEMORY = 4 << 30"}
    nowhere = {**gone, "file": "no/such/file.py"}
    assert explained.stale([gone, there, nowhere]) == [gone, nowhere]


def test_an_explanation_fits_its_line_and_its_mistake():
    line = "    def pytest_runtest_protocol(self, item: Any) -> Any:"
    known = [{"file": "mutants/trial.py", "code": line.strip(), "what": "constant", "why": "so"}]
    file = "benchmarks/mutants/trial.py"
    at = (explained.ROOT / file).read_text().splitlines().index(line) + 1
    assert explained.reason_for(Mutant(file, 0, at, "constant: 2"), known) == "so"
    assert explained.reason_for(Mutant(file, 0, at, "comparison: a"), known) == ""
    assert explained.reason_for(Mutant(file, 0, at + 1, "constant: 2"), known) == ""
