"""How many of the findings of a report are expected to be false, and the note that says so."""

from __future__ import annotations

from collections.abc import Sequence

from lrdiag.findings import Finding, RunReport, Severity
from lrdiag.statistics.discoveries import expected_false


def discovery_note(runs: Sequence[RunReport]) -> tuple[str, ...]:
    """One note on the false discoveries among the warnings and errors; none without findings.

    A confidence is the calibrated probability that its finding is right (docs/accuracy.md gives
    the precision by band). The mean of 1 - confidence over what is reported is then the false
    discovery rate of the report, however many rules, drops and runs were judged (Efron, Tibshirani,
    Storey and Tusher 2001), so further runs change no finding of another run. P-values hold for
    one test only: over the changes of a run they are adjusted after Benjamini and Hochberg (1995).
    """
    serious = [f for run in runs for f in run.failed if _counts(f)]
    stated = [f.confidence for f in serious if f.confidence is not None]
    if not stated:
        return ()
    false = expected_false(stated)
    silent = len(serious) - len(stated)
    which = "1 warning or error" if len(stated) == 1 else f"{len(stated)} warnings and errors"
    left_out = f"; {silent} more state no confidence" if silent else ""
    return (
        f"False discoveries: of {which}, {_number(false)} expected to be false (sum of "
        f"1 - confidence, rate {false / len(stated):.1%}{left_out}). P-values are adjusted "
        "(Benjamini-Hochberg) over the changes of rate of a run.",
    )


def _counts(finding: Finding) -> bool:
    return finding.severity is not Severity.NOTE and not finding.suppressed


def _number(count: float) -> str:
    return "fewer than 0.01 are" if count < 0.01 else f"{count:.2g} {'is' if count == 1 else 'are'}"
