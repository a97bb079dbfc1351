"""What changed in a run's findings from one look to the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lrdiag.findings import Finding, RunReport, Verdict


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
    """Failed findings by what they are about."""
    return {f"{f.rule}/{f.drop or 0}/{','.join(f.tags)}": f for f in report.failed}


def changes(before: RunReport | None, now: RunReport) -> Iterator[WatchEvent]:
    """Findings that appeared and cleared, worst first, and a change of verdict."""
    old = standing(before) if before else {}
    new = standing(now)
    for key, finding in new.items():
        if key not in old:
            yield WatchEvent("appeared", now.run, now.verdict, finding)
    for key, finding in old.items():
        if key not in new:
            yield WatchEvent("cleared", now.run, now.verdict, finding)
    was = before.verdict if before else None
    if was != now.verdict:
        text = f"{was.value} → {now.verdict.value}" if was else now.verdict.value
        yield WatchEvent("verdict", now.run, now.verdict, text=text)
