"""Are the cases enough? Coverage of outcomes, and thresholds whose shift nobody notices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from lrdiag.errors import LrdiagError
from lrdiag.rulefile.cases import Case, CaseFile, judge_case
from lrdiag.rulefile.values import Rule
from lrdiag.view import RunView

# A threshold twice or half as large is another rule; its cases should tell.
SHIFT = 2.0


@dataclass(frozen=True, slots=True)
class Gap:
    """An outcome of a rule that no case shows. `missing`: fires, silent or not judged."""

    rule: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Survivor:
    """A threshold that was shifted without any case noticing."""

    rule: str
    parameter: str
    value: float
    shifted: tuple[float, ...]


def uncovered(cases: Sequence[Case], rules: Sequence[Rule]) -> list[Gap]:
    """The rules that lack a firing, a silent or a not-judged case.

    "Not applicable" counts as not judged: some checks can judge whatever their roles allow.
    """
    fires = {f.rule for case in cases for f in case.fires}
    silent = {rule for case in cases for rule in case.silent}
    unjudged = {r for case in cases for r in (*case.not_judged, *case.not_applicable)}
    gaps = []
    for rule in rules:
        parts = (("fires", fires), ("silent", silent), ("not judged", unjudged))
        missing = tuple(word for word, ids in parts if rule.id not in ids)
        if missing:
            gaps.append(Gap(rule.id, missing))
    return gaps


def survivors(
    file: CaseFile, rules: Mapping[str, Rule], views: Mapping[int, RunView], shift: float = SHIFT
) -> list[Survivor]:
    """The thresholds of which neither shift, up or down, makes any case differ.

    Args:
        file: the cases, all of which pass.
        rules: rules by id.
        views: index of a case to its run.
        shift: factor of the shifts.
    """
    found = []
    for rule in rules.values():
        mine = [(c, views[i]) for i, c in enumerate(file.cases) if rule.id in c.rules]
        excused = file.unmutated.get(rule.id, {})
        for parameter, value in thresholds(rule):
            if parameter in excused:
                continue
            shifted = _shifted(value, shift)
            if not any(_noticed(rule, parameter, new, mine) for new in shifted):
                found.append(Survivor(rule.id, parameter, value, shifted))
    return found


def thresholds(rule: Rule) -> Iterator[tuple[str, float]]:
    """The numbers of a rule: its check's parameters, the constants of its condition, its floors."""
    for member in fields(rule.check):  # type: ignore[arg-type]
        value = getattr(rule.check, member.name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield member.name, float(value)
        elif member.name == "when":
            yield from _constants(value)
    if rule.hold_epochs:
        yield "for", rule.hold_epochs
    if rule.min_confidence:
        yield "min_confidence", rule.min_confidence


_CONSTANT = re.compile(r"(?<![\w.(])-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?(?![\w(])")


def _constants(text: str) -> Iterator[tuple[str, float]]:
    for found in _CONSTANT.finditer(text):
        yield f"when[{found.start()}]", float(found.group())


def _shifted(value: float, shift: float) -> tuple[float, ...]:
    return (value * shift, value / shift) if value else (1.0, -1.0)


def _noticed(
    rule: Rule, parameter: str, value: float, cases: Sequence[tuple[Case, RunView]]
) -> bool:
    try:
        mutant = mutated(rule, parameter, value)
    except (LrdiagError, ValueError, TypeError):
        return True  # the check itself refuses the value
    for case, view in cases:
        others = {r: mutant for r in case.rules if r == rule.id}
        if judge_case(_only(case, rule.id), others, view):
            return True
    return False


def _only(case: Case, rule: str) -> Case:
    return replace(
        case,
        fires=tuple(f for f in case.fires if f.rule == rule),
        silent=tuple(r for r in case.silent if r == rule),
        not_judged=tuple(r for r in case.not_judged if r == rule),
        not_applicable=tuple(r for r in case.not_applicable if r == rule),
    )


def mutated(rule: Rule, parameter: str, value: float) -> Rule:
    """The rule with one of its thresholds changed."""
    if parameter == "for":
        return replace(rule, hold_epochs=value)
    if parameter == "min_confidence":
        return replace(rule, min_confidence=min(value, 1.0))
    if parameter.startswith("when["):
        start = int(parameter[5:-1])
        text = rule.check.when  # type: ignore[attr-defined]
        found = _CONSTANT.match(text, start)
        end = found.end() if found else start
        changed = f"{text[:start]}{value:.12g}{text[end:]}"
        return replace(rule, check=replace(rule.check, when=changed))  # type: ignore[type-var]
    old = getattr(rule.check, parameter)
    new: float | int = (
        max(round(value), 0 if value < old else old + 1) if isinstance(old, int) else value
    )
    return replace(rule, check=replace(rule.check, **{parameter: new}))  # type: ignore[type-var]
