"""What every human-readable report says in the same words: numbers, places, counts, next steps."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lrdiag.findings import Finding, HealthReport, Problem, RunReport, Severity, Status, Verdict
from lrdiag.reports.escaping import name_text
from lrdiag.run_names import run_name

WORST_FIRST = (Verdict.UNHEALTHY, Verdict.WARNING, Verdict.UNDECIDED, Verdict.HEALTHY)
MARK = {
    Verdict.HEALTHY: "✓", Verdict.WARNING: "!", Verdict.UNHEALTHY: "✗", Verdict.UNDECIDED: "?",
}  # fmt: skip


def number(value: float | None) -> str:
    """Three or four significant digits; `–` for None."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return str(value)
    if float(value).is_integer() and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.3g}"


def count(amount: int, noun: str, plural: str = "") -> str:
    """`1 run`, `12,000 points`."""
    return f"{amount:,} {noun if amount == 1 else plural or noun + 's'}"


def position(epoch: float | None, step: int | None) -> str:
    """`epoch 30` where the epoch is known, else `step 11,700`, else nothing."""
    if epoch is not None and math.isfinite(epoch):
        return f"epoch {_epoch(epoch)}"
    return f"step {step:,}" if step is not None else ""


def _epoch(epoch: float) -> str:
    return f"{epoch:.1f}".removesuffix(".0")


def where(finding: Finding) -> str:
    """The range a finding is about: `epochs 104–199`, `step 12`, or nothing."""
    first, last = finding.first_epoch, finding.last_epoch
    if first is not None and math.isfinite(first):
        ends = [_epoch(first)] + ([_epoch(last)] if last is not None and last != first else [])
        return ("epochs " if len(set(ends)) > 1 else "epoch ") + "–".join(dict.fromkeys(ends))
    if finding.first_step is None:
        return ""
    both = (finding.first_step, finding.last_step)
    steps = dict.fromkeys(f"{step:,}" for step in both if step is not None)
    return ("steps " if len(steps) > 1 else "step ") + "–".join(steps)


def measured(finding: Finding) -> str:
    """`observed 0.31 (95 % interval 0.2 to 0.4), threshold 0.04: relative rise …`."""
    parts = []
    if finding.observed is not None:
        parts.append(f"observed {number(finding.observed)}")
    if parts and finding.interval is not None:
        low, high = finding.interval
        parts[0] += f" (95 % interval {number(low)} to {number(high)})"
    if finding.threshold is not None:
        parts.append(f"threshold {number(finding.threshold)}")
    text = ", ".join(parts)
    return f"{text} – {finding.unit}" if text and finding.unit else text


def certainty(finding: Finding) -> str:
    """`97 % sure, 96 points` as far as known."""
    parts = []
    if finding.confidence is not None:
        parts.append(f"{min(finding.confidence, 0.99):.0%} sure".replace("%", " %"))
    if finding.points is not None:
        parts.append(count(finding.points, "point"))
    return ", ".join(parts)


def title(finding: Finding) -> str:
    """The rule's id, and the drop it was asked about."""
    return f"{finding.rule} (drop {finding.drop})" if finding.drop else finding.rule


def verdict_counts(runs: Sequence[RunReport]) -> str:
    """`2 unhealthy, 1 warning, 7 healthy`, worst first."""
    counts = Counter(run.verdict for run in runs)
    return ", ".join(f"{counts[v]:,} {v.value}" for v in WORST_FIRST if counts[v])


def headline(report: HealthReport) -> str:
    """The verdict over all runs in one sentence."""
    if not report.runs:
        return "no run was read"
    if len(report.runs) == 1:
        return run_headline(report.runs[0])
    return f"{count(len(report.runs), 'run')}: {verdict_counts(report.runs)}"


def run_headline(run: RunReport) -> str:
    """What was found in one run, in a few words."""
    failed = Counter(f.severity for f in run.failed)
    parts = [
        count(failed[s], s.value)
        for s in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
        if failed[s]
    ]
    judged = len({f.rule for f in run.findings if f.status in (Status.PASSED, Status.FAILED)})
    if parts:
        return f"{', '.join(parts)} from {count(judged, 'judged rule')}"
    return f"{count(judged, 'rule')} judged, none failed" if judged else "no rule could be judged"


def capital(words: str) -> str:
    """With a capital at the start."""
    return words[:1].upper() + words[1:]


def sentence(words: str) -> str:
    """With a capital and a full stop."""
    return f"{capital(words)}."


def problem_place(problem: Problem) -> str:
    """`line 3`, `byte 40,960`, or nothing."""
    if problem.line is not None:
        return f"line {problem.line:,}"
    return f"byte {problem.offset:,}" if problem.offset is not None else ""


def worst_first(runs: Iterable[RunReport]) -> list[RunReport]:
    """Unhealthy runs first, in each verdict in the report's order."""
    return sorted(runs, key=lambda run: WORST_FIRST.index(run.verdict))


@dataclass(frozen=True, slots=True)
class Action:
    """A thing to do: the rule, how many runs failed it, the worst finding and its run."""

    rule: str
    runs: int
    run: str
    finding: Finding


