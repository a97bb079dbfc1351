"""What changed in a run's findings from one look to the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lrdiag.findings import Finding, RunReport, Verdict

AT_THE_END = frozenset({"still-improving-at-end", "milestone-never-reached", "constant-lr"})
"""Rules about how a training ended, which say nothing while it goes on."""


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """Something to tell: `kind` is appeared, cleared, verdict or trouble (with remote logs).

    `finding` is set for the first two; `text` says the rest.
    """

    kind: str
    run: str
    verdict: Verdict
    finding: Finding | None = None
    text: str = ""


def standing(report: RunReport) -> dict[str, Finding]:
    """Failed findings that mean something while a run goes on, by what they are about."""
    found = (f for f in report.failed if f.rule not in AT_THE_END)
    return {f"{f.rule}/{f.drop or 0}/{','.join(f.tags)}": f for f in found}


def changes(before: RunReport | None, now: RunReport) -> Iterator[WatchEvent]:
    """Findings that appeared and cleared, worst first, and a change of verdict."""
    old = standing(before) if before else {}
    new = standing(now)
    for key, finding in new.items():
        if key not in old:
            yield WatchEvent("appeared", now.run, verdict_now(now), finding)
    for key, finding in old.items():
        if key not in new:
            yield WatchEvent("cleared", now.run, verdict_now(now), finding)
    was = verdict_now(before) if before else None
    if was != verdict_now(now):
        text = f"{was.value} → {verdict_now(now).value}" if was else verdict_now(now).value
        yield WatchEvent("verdict", now.run, verdict_now(now), text=text)


def verdict_now(report: RunReport) -> Verdict:
    """The verdict without the rules about the end."""
    from lrdiag.verdicts import run_verdict

    kept = [f for f in report.findings if f.rule not in AT_THE_END]
    return run_verdict(kept, report.problems)
