"""The gate: may these runs be deployed? A pure decision over the report; it fails closed.

Precedence: error (2) before failed (1) before undecided (3) before passed (0). Whatever cannot
be decided blocks unless the policy allows that very thing by name.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum

from lrdiag.findings import Finding, HealthReport, Problem, RunReport, Status
from lrdiag.gate.baseline import Baseline, compare
from lrdiag.gate.policy import Condition, Policy
from lrdiag.rulefile.condition import Reference
from lrdiag.rulefile.kleene import evaluate
from lrdiag.run_names import run_name


class Outcome(IntEnum):
    """Exit codes of the gate."""

    PASSED = 0
    FAILED = 1
    ERROR = 2
    UNDECIDED = 3


_PRECEDENCE = (Outcome.ERROR, Outcome.FAILED, Outcome.UNDECIDED, Outcome.PASSED)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the gate did not pass. `name` is what a policy's `allow` would have to say.

    `run` is empty for reasons about the whole report.
    """

    outcome: Outcome
    name: str
    message: str
    run: str = ""

    def __str__(self) -> str:
        """One line."""
        return f"{self.run}: {self.message}" if self.run else self.message


@dataclass(frozen=True, slots=True)
class Decision:
    """The gate's decision. `allowed`: reasons the policy allows; `notes`: said, not decisive."""

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    allowed: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = ()
    runs: int = 0

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 2 error, 3 undecided."""
        return int(self.outcome)


def decide(report: HealthReport, policy: Policy, baseline: Baseline | None = None) -> Decision:
    """Whether the runs of a report meet a policy.

    Args:
        report: the health report.
        policy: what is demanded.
        baseline: a former report to compare with, None for none.
    """
    found = [*_about_report(report, policy, baseline)]
    notes = list(_notes(report, policy, baseline))
    for run in report.runs:
        found.extend(_about_run(run, policy))
        if baseline is not None:
            for name, message, bad in compare(run, baseline, policy, len(report.runs)):
                outcome = Outcome.FAILED if bad else Outcome.UNDECIDED
                found.append(Reason(outcome, name, message, run_name(run)))
    allowed = tuple(r for r in found if _is_allowed(r, policy))
    reasons = tuple(
        sorted((r for r in found if r not in allowed), key=lambda r: _PRECEDENCE.index(r.outcome))
    )
    worst = reasons[0].outcome if reasons else Outcome.PASSED
    return Decision(worst, reasons, allowed, tuple(notes), len(report.runs))


def _is_allowed(reason: Reason, policy: Policy) -> bool:
    # A failure is never allowed away here: that is what suppressions are for.
    if reason.outcome is Outcome.FAILED:
        return False
    return reason.name in policy.allow


def _about_report(
    report: HealthReport, policy: Policy, baseline: Baseline | None
) -> Iterator[Reason]:
    if not report.runs:
        yield Reason(Outcome.UNDECIDED, "no-runs", "No run was found.")
    if not report.rules:
        yield Reason(Outcome.UNDECIDED, "no-rules", "No rule was loaded.")
    if policy.baseline.required and baseline is None:
        yield Reason(Outcome.UNDECIDED, "no-baseline", "No baseline was given to compare with.")
    yield from _about_problems(report.problems, "")
    for rule in policy.rules:
        if rule not in report.rules:
            message = f"The required rule {rule} is not among the rules that were run."
            yield Reason(Outcome.UNDECIDED, f"missing-rule:{rule}", message)
    for entry in report.suppressions:
        if entry.get("state") == "expired":
            message = f"A suppression has expired ({entry.get('expires')}): {_suppression(entry)}"
            yield Reason(Outcome.FAILED, "expired-suppression", message)


def _suppression(entry: Mapping[str, object]) -> str:
    what = entry.get("fingerprint") or entry.get("rule") or "?"
    return f"{what}, {entry.get('reason', '')} ({entry.get('owner', '')})"


def _notes(report: HealthReport, policy: Policy, baseline: Baseline | None) -> Iterator[str]:
    if baseline is None and not policy.baseline.required:
        yield "No baseline was given: the runs were not compared with a former model."
    for entry in report.suppressions:
        if entry.get("state") == "unused":
            yield f"A suppression matches nothing any more: {_suppression(entry)}"


def _about_problems(problems: tuple[Problem, ...], run: str) -> Iterator[Reason]:
    """Data the rules should have seen are gone, or were repaired: never a pass by itself."""
    seen: set[str] = set()
    for problem in problems:
        if problem.severity == "info" or problem.kind in seen:
            continue
        seen.add(problem.kind)
        more = sum(p.kind == problem.kind and p.severity != "info" for p in problems) - 1
        message = f"{problem.file}: {problem.message}" + (f" (and {more} more)" if more else "")
        yield Reason(Outcome.UNDECIDED, f"problem:{problem.kind}", message, run)


def _about_run(run: RunReport, policy: Policy) -> Iterator[Reason]:
    findings = [f for f in run.findings if not policy.judge_by or f.rule in policy.judge_by]
    found = [*_about_findings(run, findings, policy)]
    for condition in policy.conditions:
        found = _with_condition(found, condition, _about_condition(run, condition))
    yield from found
    yield from _about_problems(run.problems, run_name(run))
    yield from _about_numbers(run)
    yield from _about_roles(run, policy)
    yield from _about_rules(run, policy)


def _with_condition(
    found: list[Reason], condition: Condition, unmet: Iterator[Reason]
) -> list[Reason]:
    """The reasons and those of a condition; findings that it covers are told on its line."""
    for reason in unmet:
        same = [r for r in found if r.name in condition.covers and r.outcome is Outcome.FAILED]
        if not same or reason.outcome is not Outcome.FAILED:
            return [*found, reason]
        names = ", ".join(dict.fromkeys(r.name for r in same))
        told = replace(reason, message=f"{reason.message} The same is found by {names}.")
        return [*(r for r in found if r not in same), told]
    return found


def _about_findings(run: RunReport, findings: list[Finding], policy: Policy) -> Iterator[Reason]:
    if not any(f.status in (Status.PASSED, Status.FAILED) for f in findings):
        message = "No rule could be judged: too little was logged, or nothing rules know."
        yield Reason(Outcome.UNDECIDED, "nothing-judged", message, run_name(run))
    for finding in findings:
        if finding.status is Status.ERROR:
            name = f"check-error:{finding.rule}"
            message = f"{finding.rule}: {finding.reason or 'the check broke.'}"
            yield Reason(Outcome.ERROR, name, message, run_name(run))
        elif _fails(finding, policy):
            message = f"{finding.rule}: {_one_line(finding.message or finding.summary)}"
            yield Reason(Outcome.FAILED, finding.rule, message, run_name(run))


def _fails(finding: Finding, policy: Policy) -> bool:
    if finding.status is not Status.FAILED or finding.suppressed or policy.fail_on is None:
        return False
    return finding.severity.rank >= policy.fail_on.rank


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _about_numbers(run: RunReport) -> Iterator[Reason]:
    for role, tag in run.roles.items():
        series = run.series.get(tag)
        metric = run.metrics.get(role)
        broken = series.non_finite if series is not None else 0
        if broken or (metric is not None and not metric.last_finite):
            count = f"{broken} values that are" if broken else "a last value that is"
            message = f"{role} ({tag}) holds {count} not a finite number (NaN or infinity)."
            yield Reason(Outcome.UNDECIDED, f"not-finite:{role}", message, run_name(run))


def _about_roles(run: RunReport, policy: Policy) -> Iterator[Reason]:
    for role in policy.roles:
        metric = run.metrics.get(role)
        if metric is None or not metric.points:
            message = (
                f"The required {role} was not logged. Log it, or name its tag with "
                f"--role {role}=TAG or under `roles` in lrdiag.yml."
            )
            yield Reason(Outcome.UNDECIDED, f"missing-role:{role}", message, run_name(run))
        elif metric.points < policy.min_points:
            message = f"{role} has {metric.points} points; the policy asks for {policy.min_points}."
            yield Reason(Outcome.UNDECIDED, f"too-few-points:{role}", message, run_name(run))


def _about_rules(run: RunReport, policy: Policy) -> Iterator[Reason]:
    for rule in policy.rules:
        mine = [f for f in run.findings if f.rule == rule]
        judged = [f for f in mine if f.status in (Status.PASSED, Status.FAILED)]
        # One judged stretch does not make up for another that could not be judged.
        unjudged = [f for f in mine if f.status in (Status.NOT_JUDGED, Status.NOT_APPLICABLE)]
        if mine and (unjudged or not judged):
            why = next((f.reason for f in unjudged if f.reason), "no reason given")
            message = f"The required rule {rule} could not be judged: {_one_line(why)}"
            yield Reason(Outcome.UNDECIDED, f"not-judged:{rule}", message, run_name(run))
        elif not mine:
            message = f"The required rule {rule} said nothing about this run."
            yield Reason(Outcome.UNDECIDED, f"not-judged:{rule}", message, run_name(run))


def _about_condition(run: RunReport, condition: Condition) -> Iterator[Reason]:
    references = condition.expression.references
    numbers = {r: metric_value(run, r) for r in references}
    holds = evaluate(condition.expression, lambda r: numbers[r])
    if holds:
        return
    shown = ", ".join(f"{r} = {v:.4g}" for r, v in numbers.items() if v is not None)
    words = f" {condition.message}" if condition.message else ""
    if holds is False:
        message = f"{condition.text} does not hold: {shown}.{words}"
        yield Reason(Outcome.FAILED, "condition", message, run_name(run))
        return
    unknown = [str(r) for r, v in numbers.items() if v is None]
    role = next((r.subject for r, v in numbers.items() if v is None), "")
    why = f"{', '.join(unknown)} is unknown" if unknown else "it divides by zero"
    message = f"{condition.text} cannot be decided: {why}.{words}"
    yield Reason(Outcome.UNDECIDED, f"condition:{role}", message, run_name(run))


def metric_value(run: RunReport, reference: Reference) -> float | None:
    """The number of a metric summary that a condition asks for, None when it is unknown."""
    metric = run.metrics.get(reference.subject)
    if metric is None:
        return None
    if reference.attribute == "last" and not metric.last_finite:
        return None
    value = getattr(metric, reference.attribute, None)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
