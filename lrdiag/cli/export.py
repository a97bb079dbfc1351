"""`lrdiag export`: write the series as they were read, with the problems."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command(name="export")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-f", "--format", "form", type=click.Choice(["json", "csv", "parquet"]), default="json",
    show_default=True, help="csv and parquet are one long table; problems go beside it.",
)  # fmt: skip
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; standard output if not given (json and csv).",
)  # fmt: skip
def command(paths: tuple[str, ...], form: str, output: Path | None) -> None:
    """Write the series below PATHS as they were read, so that the reader can be checked.

    Runs are physical folders and files here; `analyze` merges splits such as train/ and
    validation/.
    """
    from lrdiag.cli.output import say
    from lrdiag.export import export_runs

    count, problems = export_runs(list(paths), form, output)
    for problem in problems:
        where = f" at byte {problem.offset}" if problem.offset is not None else ""
        where = f" at line {problem.line}" if problem.line is not None else where
        say(f"{problem.severity}: {problem.file}{where}: {problem.message}")
    if not count:
        say("No run found.")
        sys.exit(3)
