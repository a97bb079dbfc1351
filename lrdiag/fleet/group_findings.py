"""What is true of a group of runs: noise between seeds, findings of one or of all, odd ones out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lrdiag.findings import Finding, HealthReport, RunReport, Status
from lrdiag.fleet.groups import Group, find_groups, with_group_names
from lrdiag.fleet.intervals import mean_interval, spread, t_tail, wilson
from lrdiag.reports.short_names import short_names

MIN_FOR_OUTLIERS = 4
"""Runs a group needs before one can be called odd: three others give a noise with 2 degrees
of freedom, below that the t distribution's tails forbid any statement."""

OUTLIER_LEVEL = 0.01
"""Chance of calling any run of a healthy group odd, over all its runs and metrics."""

OUTLIER_SIZE = 0.05
"""How much worse, relative to the others' mean, an odd run must be to be worth a word: the
size that the labelled corpus calls material (docs/accuracy.md)."""

OUTCOMES = ("val_loss", "val_accuracy", "val_f1", "val_auc", "train_loss")
"""Roles whose outcome is compared between the runs of a group."""


def grouped(report: HealthReport, by: str = "") -> HealthReport:
    """The report with groups: `groups`, each run's `group`, and one note a group."""
    groups = find_groups(report.runs, by)
    if not groups:
        return report
    facts = tuple(describe(group) for group in groups)
    notes = tuple(note for fact in facts for note in fact["notes"])
    by_name = {fact["name"]: fact["findings"] for fact in facts}
    named = with_group_names(report, groups)
    return replace(
        report,
        runs=tuple(in_light_of(run, by_name.get(run.group, ())) for run in named),
        groups=facts,
        notes=(*report.notes, *notes),
    )


def in_light_of(run: RunReport, findings: Sequence[dict[str, Any]]) -> RunReport:
    """The run with a sentence more in each finding that the noise between seeds may explain.

    The finding stands, for it is true of this run and of the checkpoint it left; what it says
    of the settings does not, where the mean over the group does not clear the threshold.
    """
    noisy = {f["rule"]: f for f in findings if "observed" in f and f["status"] != "failed"}
    if not any(finding.rule in noisy for finding in run.failed):
        return run
    told = tuple(
        replace(f, message=f"{f.message} {_noise_words(noisy[f.rule])}")
        if f.status is Status.FAILED and f.rule in noisy
        else f
        for f in run.findings
    )
    return replace(run, findings=told)


def _noise_words(finding: dict[str, Any]) -> str:
    low, high = finding["observed_interval"]
    return (
        f"Over the {finding['judged']} judged runs of its group this is {finding['observed']:.3g}"
        f" on average ({low:.3g} to {high:.3g}), which does not clear the threshold"
        f" {finding['threshold']:.3g}: it may be this seed rather than the settings, so repeat"
        " before you change them."
    )


def describe(group: Group) -> dict[str, Any]:
    """A group as plain data: name, by, runs, metrics, findings, outliers, notes.

    The metrics, and with them the noise, are those of the runs that are not odd ones out.
    """
    findings = list(rule_findings(group.runs))
    outliers = list(odd_runs(group.runs))
    odd = {found["run"] for found in outliers}
    metrics = run_to_run([run for run in group.runs if run.run not in odd])
    return {
        "name": group.name,
        "by": group.by,
        "runs": [run.run for run in group.runs],
        "metrics": metrics,
        "findings": findings,
        "outliers": outliers,
        "notes": list(_notes(group, metrics, findings, outliers)),
    }


def run_to_run(runs: Sequence[RunReport]) -> dict[str, dict[str, Any]]:
    """By role: mean and standard deviation between runs of the best and of the last value."""
    found: dict[str, dict[str, Any]] = {}
    for role in dict.fromkeys(role for run in runs for role in run.metrics):
        best, last = values_of(runs, role, "best"), values_of(runs, role, "last")
        if len(best) < 2:
            continue
        found[role] = {
            "runs": len(best),
            "best_mean": spread(best).mean,
            "best_sd": spread(best).sd,
            "last_mean": _or_none(spread(last).mean),
            "last_sd": _or_none(spread(last).sd),
        }
    return found


