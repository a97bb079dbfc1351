"""Reports as JSON Lines, one run a line, written as they come: memory stays flat.

Each line is a run as in the JSON report; the last line is `{"summary": …}` with the verdict
over all runs, the counts, and the problems and notes that belong to no run.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrdiag.findings import Problem, RunReport, Verdict
from lrdiag.fleet.executors import Mapper
from lrdiag.fleet.renaming import renamed, replacing

FORMAT_VERSION = 1


@dataclass(slots=True)
class Tally:
    """What is known of the runs seen so far; its size does not depend on their number."""

    runs: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    worst_rank: int = -1

    def add(self, report: RunReport) -> None:
        """Count one run; `failed` counts runs, not findings, by rule."""
        self.runs += 1
        self.verdicts[report.verdict.value] += 1
        failed = report.failed
        self.failed.update({finding.rule for finding in failed})
        ranks = (finding.severity.rank for finding in failed)
        self.worst_rank = max(self.worst_rank, *ranks, -1)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict seen, in the order of `verdicts.report_verdict`."""
        order = (Verdict.UNHEALTHY, Verdict.WARNING, Verdict.UNDECIDED, Verdict.HEALTHY)
        return next((v for v in order if self.verdicts[v.value]), Verdict.UNDECIDED)


def json_lines(
    reports: Iterable[RunReport],
    tally: Tally,
    problems: Iterable[Problem] = (),
    notes: Iterable[str] = (),
) -> Iterator[str]:
    """Lines to write, each ending in a newline; the tally is complete when they are used up."""
    from lrdiag.reports.json_report import plain, run_data

    for report in reports:
        tally.add(report)
        yield _line(run_data(report))
    summary = {
        "format_version": FORMAT_VERSION,
        "verdict": tally.verdict.value,
        "runs": tally.runs,
        "verdicts": dict(sorted(tally.verdicts.items())),
        "failed": dict(sorted(tally.failed.items())),
        "problems": plain(tuple(problems)),
        "notes": list(notes),
    }
    yield _line({"summary": summary})


def stream_paths(
    paths: Sequence[str | Path],
    config: Any,
    mapper: Mapper,
    tally: Tally,
    *,
    progress: Callable[[int, int], None] | None = None,
    copies_folder: Path | None = None,
) -> Iterator[str]:
    """Find, read and judge every run below the paths, and yield its line at once.

    What needs all runs together (groups of seeds) is left out: that is the price of flat
    memory. `copies_folder` is where copies of remote logs are kept (default: nowhere).
    """
    from lrdiag.diagnose import DiagnoseLocation, assemble, left_out_notes, rules_for
    from lrdiag.sources.remote import local_copies
    from lrdiag.sources.splits import merge_splits
    from lrdiag.sources.tree import discover

    rules = rules_for(config)
    with local_copies(paths, copies_folder) as copies:
        found = merge_splits(discover(copies.paths, getattr(mapper, "kinds", None)))
        rename = replacing(copies.names)

        def reports() -> Iterator[RunReport]:
            """Each run as it is judged, under the names the user gave."""
            for report in mapper(DiagnoseLocation(rules, config), found.locations):
                judged = assemble([report], rules, config).runs[0]
                yield renamed(judged, rename) if copies.names else judged
                if progress:
                    progress(tally.runs, len(found.locations))

        notes = left_out_notes((*copies.left_out, *found.left_out))
        yield from json_lines(reports(), tally, (*copies.problems, *found.problems), notes)


def _line(data: dict[str, Any]) -> str:
    return json.dumps(data, separators=(",", ":"), allow_nan=False) + "\n"
