"""`lrdiag sweep`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import click

from lrdiag.cli.fleet_options import analyzed, fleet_options, group_option, put
from lrdiag.cli.options import config_from_options, config_options, paths_argument


@click.command("sweep")
@paths_argument
@click.option("--metric", default="", metavar="ROLE", help="Rank by this role, e.g. val_loss.")
@group_option
@click.option(
    "-f",
    "--format",
    "format_name",
    type=click.Choice(["terminal", "markdown", "md", "csv", "json"]),
    default="terminal",
    show_default=True,
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.svg",
    help="Also draw the runs over the setting that matters most.",
)
@click.option("--all", "every", is_flag=True, help="Every run in the terminal's table.")
@fleet_options
@config_options
def command(
    *,
    paths: tuple[str, ...],
    metric: str,
    group_by: str,
    format_name: str,
    output: Path | None,
    picture: Path | None,
    every: bool,
    jobs: int | None,
    engine: str | None,
    no_cache: bool,
    **options: Any,
) -> None:
    """Rank the runs of a sweep and relate settings to findings.

    Shows for each run the verdict, the best and last metric and where it peaked, the rate and
    its drops; names the best healthy run and the best that is not healthy, with why; and says
    which settings go with which findings, with intervals corrected for many comparisons.
    """
    from lrdiag.fleet.sweep import sweep_of

    config = config_from_options(**options)
    report = analyzed(paths, config, jobs, engine, no_cache)
    if not report.runs:
        click.echo("No run found.", err=True)
        sys.exit(3)
    found = sweep_of(report.runs, metric, group_by or config.group_by)
    put(_rendered(found, format_name, every or output is not None), output)
    if picture is not None:
        from lrdiag.fleet.sweep_picture import svg

        put(svg(found), picture)


def _rendered(found: Any, format_name: str, every: bool) -> str:
    import json

    from lrdiag.fleet import sweep_text

    if format_name == "json":
        from lrdiag.reports.json_report import plain

        return json.dumps(plain(sweep_text.as_data(found)), indent=1, allow_nan=False) + "\n"
    if format_name == "csv":
        return sweep_text.comma_separated(found)
    if format_name in ("markdown", "md"):
        return sweep_text.markdown(found)
    return sweep_text.terminal(found, shutil.get_terminal_size((100, 24)).columns, every=every)