def values_of(runs: Sequence[RunReport], role: str, which: str) -> list[float]:
    """`best` or `last` of a role over runs that have it."""
    found = (getattr(run.metrics[role], which) for run in runs if role in run.metrics)
    return [value for value in found if value is not None and math.isfinite(value)]


def rule_findings(runs: Sequence[RunReport]) -> Iterator[dict[str, Any]]:
    """For each rule that failed somewhere: in how many runs, and what holds for the group.

    `status` judges the group: where the rule's observed value is known in at least three
    runs, its mean over the runs must clear the threshold by the run-to-run noise (95 %
    interval); else `failed` needs every judged run to fail.
    """
    for rule in dict.fromkeys(f.rule for run in runs for f in run.failed):
        worst = [(run, _worst(run, rule)) for run in runs]
        judged = [(run, f) for run, f in worst if f is not None]
        failed = [(run, f) for run, f in judged if f.status is Status.FAILED]
        low, high = wilson(len(failed), len(judged))
        yield {
            "rule": rule,
            "severity": failed[0][1].severity.value,
            "failed": [run.run for run, _ in failed],
            "judged": len(judged),
            "share": len(failed) / len(judged),
            "interval": [low, high],
            "scope": _scope(len(failed), len(judged)),
            **_against_threshold([f for _, f in judged], len(failed)),
        }


def _worst(run: RunReport, rule: str) -> Finding | None:
    """The finding that speaks for the run: a failed one if there is one, else a passed one."""
    found = [f for f in run.findings if f.rule == rule and not f.suppressed]
    failed = [f for f in found if f.status is Status.FAILED]
    return next(iter([*failed, *(f for f in found if f.status is Status.PASSED)]), None)


def _scope(failed: int, judged: int) -> str:
    if failed == judged:
        return "all"
    return "one" if failed == 1 else "some"


def _against_threshold(judged: Sequence[Finding], failed: int) -> dict[str, Any]:
    known = [f for f in judged if f.observed is not None and f.threshold is not None]
    values = [f.observed for f in known if f.observed is not None and math.isfinite(f.observed)]
    thresholds = {f.threshold for f in known}
    sides = {
        f.observed > f.threshold
        for f in known
        if f.status is Status.FAILED and f.observed is not None and f.threshold is not None
    }
    if len(values) < 3 or len(thresholds) != 1 or len(sides) != 1:
        return {"status": _status(failed == len(judged), failed == 0)}
    threshold, above = thresholds.pop(), sides.pop()
    assert threshold is not None
    low, high = mean_interval(values)
    beyond = low > threshold if above else high < threshold
    within = high <= threshold if above else low >= threshold
    return {
        "status": _status(beyond, within),
        "observed": spread(values).mean,
        "observed_interval": [low, high],
        "threshold": threshold,
    }


def _status(beyond: bool, within: bool) -> str:
    if beyond:
        return Status.FAILED.value
    return Status.PASSED.value if within else Status.NOT_JUDGED.value


def odd_runs(runs: Sequence[RunReport]) -> Iterator[dict[str, Any]]:
    """Runs whose outcome is worse than their group's noise allows.

    Each run is compared with the others by its externally studentised residual (Cook and
    Weisberg 1982); Bonferroni over runs and metrics. Faults that no single run can show, such
    as bad labels or another data set under the same settings, appear here.
    """
    roles = [role for role in OUTCOMES if len(values_of(runs, role, "best")) >= MIN_FOR_OUTLIERS]
    for role in roles:
        having = [run for run in runs if role in run.metrics and values_of([run], role, "best")]
        for run in having:
            others = values_of([r for r in having if r is not run], role, "best")
            odd = compare_one(run, others, role, OUTLIER_LEVEL / (len(having) * len(roles)))
            if odd:
                yield odd


