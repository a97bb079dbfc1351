"""What a gate demands: plain values, read from YAML by `rulefile.policies`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lrdiag.findings import Severity
from lrdiag.rulefile.condition import Expression


@dataclass(frozen=True, slots=True)
class Condition:
    """An absolute floor or ceiling that must hold. `text` is its YAML, `message` its words.

    `covers` names rules that say the same: where the condition does not hold, their findings are
    told on its line.
    """

    expression: Expression
    message: str = ""
    covers: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The condition as written."""
        return self.expression.text


@dataclass(frozen=True, slots=True)
class BaselinePolicy:
    """How a run is compared with the report of the model in production.

    Attributes:
        required: without a baseline the gate is undecided.
        metrics: role to the margin (in the role's unit) by which `last` may be worse; empty:
            the required roles, or else every validation metric of the baseline, margin 0.
        noise: how many standard deviations of the difference are added to the margin
            (two by default: the chance of a false alarm between equal models is 2.3 %).
    """

    required: bool = False
    metrics: Mapping[str, float] = field(default_factory=dict)
    noise: float = 2.0


@dataclass(frozen=True, slots=True)
class Policy:
    """What a gate demands.

    Attributes:
        fail_on: the severity from which a failed finding fails the gate (None: never).
        roles, rules: must be there, and judged. min_points: points a required role must have.
        judge_by: ids of the only rules whose findings count (empty: all).
        conditions: must hold for every run. baseline: comparison with a former report.
        allow: names of what may be undecided all the same (see `gate.Reason.name`).
        packs: further rule packs the policy brings. file: where it stands.
    """

    name: str = ""
    fail_on: Severity | None = Severity.ERROR
    roles: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    min_points: int = 0
    judge_by: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    baseline: BaselinePolicy = field(default_factory=BaselinePolicy)
    allow: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    file: str = ""


ALLOWABLE: Mapping[str, str] = {
    "no-runs": "no run was found",
    "no-rules": "no rule was loaded",
    "nothing-judged": "no rule could be judged on a run",
    "no-baseline": "a baseline is required and none was given",
    "problem": "something is wrong with a log (problem:KIND)",
    "missing-role": "a required role was not logged (missing-role:ROLE)",
    "too-few-points": "a required role has too few points (too-few-points:ROLE)",
    "not-finite": "a metric holds NaN or infinity (not-finite:ROLE)",
    "not-judged": "a required rule could not be judged (not-judged:RULE)",
    "missing-rule": "a required rule was not run (missing-rule:RULE)",
    "check-error": "a check broke (check-error:RULE)",
    "condition": "a condition could not be decided (condition:ROLE)",
    "baseline": "a metric could not be compared with the baseline (baseline:ROLE)",
}
"""What a policy may allow by name, and what it means."""
