"""Two runs or two groups: what changed in settings, schedule, outcome and findings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lrdiag.errors import ConfigError
from lrdiag.findings import RunReport, Status
from lrdiag.fleet.group_findings import values_of
from lrdiag.fleet.intervals import Difference, difference, wilson
from lrdiag.fleet.settings import settings_of

DATA_ROLES = (("train_loss", "train_accuracy"), ("val_loss", "val_accuracy"))
"""A fault of the data or labels shows in training and in validation; other code or another
split shows in one of them only."""


@dataclass(frozen=True, slots=True)
class Change:
    """A setting or a part of the schedule that differs; texts as logged, "" where absent."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The best or last value of a role in A and B (means over their runs).

    `judgement`: better, worse, same (the interval excludes a relative change over 5 %) or
    unclear. `noise`: standard deviation of a point around its trend, the larger of A and B.
    """

    role: str
    which: str
    before: float
    after: float
    change: Difference
    judgement: str
    noise: float | None
    runs: tuple[int, int]


@dataclass(frozen=True, slots=True)
class FindingChange:
    """A rule that fails more or less often in B: (failed, judged) in A and in B.

    `judgement`: appeared or cleared (no overlap of what is possible), more or fewer (chance
    may explain it).
    """

    rule: str
    before: tuple[int, int]
    after: tuple[int, int]
    judgement: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from A to B. `conclusions` are sentences."""

    before: str
    after: str
    runs: tuple[int, int]
    settings: tuple[Change, ...]
    schedule: tuple[Change, ...]
    outcomes: tuple[Outcome, ...]
    findings: tuple[FindingChange, ...]
    conclusions: tuple[str, ...]

    @property
    def worse(self) -> bool:
        """Whether an outcome is certainly worse or a finding certainly appeared."""
        outcomes = any(o.judgement == "worse" for o in self.outcomes)
        return outcomes or any(f.judgement == "appeared" for f in self.findings)


SAME_SIZE = 0.05
"""Relative change below which two outcomes count as the same, where the interval is that
narrow: the corpus' bound of what is material (docs/accuracy.md)."""


def compare(
    before: Sequence[RunReport], after: Sequence[RunReport], names: tuple[str, str]
) -> Comparison:
    """Compare two runs or groups.

    Raises:
        ConfigError: one of the two holds no run.
    """
    for name, runs in zip(names, (before, after), strict=True):
        if not runs:
            raise ConfigError(f"{name}: no run found there.", "Give a log or a folder of logs.")
    settings = tuple(_changes(_shared(before), _shared(after)))
    schedule = tuple(_changes(_schedule(before[0]), _schedule(after[0])))
    outcomes = tuple(_outcomes(before, after))
    findings = tuple(_finding_changes(before, after))
    counts = (len(before), len(after))
    conclusions = tuple(_conclusions(settings, schedule, outcomes, counts))
    return Comparison(*names, counts, settings, schedule, outcomes, findings, conclusions)


def _shared(runs: Sequence[RunReport]) -> dict[str, str]:
    """Settings that all runs of a side agree on, and "varies" where they do not."""
    every = [settings_of(run) for run in runs]
    names = dict.fromkeys(n for found in every for n in found if not n.startswith("schedule."))
    found: dict[str, str] = {}
    for name in names:
        values = {str(settings.get(name, "")) for settings in every}
        found[name] = values.pop() if len(values) == 1 else "varies"
    return found


def _schedule(run: RunReport) -> dict[str, str]:
    schedule = run.schedule
    if schedule is None:
        return {}
    drops = [f"{d.epoch:.4g}" if d.epoch is not None else f"step {d.step}" for d in schedule.drops]
    found = {"family": schedule.family, "drops at epoch": ", ".join(drops)}
    found |= {
        name: f"{value:.4g}" if isinstance(value, float) else str(value)
        for name, value in schedule.parameters.items()
        if name != "milestones"
    }
    return {**found, "agreement with the configuration": schedule.agreement}


