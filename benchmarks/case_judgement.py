"""What every rule says of a candidate case, and which shifted thresholds it notices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lrdiag.errors import LrdiagError
from lrdiag.findings import Status
from lrdiag.rulefile.cases import CaseModel, build_case, view_of_case
from lrdiag.rulefile.coverage import SHIFT, _shifted, mutated, thresholds
from lrdiag.rulefile.documents import Document
from lrdiag.rulefile.evaluate import evaluate_rule, unmatched_facts
from lrdiag.rulefile.values import Rule

FIRES, SILENT, UNJUDGED, ABSENT = "fires", "silent", "not_judged", "not_applicable"


@dataclass
class Draw:
    """A candidate case: its YAML data and what each rule says of it."""

    data: dict[str, Any]
    outcomes: dict[str, str] = field(default_factory=dict)
    firings: dict[str, dict[str, Any]] = field(default_factory=dict)
    kills: dict[str, set[str]] = field(default_factory=dict)


def outcome(rule: Rule, view: Any) -> tuple[str, dict[str, Any]]:
    """What a rule says, in the words of a case file; "" where no case could state it."""
    found = evaluate_rule(rule, view)
    failed = [f for f in found if f.status is Status.FAILED]
    if any(f.status is Status.ERROR for f in found):
        raise SystemExit(f"{rule.id} broke: {found[0].reason}")
    if failed:
        first = failed[0]
        if unmatched_facts(rule, first):
            print(f"{rule.id}: a placeholder found no fact: {first.message} / {first.remedy}")
        told: dict[str, Any] = {"rule": rule.id, "severity": first.severity.value}
        if first.first_step is not None:
            told["step"] = first.first_step  # widened by two rows when it is written
        if first.drop is not None:
            told["drop"] = first.drop
        return FIRES, told
    for status, word in ((Status.PASSED, SILENT), (Status.NOT_JUDGED, UNJUDGED)):
        if any(f.status is status for f in found):
            return word, {}
    return ABSENT, {}


def judge(data: dict[str, Any], rules: list[Rule]) -> Draw | None:
    document = Document("rules/cases/default.yml", None, ())
    try:
        view = view_of_case(build_case(CaseModel.model_validate(data), document, 0))
    except (LrdiagError, ValueError) as error:
        print("left out:", data["name"], error)
        return None
    draw = Draw(data)
    for rule in rules:
        word, firing = outcome(rule, view)
        draw.outcomes[rule.id] = word
        draw.firings[rule.id] = firing
        draw.kills[rule.id] = set(noticed(rule, word, firing, view))
    return draw


def noticed(rule: Rule, word: str, firing: dict[str, Any], view: Any) -> Iterator[str]:
    for parameter, value in thresholds(rule):
        for new in _shifted(value, SHIFT):
            try:
                other = outcome(mutated(rule, parameter, new), view)
            except (LrdiagError, ValueError, TypeError):
                yield parameter
                break
            if other[0] != word:
                yield parameter
                break
