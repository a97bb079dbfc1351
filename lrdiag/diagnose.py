"""(Run, rules) to health report: the only place that joins the rooms."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from lrdiag.axis_inference import infer_axis
from lrdiag.config import Config
from lrdiag.curves import curves_of, lr_series_of
from lrdiag.errors import ConfigError
from lrdiag.false_discoveries import discovery_note
from lrdiag.findings import Finding, HealthReport, Problem, RunReport, ScheduleSummary, Verdict
from lrdiag.roles.resolution import Roles, resolve_roles
from lrdiag.rulefile.values import RuleSet
from lrdiag.runs import Run
from lrdiag.schedule.values import ConfiguredSchedule
from lrdiag.sources.interface import Discovery, RunLocation
from lrdiag.summaries import metric_summaries, report_curves, schedule_summary, series_summaries
from lrdiag.task_facts import task_of
from lrdiag.verdicts import report_verdict, run_verdict
from lrdiag.view import RunView

MapRuns = Callable[[Callable[[RunLocation], RunReport], Sequence[RunLocation]], Iterable[RunReport]]
"""The door of the executors: apply a function to every location, in any way, in order."""

Progress = Callable[[int, int], None]


def view_of(
    run: Run, config: Config, *, ongoing: bool = False
) -> tuple[RunView, Roles, tuple[str, ...]]:
    """A run as the checks see it, its roles, and notes on what was converted or guessed.

    Of an `ongoing` run the configured number of epochs is not the length of its log.
    """
    from lrdiag.schedule.infer import infer_schedule

    roles = resolve_roles(run, config.roles)
    configured = configured_schedule(run, config)
    if ongoing and configured:
        configured = replace(configured, epochs=None)
    epochs = None if ongoing else config.epochs or (configured.epochs if configured else None)
    per_epoch = config.steps_per_epoch or (configured.steps_per_epoch if configured else None)
    axis, in_epochs = infer_axis(run, roles, epochs, per_epoch)
    curves, notes = curves_of(run, roles, axis, in_epochs)
    last = max((int(c.step.max()) for c in curves.values() if len(c)), default=None)
    rates = lr_series_of(run, roles, axis, in_epochs)
    schedule = infer_schedule(
        rates,
        axis,
        configured,
        train_loss=curves.get("train_loss"),
        last_step=last,
    )
    task = {**task_of(run), **config.task}
    view = RunView(run, curves, axis, schedule, run.params, task, rates)
    return view, roles, (*roles.notes, *notes)


def configured_schedule(run: Run, config: Config) -> ConfiguredSchedule | None:
    """What the schedule should have been: the user's word, then files beside the log."""
    from lrdiag.schedule.configured import from_params, from_texts

    if config.schedule is not None:
        return config.schedule
    if run.params:
        found = from_params(run.params, run.params_origin)
        if found is not None:
            return found
    return from_texts(run.texts, run.params_origin) if run.texts else None


def diagnose_run(run: Run, rules: RuleSet, config: Config, *, ongoing: bool = False) -> RunReport:
    """Judge one run by the rules; `ongoing`: its training has not ended (see `watching`)."""
    view, roles, notes = view_of(run, config, ongoing=ongoing)
    findings = tuple(_findings(view, rules, config))
    return RunReport(
        run=run.name,
        verdict=run_verdict(findings, run.problems, max(map(len, view.curves.values()), default=0)),
        sources=run.sources,
        roles=roles.tags,
        role_notes=notes,
        series=series_summaries(run),
        schedule=_advised(schedule_summary(view), findings),
        metrics=metric_summaries(view),
        findings=findings,
        problems=run.problems,
        curves=report_curves(view),
        params=run.params,
    )


def _advised(schedule: ScheduleSummary, findings: tuple[Finding, ...]) -> ScheduleSummary:
    """The schedule with what to try next, where the findings speak for another one."""
    from lrdiag.schedule.proposal import propose

    return replace(schedule, proposed=propose(schedule, findings))


def _findings(view: RunView, rules: RuleSet, config: Config) -> Iterator[Finding]:
    from lrdiag.rulefile.evaluate import evaluate_rule

    for rule in rules.rules:
        if rule.id not in config.disable:
            yield from evaluate_rule(rule, view)


class DiagnoseLocation:
    """Read one location and judge it; picklable, so that a worker elsewhere can do it."""

    def __init__(self, rules: RuleSet, config: Config) -> None:
        self.rules = rules
        self.config = config

    def __call__(self, location: RunLocation) -> RunReport:
        """The report of the run at this location; what cannot be read becomes a problem."""
        from lrdiag.errors import SourceError
        from lrdiag.sources.tree import read_location

        try:
            run = read_location(location)
        except SourceError as error:
            return unreadable(location, error.what, error.action)
        return diagnose_run(run, self.rules, self.config)


