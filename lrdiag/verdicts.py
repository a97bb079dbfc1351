"""From findings to verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from lrdiag.findings import Finding, Problem, RunReport, Severity, Status, Verdict

_ORDER = (Verdict.HEALTHY, Verdict.UNDECIDED, Verdict.WARNING, Verdict.UNHEALTHY)

# A schedule that ran as configured says nothing of how the training went: a log of the rate
# alone is undecided, not healthy.
_SAYS_NOTHING_OF_HEALTH = frozenset(["schedule_agreement"])


FEWEST_POINTS = 3
"""Points of loss or accuracy below which nothing can be called healthy: two make no trend."""


def run_verdict(
    findings: Sequence[Finding],
    problems: Sequence[Problem] = (),
    points: int = FEWEST_POINTS,
) -> Verdict:
    """Unhealthy with a failed error, warning with a failed warning, else healthy or undecided.

    Undecided means that no rule could be judged, that a log could not be read, or that the
    longest curve has fewer `points` than `FEWEST_POINTS`.

    Notes never change a verdict; neither do suppressed findings.
    """
    failed = {f.severity for f in findings if f.status is Status.FAILED and not f.suppressed}
    if Severity.ERROR in failed:
        return Verdict.UNHEALTHY
    if Severity.WARNING in failed:
        return Verdict.WARNING
    judged = any(
        f.status in (Status.PASSED, Status.FAILED) and f.check not in _SAYS_NOTHING_OF_HEALTH
        for f in findings
    )
    unread = any(p.severity == "error" for p in problems)
    enough = points >= FEWEST_POINTS
    return Verdict.HEALTHY if judged and enough and not unread else Verdict.UNDECIDED


def report_verdict(runs: Sequence[RunReport]) -> Verdict:
    """The worst of the runs' verdicts; undecided when there is none."""
    if not runs:
        return Verdict.UNDECIDED
    return max((run.verdict for run in runs), key=_ORDER.index)
