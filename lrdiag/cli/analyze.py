"""`lrdiag analyze`."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import click

from lrdiag.cli.fleet_options import executor_from, fleet_options, group_option
from lrdiag.cli.options import config_from_options, config_options, paths_argument
from lrdiag.cli.outputs import output_options, write_reports
from lrdiag.errors import ReportError


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
@group_option
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
    group_by: str,
    **options: Any,
) -> None:
    """Say whether training runs are healthy, with evidence.

    PATH is a log file, a run directory or a tree of runs; several may be given. The exit code
    is 0 unless --fail-on is given; 2 for errors; 3 when nothing could be read or judged.
    """
    from lrdiag.cli.progress import Progress
    from lrdiag.diagnose import analyze_paths

    config = config_from_options(**options)
    config = replace(config, group_by=group_by or config.group_by)
    mapper = executor_from(jobs, engine, no_cache)
    if formats == ("jsonl",):
        sys.exit(_stream(paths, config, mapper, outputs, fail_on or config.fail_on))
    with Progress("runs") as progress:
        report = analyze_paths(paths, config, map_runs=mapper, progress=progress)
    write_reports(report, formats, outputs, verbose=verbose)
    sys.exit(exit_code(report, fail_on or config.fail_on))


def _stream(
    paths: tuple[str, ...], config: Any, mapper: Any, outputs: tuple[Path, ...], fail_on: str | None
) -> int:
    """One JSON line a run as it is judged, for fleets; the exit code."""
    from lrdiag.cli.progress import Progress
    from lrdiag.findings import Severity, Verdict
    from lrdiag.fleet.stream import Tally, stream_paths

    tally = Tally()
    with Progress("runs") as progress, _line_sink(outputs) as sink:
        for line in stream_paths(paths, config, mapper, tally, progress):
            sink.write(line)
    if fail_on and fail_on != "never" and tally.worst_rank >= Severity(fail_on).rank:
        return 1
    return 3 if tally.verdict is Verdict.UNDECIDED else 0


def _line_sink(outputs: tuple[Path, ...]) -> AbstractContextManager[TextIO]:
    if not outputs:
        return nullcontext(sys.stdout)
    try:
        return outputs[0].open("w", encoding="ascii")
    except OSError as error:
        raise ReportError(
            f"{outputs[0]}: cannot write: {error.strerror}.", "Choose another --output."
        ) from None


def exit_code(report: Any, fail_on: str | None) -> int:
    """0 passed, 1 failed at or above `fail_on`, 3 nothing read or judged."""
    from lrdiag.findings import Severity, Verdict

    if fail_on and fail_on != "never":
        floor = Severity(fail_on).rank
        if any(f.severity.rank >= floor for run in report.runs for f in run.failed):
            return 1
    return 3 if report.verdict is Verdict.UNDECIDED else 0
