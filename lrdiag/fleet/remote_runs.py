"""Analyses of logs behind URLs: on local copies, with the URLs in the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from lrdiag.findings import HealthReport
from lrdiag.fleet.renaming import renamed, replacing
from lrdiag.sources.remote import LocalCopies, local_copies


def analyze_remote(
    paths: Sequence[str | Path],
    folder: Path | None,
    analyze: Callable[[list[str | Path]], HealthReport],
) -> HealthReport:
    """The report of `analyze` on local copies; every path in it is what the user gave."""
    with local_copies(paths, folder) as copies:
        report = renamed(analyze(copies.paths), replacing(copies.names))
    return replace(
        report,
        problems=(*copies.problems, *report.problems),
        notes=(*report.notes, *_left_out(copies)),
    )


def _left_out(copies: LocalCopies) -> tuple[str, ...]:
    from lrdiag.diagnose import left_out_notes

    return left_out_notes(copies.left_out)
