"""Where the time of a small run goes: finding, reading, judging, joining, reporting.

    python -m benchmarks.run_cost --runs 300

CPU milliseconds a run of one process, the fewest of a few rounds, after one that pays for the
imports. The runs are those of `benchmarks.fleet`: 40 epochs, nine tables to one event file.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.fleet import make_runs
from lrdiag.config import Config
from lrdiag.diagnose import assemble, diagnose_run, rules_for
from lrdiag.findings import HealthReport
from lrdiag.reports.json_report import run_data
from lrdiag.reports.registry import report_format
from lrdiag.sources.tree import discover, read_location

ROUNDS = 5
FORMATS = ("terminal", "markdown", "json", "html", "csv", "sarif")


def rendered(name: str, report: HealthReport) -> Callable[[], Any]:
    """Making the text of a report in a format."""
    return lambda: report_format(name).render(report)


def steps(folder: Path) -> Iterator[tuple[str, float]]:
    """(what, CPU seconds) of each step over all runs."""
    config = Config()
    rules = rules_for(config)
    found, took = timed(lambda: discover([folder]))
    yield "find", took
    runs, took = timed(lambda: [read_location(place) for place in found.locations])
    yield "read", took
    reports, took = timed(lambda: [diagnose_run(run, rules, config) for run in runs])
    yield "judge", took
    report, took = timed(lambda: assemble(reports, rules, config))
    yield "join, groups of seeds", took
    yield "a line of JSON", timed(lambda: [run_data(run) for run in report.runs])[1]
    for name in FORMATS:
        yield f"report as {name}", timed(rendered(name, report))[1]


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call gives, and its CPU seconds."""
    begun = time.process_time()
    found = call()
    return found, time.process_time() - begun


def main() -> None:
    """Print a line a step."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = make_runs(Path(place), options.runs)
        rounds = [dict(steps(folder)) for _ in range(ROUNDS + 1)][1:]
    for what in rounds[0]:
        fewest = min(found[what] for found in rounds)
        print(f"{what}: {fewest / options.runs * 1e3:.2f} ms a run")


if __name__ == "__main__":
    main()