def compare_one(
    run: RunReport, others: Sequence[float], role: str, level: float
) -> dict[str, Any] | None:
    """How much worse a run's best value of a role is than the others', if it is at `level`."""
    metric = run.metrics[role]
    value, rest = values_of([run], role, "best")[0], spread(others)
    sign = -1.0 if metric.higher_is_better else 1.0
    worse = sign * (value - rest.mean)
    scale = rest.sd * math.sqrt(1 + 1 / rest.size)
    if worse <= OUTLIER_SIZE * abs(rest.mean) or not scale > 0:
        return None
    p = t_tail(worse / scale, rest.size - 1)
    if p > level:
        return None
    return {
        "run": run.run,
        "role": role,
        "value": value,
        "expected": rest.mean,
        "noise": rest.sd,
        "p_value": p,
        "message": (
            f"{run.run}: best {role} {value:.4g}, its {rest.size} siblings {rest.mean:.4g}"
            f" ± {rest.sd:.2g} (p = {p:.1g})."
        ),
        "remedy": (
            "Same settings, another outcome: compare its data and labels (a shuffled or changed"
            " label file), code version and hardware with its siblings'."
        ),
    }


def _notes(
    group: Group,
    metrics: dict[str, dict[str, Any]],
    findings: Sequence[dict[str, Any]],
    outliers: Sequence[dict[str, Any]],
) -> Iterator[str]:
    noise = [
        f"{role} {m['best_mean']:.4g} ± {m['best_sd']:.2g}"
        for role, m in metrics.items()
        if role in OUTCOMES
    ]
    odd_names = list(dict.fromkeys(odd["run"] for odd in outliers))
    without = f", without the odd one{'s' * (len(odd_names) > 1)} out" if odd_names else ""
    told = f"; best {', '.join(noise)} between runs{without}" if noise else ""
    names = [run.run for run in group.runs]
    short = dict(zip(names, short_names(names)[0], strict=True))
    by_words: dict[str, list[str]] = {}
    for f in findings:
        by_words.setdefault(f"{_who(f, short)}{_sure(f)}", []).append(f["rule"])
    found = [f"{', '.join(rules)} in {words}." for words, rules in by_words.items()]
    asked = group.by.removeprefix("--group-by ")
    alike = "differ by seed" if asked in ("seed parameter", "name") else f"agree in {asked}"
    first = f"Group {group.name}: {len(group.runs)} runs that {alike}{told}."
    yield " ".join([first, *found])
    for run in odd_names:
        yield _odd_note(group.name, [odd for odd in outliers if odd["run"] == run])


def _odd_note(group: str, odd: Sequence[dict[str, Any]]) -> str:
    """One paragraph a run, whatever the number of metrics in which it is odd."""
    first, *others = odd
    more = "".join(
        f" Best {o['role']} {o['value']:.4g} against {o['expected']:.4g} ± {o['noise']:.2g}"
        f" (p = {o['p_value']:.1g})."
        for o in others
    )
    return f"Group {group}: odd one out, {first['message']}{more} {first['remedy']}"


def _who(finding: dict[str, Any], short: Mapping[str, str]) -> str:
    failed, judged = finding["failed"], finding["judged"]
    if finding["scope"] == "all":
        return f"all {judged} runs"
    names = f" ({short[failed[0]]})" if finding["scope"] == "one" else ""
    low, high = finding["interval"]
    return f"{len(failed)} of {judged} runs{names}, share {low:.0%} to {high:.0%}"


def _sure(finding: dict[str, Any]) -> str:
    if finding["status"] != Status.NOT_JUDGED.value or "observed" not in finding:
        return ""
    low, high = finding["observed_interval"]
    return (
        f"; over the group {finding['observed']:.3g} ({low:.3g} to {high:.3g}) does not clear"
        f" the threshold {finding['threshold']:.3g}, so chance may explain it"
    )


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