def next_actions(report: HealthReport, limit: int = 3) -> list[Action]:
    """What to do first: one action a rule, errors before warnings, many runs before few.

    Symptoms of a cause found in the same run, and notes where there is more, are left out.
    """
    first: dict[str, tuple[str, Finding]] = {}
    runs: Counter[str] = Counter()
    for run in report.runs:
        for rule in dict.fromkeys(f.rule for f in run.to_mend):
            runs[rule] += 1
        for finding in run.to_mend:
            held = first.get(finding.rule)
            if held is None or _weight(finding) > _weight(held[1]):
                first[finding.rule] = (run_name(run), finding)
    actions = [Action(rule, runs[rule], run, f) for rule, (run, f) in first.items()]
    actions.sort(key=lambda a: (-a.finding.severity.rank, -a.runs, -(a.finding.confidence or 0)))
    serious = [a for a in actions if a.finding.severity is not Severity.NOTE]
    return (serious or actions)[:limit]


def _weight(finding: Finding) -> tuple[int, float]:
    return finding.severity.rank, finding.confidence or 0.0


def by_reason(findings: Iterable[Finding]) -> list[tuple[str, list[str]]]:
    """Not judged findings grouped by reason: (reason, rule ids), most rules first."""
    groups: dict[str, list[str]] = {}
    for finding in findings:
        rules = groups.setdefault(finding.reason or finding.message or "no reason given", [])
        if finding.rule not in rules:
            rules.append(finding.rule)
    return sorted(groups.items(), key=lambda item: -len(item[1]))


def failed_rules(run: RunReport) -> str:
    """The ids of the failed rules, worst first; notes only as a number beside others."""
    serious = dict.fromkeys(f.rule for f in run.failed if f.severity is not Severity.NOTE)
    notes = dict.fromkeys(f.rule for f in run.failed if f.rule not in serious)
    if not serious:
        return f"note: {', '.join(notes)}" if notes else ""
    return ", ".join(serious) + (f", {count(len(notes), 'note')}" if notes else "")


def action_text(action: Action) -> str:
    """What to do: the remedy, or what was found where the rule gives no remedy."""
    finding = action.finding
    return finding.remedy or finding.message or finding.summary


def action_runs(action: Action) -> str:
    """How many runs it concerns, and the one whose numbers are told."""
    name = name_text(action.run, 40)
    return f"{count(action.runs, 'run')}, here {name}" if action.runs > 1 else f"run {name}"


def passed_rules(run: RunReport) -> list[str]:
    """The rules that were judged and failed nowhere in the run."""
    failed = {f.rule for f in run.findings if f.status is Status.FAILED}
    passed = dict.fromkeys(f.rule for f in with_status(run, Status.PASSED))
    return [rule for rule in passed if rule not in failed]


def with_status(run: RunReport, *status: Status) -> list[Finding]:
    """The run's findings with one of these statuses, suppressed ones left out."""
    return [f for f in run.findings if f.status in status and not f.suppressed]


def accepted(run: RunReport) -> list[tuple[str, str]]:
    """(what was found, why and by whom it is accepted until when) of each suppressed finding."""
    return [
        (f"{_placed(f)}: {f.message or f.summary}", f.suppressed)
        for f in run.findings
        if f.suppressed
    ]


def _placed(finding: Finding) -> str:
    place = where(finding)
    return f"{title(finding)}, {place}" if place else title(finding)


def best_checkpoint(run: RunReport) -> str:
    """The best checkpoint and the epochs trained after it, or nothing."""
    role = next((r for r in ("val_loss", "val_accuracy") if r in run.metrics), None)
    if role is None or run.metrics[role].best is None:
        return ""
    metric = run.metrics[role]
    place = position(metric.best_epoch, metric.best_step)
    text = f"{role} {number(metric.best)}{' at ' if place else ''}{place}"
    ends = [e for c in run.curves if c.role == role for e in c.epoch if e is not None]
    wasted = max(ends) - metric.best_epoch if ends and metric.best_epoch is not None else 0
    return f"{text}, {count_epochs(wasted)} before the end" if wasted >= 1 else text


def count_epochs(epochs: float) -> str:
    """`1 epoch`, `98 epochs`."""
    return f"{_epoch(epochs)} epoch{'' if epochs == 1 else 's'}"


def schedule_line(run: RunReport) -> str:
    """`multistep: 0.1 → 0.01 at epoch 30 → 0.001 at epoch 60 (logged)`."""
    schedule = run.schedule
    if schedule is None:
        return "no learning rate known"
    drops = schedule.drops
    if not drops:
        return f"{schedule.family}, no drop"
    steps = [f"→ {number(d.after)} at {position(d.epoch, d.step)}" for d in drops[:4]]
    more = f" and {len(drops) - 4} more" if len(drops) > 4 else ""
    known = all(math.isfinite(d.before) and math.isfinite(d.after) for d in drops)
    if not known:
        steps = [position(d.epoch, d.step) for d in drops[:6]]
        return f"{schedule.family}: drops at {', '.join(steps)} ({_known_from(drops[0].source)})"
    start = number(drops[0].before)
    return f"{schedule.family}: {start} {' '.join(steps)}{more} ({_known_from(drops[0].source)})"


def _known_from(source: str) -> str:
    """How a drop is known, in words."""
    return "told by the training loss alone" if source == "from_loss" else source


def proposal(run: RunReport) -> tuple[str, str]:
    """The schedule to try next as a line of PyTorch, else in words, and the reason; "" if none."""
    proposed = run.schedule.proposed if run.schedule else None
    if not proposed:
        return "", ""
    milestones = ", ".join(str(m) for m in proposed.get("milestones", ()))
    words = f"drops at epochs {milestones} by {proposed.get('gamma')}"
    return str(proposed.get("pytorch") or words), str(proposed.get("reason") or "")
