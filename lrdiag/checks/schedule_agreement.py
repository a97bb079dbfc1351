"""How the logged rate relates to the configured schedule, as findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lrdiag.checks.evidence import not_judged
from lrdiag.checks.interface import Evidence
from lrdiag.findings import Status
from lrdiag.schedule.values import Agreement
from lrdiag.view import RunView


@dataclass(frozen=True, slots=True)
class ScheduleAgreement:
    """Turns the disagreements of one rule into evidence.

    Attributes:
        rule: the rule id whose disagreements are reported (see `schedule.values.Agreement`).
    """

    kind: ClassVar[str] = "schedule_agreement"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ()

    rule: str = ""

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        mine = [a for a in view.schedule.agreements if a.rule == self.rule]
        if mine:
            yield from (_failed(a) for a in mine)
        elif reason := _unlogged(view) if self.rule == "lr-jump-on-resume" else _unjudged(view):
            yield not_judged(reason)
        else:
            yield Evidence(Status.PASSED)


def _unlogged(view: RunView) -> str:
    if any(g.points for g in view.schedule.groups):
        return ""
    return "No learning rate was logged: whether it jumped at a resume cannot be told."


def _failed(agreement: Agreement) -> Evidence:
    facts = {
        "what": agreement.message,
        "mistake": agreement.mistake,
        "fix": agreement.remedy,
        **agreement.details,
    }
    return Evidence(
        Status.FAILED,
        observed=agreement.observed,
        threshold=agreement.threshold,
        unit=agreement.unit,
        confidence=agreement.confidence,
        first_step=agreement.first_step,
        last_step=agreement.last_step,
        facts=facts,
        details=agreement.references,
    )


def _unjudged(view: RunView) -> str:
    if view.schedule.configured is None:
        return "No configured schedule is known to compare the logged rate with."
    if not any(g.points for g in view.schedule.groups):
        return "No learning rate was logged to compare with the configured schedule."
    untold = [a for a in view.schedule.agreements if a.kind in ("unknown", "unexplained")]
    if untold:
        return untold[0].message or (
            "The logged rate and the configured schedule cannot be compared."
        )
    return ""
