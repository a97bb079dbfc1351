"""What lrdiag finds in logs that other people's code wrote, against what is documented of them.

    python -m benchmarks.wild_findings FOLDER [--copies COPIES]

FOLDER holds `manifest.jsonl` and the logs. Of each log the manifest gives `local`, `repo`,
`path_in_repo`, `lr_observed` (rows at which the rate fell), `notes` and `facts`, taken from the
log by its own reader: `rise_after_best` (end of the validation loss over its best, relative).
Logs without a local copy are looked for as COPIES/owner+name/path_in_repo.

Documented of a log, by the definitions of the accuracy corpus: a validation loss whose mean of
three rows ends 10 % or more above its best one is overfitting, 4 % or less is none (a control);
what lies between is open, as is a raw rise over one lucky row that the means do not show. A spike
may not be told within two rows of a fall of the rate. Prints each documented case as found, missed,
unjudged, silent, open or FALSE, then warnings and errors on other logs, to be looked at. Ends with
1 where a case is missed or false.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lrdiag.diagnose import analyze_paths
from lrdiag.findings import Finding, RunReport, Severity, Status

OVERFITTING, CONTROL = 0.10, 0.04
HARM = ("overfitting", "post-drop-divergence", "post-drop-oscillation", "accuracy-drop")
NEAR_A_DROP = 2


def main() -> int:
    """Judge the logs of a folder and print the documented cases."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--copies", type=Path)
    chosen = parser.parse_args()
    lines = (chosen.folder / "manifest.jsonl").read_text("utf-8").splitlines()
    counts: Counter[str] = Counter()
    others: list[str] = []
    for log in map(json.loads, lines):
        path = place(log, chosen.folder, chosen.copies)
        if path is None:
            counts["without a copy"] += 1
            continue
        for run in analyze_paths([path]).runs:
            documented = list(cases(log, run))
            for kind, told in documented:
                counts[kind] += 1
                print(f"{kind:8} {title(log, run)}: {told}")
            if not documented:
                others += [f"{title(log, run)}: {said(f)}" for f in alarms(run)]
    print("\nwarnings and errors on logs of which nothing is documented:", *others, sep="\n  ")
    print("\n" + ", ".join(f"{kind} {n}" for kind, n in counts.items()))
    return 1 if counts["missed"] or counts["FALSE"] else 0


def place(log: dict[str, Any], folder: Path, copies: Path | None) -> Path | None:
    """Where the log lies, None where there is no copy."""
    if log["local"]:
        return folder / log["local"]
    there = copies and copies / log["repo"].replace("/", "+") / log["path_in_repo"]
    return there if there and there.exists() else None


def title(log: dict[str, Any], run: RunReport) -> str:
    """Repository, path and run."""
    return f"{log['repo']}/{log['path_in_repo']}" + (f" ({run.run})" if run.run != "." else "")


def cases(log: dict[str, Any], run: RunReport) -> Iterator[tuple[str, str]]:
    """(found, missed, silent or FALSE; what) for all that is documented of a log."""
    raw = (log["facts"] or {}).get("rise_after_best")
    if raw is not None:
        yield documented_rise(run, raw, smoothed_rise(run))
    if fell(log) or run.schedule.drops:
        spikes = [f for f in run.failed if f.rule == "loss-spike" and at_a_drop(f, run)]
        if spikes:
            yield "FALSE", f"spike at a drop; {said(spikes[0])}"
        else:
            yield (
                "silent",
                f"{max(len(fell(log)), len(run.schedule.drops))} drops, no spike at them",
            )


def documented_rise(run: RunReport, raw: float, rise: float) -> tuple[str, str]:
    """The case that a documented rise makes, and what lrdiag says of it."""
    ends = f"validation loss ends {raw:.1%} above its best row, {rise:.1%} by means of three"
    answers = [f for f in run.findings if f.rule == "overfitting"]
    false = [f for f in run.failed if f.rule in HARM]
    told = f"{ends}; {said((false or answers)[0])}"
    if raw <= CONTROL:
        return "FALSE" if false else "silent", told
    if min(raw, rise) < OVERFITTING:
        return "open", told
    if any(f in run.failed for f in answers):
        return "found", told
    return "unjudged" if answers[0].status is Status.NOT_JUDGED else "missed", told


def smoothed_rise(run: RunReport) -> float:
    """Last mean of three neighbouring validation losses over the lowest one, relative."""
    value = next(c.value for c in run.curves if c.role == "val_loss")
    logged = [v for v in value if v is not None]
    means = [sum(logged[i : i + 3]) / 3 for i in range(len(logged) - 2)]
    return means[-1] / min(means) - 1.0


def fell(log: dict[str, Any]) -> list[list[float]]:
    """Rows at which the rate fell, of the first rate that was logged."""
    first: dict[str, Any] = next(iter((log["lr_observed"] or {}).values()), {})
    falls: list[list[float]] = first.get("falls") or []
    return falls


def at_a_drop(finding: Finding, run: RunReport) -> bool:
    """Whether a finding starts within two rows of a drop."""
    steps = sorted({s for c in run.curves if c.role == "train_loss" for s in c.step})
    if finding.first_step is None or len(steps) < 2:
        return False
    row = (steps[-1] - steps[0]) / (max(m.points for m in run.metrics.values()) - 1 or 1)
    return any(abs(finding.first_step - d.step) <= NEAR_A_DROP * row for d in run.schedule.drops)


def alarms(run: RunReport) -> Iterator[Finding]:
    """Failed findings of severity warning or error."""
    yield from (f for f in run.failed if f.severity is not Severity.NOTE)


def said(finding: Finding) -> str:
    """A finding in a line."""
    interval = finding.interval
    width = f" [{interval[0]:.3g}, {interval[1]:.3g}]" if interval else ""
    number = "" if finding.observed is None else f" {finding.observed:.3g}{width}"
    sure = "" if finding.confidence is None else f", confidence {finding.confidence:.2f}"
    why = f" ({finding.reason})" if finding.reason else ""
    return f"{finding.severity.value} {finding.rule} {finding.status.value}{number}{sure}{why}"


if __name__ == "__main__":
    sys.exit(main())
