"""A run changed little by little until a rule fires so near a threshold that its shift shows."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator
from typing import Any

from benchmarks.case_judgement import FIRES, Draw, noticed, outcome
from lrdiag.errors import LrdiagError
from lrdiag.findings import Status
from lrdiag.rulefile.cases import CaseModel, build_case, view_of_case
from lrdiag.rulefile.coverage import thresholds
from lrdiag.rulefile.documents import Document
from lrdiag.rulefile.evaluate import evaluate_rule
from lrdiag.rulefile.values import Rule

# Thresholds that guard against runs no draw makes; why shifting them goes unnoticed.
EXCUSED: dict[str, dict[str, str]] = {
    "post-drop-oscillation": {
        "min_noise": "A guard: the fitted card itself reported nothing below 0.04 when firing "
        "runs were changed step by step towards the threshold, more than twice its value."
    }
}


def climb(
    pool: list[Draw], rule: Rule, parameter: str, value: float, seed: int
) -> dict[str, Any] | None:
    """A run changed little by little until it fires so near a threshold that its shift shows."""
    r = random.Random(seed)
    firing = [d for d in pool if d.outcomes[rule.id] == FIRES]
    ranked = sorted((distance(rule, d.data, value), i) for i, d in enumerate(firing))
    for _, start in ranked[:CLIMBS]:
        data, best = firing[start].data, distance(rule, firing[start].data, value)
        for _ in range(STEPS):
            other = perturbed(r, data)
            view = view_of(other)
            if view is None:
                continue
            word, told = outcome(rule, view)
            if parameter in noticed(rule, word, told, view):
                return other
            near = distance(rule, other, value)
            if word == FIRES and near <= best:
                data, best = other, near
    return None


CLIMBS, STEPS = 6, 120


def distance(rule: Rule, data: dict[str, Any], value: float) -> float:
    """How far what the rule observed lies from a threshold, as a factor (logarithm)."""
    view = view_of(data)
    found = (
        [f.observed for f in evaluate_rule(rule, view) if f.status is Status.FAILED] if view else []
    )
    far = [abs(math.log(max(abs(o), 1e-9) / abs(value))) for o in found if o is not None and value]
    return min(far, default=99.0)


def perturbed(r: random.Random, data: dict[str, Any]) -> dict[str, Any]:
    """The case with the numbers of its losses and accuracies changed a little."""

    def change(found: re.Match[str]) -> str:
        return f"{float(found.group()) * r.uniform(0.85, 1.18):.4g}"

    series = {
        tag: text
        if tag == "lr"
        else re.sub(r"(?<![x\d.])\d+\.\d+|(?<=~)\d+\.?\d*", change, str(text))
        for tag, text in data["series"].items()
    }
    return {**data, "series": series}


def view_of(data: dict[str, Any]) -> Any:
    document = Document("rules/cases/default.yml", None, ())
    try:
        return view_of_case(build_case(CaseModel.model_validate(data), document, 0))
    except (LrdiagError, ValueError):
        return None


def unnoticed(pool: list[Draw], rules: list[Rule]) -> Iterator[tuple[Rule, str, float]]:
    for rule in rules:
        for parameter, value in thresholds(rule):
            if parameter in EXCUSED.get(rule.id, {}):
                continue
            if not any(parameter in draw.kills[rule.id] for draw in pool):
                yield rule, parameter, value