def _changes(before: dict[str, str], after: dict[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            yield Change(name, old, new)


def _outcomes(before: Sequence[RunReport], after: Sequence[RunReport]) -> Iterator[Outcome]:
    roles = dict.fromkeys(role for run in before for role in run.metrics)
    for role in roles:
        known = [run.metrics[role] for run in (*before, *after) if role in run.metrics]
        direction = next(
            (m.higher_is_better for m in known if m.higher_is_better is not None), None
        )
        noise = max((m.noise for m in known if m.noise is not None), default=None)
        for which in ("best", "last"):
            a, b = values_of(before, role, which), values_of(after, role, which)
            change = difference(a, b)
            if change is None or direction is None:
                continue
            mean = math.fsum(a) / len(a)
            judgement = _judge(change, direction, SAME_SIZE * abs(mean))
            counts = (len(a), len(b))
            yield Outcome(role, which, mean, mean + change.value, change, judgement, noise, counts)


def _judge(change: Difference, higher_is_better: bool, same: float) -> str:
    if change.low > -same and change.high < same:
        return "same"
    if not change.certain:
        return "unclear"
    return "better" if (change.value > 0) == higher_is_better else "worse"


def _finding_changes(
    before: Sequence[RunReport], after: Sequence[RunReport]
) -> Iterator[FindingChange]:
    for rule in dict.fromkeys(f.rule for run in (*after, *before) for f in run.failed):
        a, b = _counted(before, rule), _counted(after, rule)
        if not a[1] or not b[1] or a[0] * b[1] == b[0] * a[1]:
            continue
        more = b[0] * a[1] > a[0] * b[1]
        (low_a, high_a), (low_b, high_b) = wilson(*a), wilson(*b)
        apart = low_b > high_a if more else high_b < low_a
        # One deterministic answer each is a fact about these two runs, if not about their kind.
        sure = apart or a[1] == b[1] == 1
        word = ("appeared" if more else "cleared") if sure else ("more" if more else "fewer")
        yield FindingChange(rule, a, b, word)


def _counted(runs: Sequence[RunReport], rule: str) -> tuple[int, int]:
    """(failed, judged) runs for a rule."""
    failed = judged = 0
    for run in runs:
        status = {f.status for f in run.findings if f.rule == rule and not f.suppressed}
        failed += Status.FAILED in status
        judged += bool(status & {Status.FAILED, Status.PASSED})
    return failed, judged


def _conclusions(
    settings: Sequence[Change],
    schedule: Sequence[Change],
    outcomes: Sequence[Outcome],
    runs: tuple[int, int],
) -> Iterator[str]:
    worse = {o.role for o in outcomes if o.judgement == "worse"}
    if not settings and not schedule and all(worse & set(roles) for roles in DATA_ROLES):
        yield (
            "Training and validation are both worse with the same settings and schedule: look at"
            " what the logs cannot show, the data and labels (bad labels, a changed file or"
            " split), the code version and the hardware."
        )
    if runs == (1, 1):
        yield (
            "One run on each side: the noise between seeds is not known, so no outcome is called"
            " better or worse. Give groups of at least two runs, better three, on one side. Point"
            " noise is that of single points around their run's trend."
        )


def as_data(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain data for JSON; infinite bounds are None."""
    c = comparison
    return {
        "format_version": 1,
        "before": c.before,
        "after": c.after,
        "runs": list(c.runs),
        "settings": [_change_data(change) for change in c.settings],
        "schedule": [_change_data(change) for change in c.schedule],
        "outcomes": [_outcome_data(outcome) for outcome in c.outcomes],
        "findings": [
            {
                "rule": f.rule,
                "before": list(f.before),
                "after": list(f.after),
                "judgement": f.judgement,
            }
            for f in c.findings
        ],
        "conclusions": list(c.conclusions),
        "worse": c.worse,
    }


def _change_data(change: Change) -> dict[str, str]:
    return {"name": change.name, "before": change.before, "after": change.after}


def _outcome_data(outcome: Outcome) -> dict[str, Any]:
    change = outcome.change
    bounds = [b if math.isfinite(b) else None for b in (change.low, change.high)]
    return {
        "role": outcome.role,
        "which": outcome.which,
        "before": outcome.before,
        "after": outcome.after,
        "change": change.value,
        "interval": bounds,
        "method": change.method,
        "judgement": outcome.judgement,
        "point_noise": outcome.noise,
        "runs": list(outcome.runs),
    }
