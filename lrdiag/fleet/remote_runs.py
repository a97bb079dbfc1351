"""Analyses of logs behind URLs: on local copies, with the URLs in the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from lrdiag.findings import HealthReport, Problem, RunReport
from lrdiag.fleet.renaming import renamed, replacing
from lrdiag.sources.remote import LocalCopies, local_copies
from lrdiag.verdicts import report_verdict, run_verdict

V = TypeVar("V")


def analyze_remote(
    paths: Sequence[str | Path],
    folder: Path | None,
    analyze: Callable[[list[str | Path]], HealthReport],
) -> HealthReport:
    """The report of `analyze` on local copies; every path in it is what the user gave."""
    with local_copies(paths, folder) as copies:
        report = renamed(analyze(copies.paths), replacing(copies.names))
    runs = tuple(_as_last_copied(run, copies.problems) for run in report.runs)
    return replace(
        report,
        runs=runs,
        verdict=report_verdict(runs) if runs != report.runs else report.verdict,
        problems=(*copies.problems, *report.problems),
        notes=(*report.notes, *_left_out(copies)),
    )


def _as_last_copied(run: RunReport, problems: Sequence[Problem]) -> RunReport:
    """The run; not healthy where a log of it could not be fetched and an older copy was judged."""
    files = {source.path for source in run.sources}
    old = tuple(
        replace(p, message=f"what was fetched before is judged: {p.message}")
        for p in problems
        if p.severity == "error" and p.file in files
    )
    if not old:
        return run
    problems = (*run.problems, *old)
    return replace(run, problems=problems, verdict=run_verdict(run.findings, problems, run.points))


@contextmanager
def reachable(
    paths: Sequence[str | Path],
) -> Iterator[tuple[list[str | Path], Callable[[V], V], list[Problem]]]:
    """Local paths for the paths, what puts the user's names into values, and problems.

    Copies of what lies behind URLs are removed at the end.

    Raises:
        SourceError: a URL cannot be reached, does not exist, or its package is not installed.
    """
    with local_copies(paths) as copies:
        rename = replacing(copies.names)
        yield copies.paths, lambda value: renamed(value, rename), copies.problems


def _left_out(copies: LocalCopies) -> tuple[str, ...]:
    from lrdiag.diagnose import left_out_notes

    return left_out_notes(copies.left_out)
