"""A table over the runs of a sweep, the best healthy run, and the best that is not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from lrdiag.errors import ConfigError
from lrdiag.findings import MetricSummary, RunReport, Severity
from lrdiag.fleet.association import Association, associations, only_found
from lrdiag.fleet.group_findings import odd_runs, values_of
from lrdiag.fleet.groups import Group, find_groups
from lrdiag.fleet.intervals import spread
from lrdiag.fleet.settings import varied

PREFERRED = ("val_accuracy", "val_f1", "val_auc", "val_loss", "train_accuracy", "train_loss")
"""Roles to rank by, the first that most runs have."""


@dataclass(frozen=True, slots=True)
class Row:
    """One run of the table. `rate` is the base learning rate, `milestones` in epochs or steps."""

    run: str
    verdict: str
    best: float | None
    best_epoch: float | None
    best_step: int | None
    last: float | None
    rate: float | None
    family: str
    milestones: tuple[float, ...]
    findings: tuple[str, ...]
    settings: dict[str, Any]
    group: str
    deployable: bool


@dataclass(frozen=True, slots=True)
class Sweep:
    """The runs, best first, and what they say together.

    `noise`: standard deviation of the best value between seeds (pooled over groups, without
    their odd ones), None when no group is known. `odd`: runs that are worse than their group's
    noise allows, in words. `ties`: runs that this noise cannot tell from the best healthy one.
    """

    role: str
    higher_is_better: bool
    rows: tuple[Row, ...]
    best_healthy: Row | None
    best_unhealthy: Row | None
    why_unhealthy: tuple[str, ...]
    noise: float | None
    ties: tuple[str, ...]
    found: tuple[Association, ...]
    asked: int
    settings: tuple[str, ...]
    odd: tuple[str, ...] = ()


def sweep_of(runs: Sequence[RunReport], role: str = "", group_by: str = "") -> Sweep:
    """Rank the runs and relate their settings to their findings.

    Raises:
        ConfigError: no run has the role.
    """
    role = role or _usual_role(runs)
    if not any(role in run.metrics for run in runs):
        known = sorted({name for run in runs for name in run.metrics})
        raise ConfigError(
            f"No run has values for {role or 'any metric'}.",
            f"Known roles: {', '.join(known)}." if known else "Check lrdiag analyze.",
        )
    higher = _direction(runs, role)
    found_groups = find_groups(runs, group_by)
    groups = {id(run): g.name for g in found_groups for run in g.runs}
    odd = [o for g in found_groups for o in odd_runs(g.runs) if o["role"] == role]
    columns = varied(runs)
    rows = [
        _row(run, role, {n: v[i] for n, v in columns.items()}, groups.get(id(run), ""))
        for i, run in enumerate(runs)
    ]
    # By name where values are equal: runs behind URLs come in no order of their own.
    rows.sort(key=lambda row: (_rank(row.best, higher), row.run))
    noise = _pooled_noise(found_groups, role, {o["run"] for o in odd})
    healthy, unhealthy = _best(rows, fit=True), _best(rows, fit=False)
    asked = associations(runs)
    return Sweep(
        role,
        higher,
        tuple(rows),
        healthy,
        unhealthy,
        _why(runs, unhealthy),
        noise,
        _ties(rows, healthy, noise, higher),
        only_found(asked),
        len(asked),
        tuple(columns),
        tuple(f"{o['message']} {o['remedy']}" for o in odd),
    )


def _usual_role(runs: Sequence[RunReport]) -> str:
    counts = Counter(role for run in runs for role in run.metrics)
    most = max((counts[role] for role in PREFERRED), default=0)
    return next((role for role in PREFERRED if counts[role] and counts[role] >= most / 2), "")


def _direction(runs: Sequence[RunReport], role: str) -> bool:
    known = (run.metrics[role].higher_is_better for run in runs if role in run.metrics)
    return bool(next((direction for direction in known if direction is not None), False))


def _row(run: RunReport, role: str, settings: dict[str, Any], group: str) -> Row:
    metric = run.metrics.get(role) or MetricSummary(None, None, None, None, None, 0)
    schedule = run.schedule
    drops = schedule.drops if schedule else ()
    rate = schedule.parameters.get("base_lr") if schedule else None
    return Row(
        run=run.run,
        verdict=run.verdict.value,
        best=metric.best,
        best_epoch=metric.best_epoch,
        best_step=metric.best_step,
        last=metric.last if metric.last_finite else None,
        rate=rate if isinstance(rate, int | float) else None,
        family=schedule.family if schedule else "unknown",
        milestones=tuple(d.epoch if d.epoch is not None else float(d.step) for d in drops),
        findings=tuple(dict.fromkeys(f.rule for f in run.failed)),
        settings=settings,
        group=group,
        deployable=run.deployable,
    )


def _rank(best: float | None, higher: bool) -> float:
    if best is None or not math.isfinite(best):
        return math.inf
    return -best if higher else best


def _best(rows: Sequence[Row], *, fit: bool) -> Row | None:
    """The first row that has a value and is (not) fit to deploy; undecided runs are neither."""
    wanted = ("healthy", "warning") if fit else ("unhealthy",)
    return next((r for r in rows if r.verdict in wanted and r.best is not None), None)


def _why(runs: Sequence[RunReport], row: Row | None) -> tuple[str, ...]:
    if row is None:
        return ()
    run = next(run for run in runs if run.run == row.run)
    errors = [f for f in run.failed if f.severity is Severity.ERROR]
    return tuple(f"{f.rule}: {f.message or f.summary}" for f in errors)


def _pooled_noise(groups: Sequence[Group], role: str, odd: Collection[str]) -> float | None:
    """Standard deviation between runs of a group, pooled over groups by degrees of freedom."""
    kept = [[run for run in group.runs if run.run not in odd] for group in groups]
    found = [spread(values_of(runs, role, "best")) for runs in kept]
    found = [f for f in found if f.size > 1]
    degrees = sum(f.size - 1 for f in found)
    if not degrees:
        return None
    return math.sqrt(math.fsum(f.sd**2 * (f.size - 1) for f in found) / degrees)


def _ties(
    rows: Sequence[Row], best: Row | None, noise: float | None, higher: bool
) -> tuple[str, ...]:
    """Other fit runs less than two standard errors of a difference of two runs behind."""
    if best is None or best.best is None or noise is None:
        return ()
    reach = 2.0 * math.sqrt(2.0) * noise
    return tuple(
        row.run
        for row in rows
        if row is not best
        and row.deployable
        and row.best is not None
        and abs(_rank(row.best, higher) - _rank(best.best, higher)) <= reach
    )