def unreadable(location: RunLocation, what: str, action: str = "") -> RunReport:
    """The report of a run of which nothing could be read."""
    files = [file for _, _, group in location.parts for file in group]
    name = str(files[0]) if files else location.name
    problem = Problem(name, "unreadable", "error", what, action=action)
    return RunReport(location.name, Verdict.UNDECIDED, problems=(problem,))


def analyze_paths(
    paths: Sequence[str | Path],
    config: Config | None = None,
    *,
    rules: RuleSet | None = None,
    map_runs: MapRuns | None = None,
    progress: Progress | None = None,
    copies_folder: Path | None = None,
) -> HealthReport:
    """Find, read and judge every run below the paths.

    Args:
        paths: files, run directories or trees of runs; URLs with the extra `lrdiag[remote]`.
        config: the configuration (default: none).
        rules: the rules (default: the shipped pack and the configuration's files).
        map_runs: how runs are worked through (default: one after the other).
        progress: called with (done, total) after each run.
        copies_folder: where copies of remote logs are kept (default: nowhere).
    """
    from lrdiag.fleet.executors import sequential
    from lrdiag.sources.splits import merge_splits
    from lrdiag.sources.tree import discover

    config = config or Config()
    rules = rules or rules_for(config)
    if any("://" in str(path) for path in paths):
        from lrdiag.fleet.remote_runs import analyze_remote

        analyze = partial(analyze_paths, config=config, rules=rules, map_runs=map_runs)
        return analyze_remote(paths, copies_folder, partial(analyze, progress=progress))
    found = merge_splits(discover(paths, getattr(map_runs, "kinds", None)))
    work = DiagnoseLocation(rules, config)
    reports: list[RunReport] = []
    for report in (map_runs or sequential)(work, found.locations):
        reports.append(report)
        if progress:
            progress(len(reports), len(found.locations))
    notes = (*left_out_notes(found.left_out), *_nothing_found(paths, found))
    return assemble(reports, rules, config, found.problems, notes)


def _nothing_found(paths: Sequence[str | Path], found: Discovery) -> tuple[str, ...]:
    if found.locations or found.problems:
        return ()
    below = ", ".join(str(path) for path in paths)
    return (
        f"No training log was found in {below}. lrdiag reads event files, tables, JSON and text "
        "logs (docs/formats.md); give a log file, a run directory or a tree of runs.",
    )


def rules_for(config: Config) -> RuleSet:
    """The rules a configuration asks for.

    Raises:
        ConfigError: `disable` names a rule that does not exist.
    """
    from lrdiag.rulefile.load import load_rules

    rules = load_rules(config.rules, default=config.default_rules)
    ids = [rule.id for rule in rules.rules]
    for name in config.disable:
        if name not in ids:
            close = ", ".join(difflib.get_close_matches(name, ids, 2)) or ", ".join(ids)
            raise ConfigError(f"There is no rule {name!r} to disable.", f"Did you mean {close}?")
    return rules


def assemble(
    runs: Sequence[RunReport],
    rules: RuleSet,
    config: Config,
    problems: Sequence[Problem] = (),
    notes: Sequence[str] = (),
) -> HealthReport:
    """The report over all runs, with suppressions applied and seed groups found."""
    from lrdiag.fleet.group_findings import grouped

    report = HealthReport(
        runs=tuple(runs),
        problems=tuple(problems),
        verdict=report_verdict(runs),
        rules=tuple(rule.id for rule in rules.rules),
        notes=(*read_as_notes(runs), *notes),
    )
    judged = _suppressed(report, config.suppressions)
    judged = replace(judged, notes=(*judged.notes, *discovery_note(judged.runs)))
    return grouped(judged, config.group_by)


def without_accepted(run: RunReport, config: Config) -> RunReport:
    """The report of one run with the findings marked that the configuration accepts."""
    return _suppressed(HealthReport((run,)), config.suppressions).runs[0]


def _suppressed(report: HealthReport, suppressions: Sequence[Mapping[str, Any]]) -> HealthReport:
    if not suppressions:
        return report
    import datetime

    from lrdiag.suppressions import apply

    return apply(report, suppressions, datetime.datetime.now(datetime.UTC).date())


def left_out_notes(left_out: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """One note for each reason, with a count and an example."""
    reasons: dict[str, list[str]] = {}
    for path, reason in left_out:
        reasons.setdefault(reason, []).append(path)
    return tuple(
        f"Left out, {reason}: {files[0]}" + (f" and {len(files) - 1} more" if files[1:] else "")
        for reason, files in reasons.items()
    )


def read_as_notes(runs: Sequence[RunReport]) -> tuple[str, ...]:
    """What was read as what, where the logs are of several formats: files of each, most first."""
    from collections import Counter

    files = {(source.format, source.path) for run in runs for source in run.sources}
    counts = Counter(name for name, _ in files)
    if len(counts) < 2:
        return ()
    told = ", ".join(f"{count:,} as {name}" for name, count in counts.most_common())
    return (f"Files read: {told}.",)
