"""`lrdiag analyze`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from lrdiag.cli.fleet_options import executor_from, fleet_options
from lrdiag.cli.options import config_from_options, config_options, paths_argument
from lrdiag.cli.outputs import output_options, write_reports


@click.command("analyze")
@paths_argument
@output_options
@click.option(
    "--fail-on",
    type=click.Choice(["note", "warning", "error", "never"]),
    default=None,
    help="Exit with 1 when a finding of this severity or worse failed (default: never).",
)
@click.option(
    "-v", "--verbose", is_flag=True, help="Show curves, evidence and what was not judged."
)
@fleet_options
@config_options
def command(
    *,
    paths: tuple[str, ...],
    formats: tuple[str, ...],
    outputs: tuple[Path, ...],
    fail_on: str | None,
    verbose: bool,
    jobs: int | None,
    engine: str | None,
    no_cache: bool,
    **options: Any,
) -> None:
    """Say whether training runs are healthy, with evidence.

    PATH is a log file, a run directory or a tree of runs; several may be given. The exit code
    is 0 unless --fail-on is given; 2 for errors; 3 when nothing could be read or judged.
    """
    from lrdiag.cli.progress import Progress
    from lrdiag.diagnose import analyze_paths

    config = config_from_options(**options)
    mapper = executor_from(jobs, engine, no_cache)
    with Progress("runs") as progress:
        report = analyze_paths(paths, config, map_runs=mapper, progress=progress)
    write_reports(report, formats, outputs, verbose=verbose)
    sys.exit(exit_code(report, fail_on or config.fail_on))


def exit_code(report: Any, fail_on: str | None) -> int:
    """0 passed, 1 failed at or above `fail_on`, 3 nothing read or judged."""
    from lrdiag.findings import Severity, Verdict

    if fail_on and fail_on != "never":
        floor = Severity(fail_on).rank
        if any(f.severity.rank >= floor for run in report.runs for f in run.failed):
            return 1
    return 3 if report.verdict is Verdict.UNDECIDED else 0
