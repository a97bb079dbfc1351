"""`lrdiag analyze`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import click

from lrdiag.cli.fleet_options import analyzed, fleet_options, group_option, stream_lines
from lrdiag.cli.options import config_from_options, config_options, paths_argument
from lrdiag.cli.outputs import check_formats, output_options, write_reports
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
    check_formats(formats, outputs)
    config = config_from_options(**options)
    config = replace(config, group_by=group_by or config.group_by)
    if formats == ("jsonl",):
        lines = partial(stream_lines, paths, config, jobs=jobs, engine=engine, no_cache=no_cache)
        sys.exit(_stream(lines, outputs, fail_on or config.fail_on))
    report = analyzed(paths, config, jobs, engine, no_cache)
    write_reports(report, formats, outputs, verbose=verbose)
    sys.exit(exit_code(report, fail_on or config.fail_on))


def _stream(
    lines: Callable[[Any], Iterator[str]], outputs: tuple[Path, ...], fail_on: str | None
) -> int:
    """One JSON line a run as it is judged, for fleets; the exit code."""
    from lrdiag.findings import Severity, Verdict
    from lrdiag.fleet.stream import Tally

    tally = Tally()
    with _line_sink(outputs) as sink:
        for line in lines(tally):
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
