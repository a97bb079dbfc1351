"""`lrdiag compare`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import click

from lrdiag.cli.fleet_options import analyzed, fleet_options, put
from lrdiag.cli.options import config_from_options, config_options


@click.command("compare")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option(
    "-f",
    "--format",
    "format_name",
    type=click.Choice(["terminal", "markdown", "md", "json"]),
    default="terminal",
    show_default=True,
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option(
    "--fail-on-worse",
    is_flag=True,
    help="Exit with 1 when an outcome is certainly worse or a finding appeared in B.",
)
@fleet_options
@config_options
def command(
    *,
    before: str,
    after: str,
    format_name: str,
    output: Path | None,
    fail_on_worse: bool,
    jobs: int | None,
    engine: str | None,
    no_cache: bool,
    **options: Any,
) -> None:
    """Compare two runs or groups of runs.

    A and B are logs or folders; all runs below A are one group (a baseline, several seeds),
    all below B the other. Says what changed in settings, schedule, outcome and findings. An
    outcome is called better or worse only against the noise between runs.
    """
    from lrdiag.fleet.compare import compare

    config = config_from_options(**options)
    sides = [analyzed((side,), config, jobs, engine, no_cache).runs for side in (before, after)]
    found = compare(sides[0], sides[1], (before, after))
    put(_rendered(found, format_name), output)
    sys.exit(1 if fail_on_worse and found.worse else 0)


def _rendered(found: Any, format_name: str) -> str:
    import json

    from lrdiag.fleet import compare_text
    from lrdiag.fleet.compare import as_data

    if format_name == "json":
        from lrdiag.reports.json_report import plain

        return json.dumps(plain(as_data(found)), indent=1, allow_nan=False) + "\n"
    if format_name in ("markdown", "md"):
        return compare_text.markdown(found)
    return compare_text.terminal(found, shutil.get_terminal_size((100, 24)).columns)
