"""`lrdiag init`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lrdiag.cli.output import say, visible


@click.command("init")
@click.argument("path", metavar="PATH")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("lrdiag.yml"),
    metavar="FILE",
    help="Where to write (default: lrdiag.yml); the policy gate.yml is written beside it.",
)
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
def command(*, path: str, output: Path, force: bool) -> None:
    """Write a first lrdiag.yml and gate policy from a log: roles, schedule, policy.

    PATH is a log like those to come. Nothing that exists is overwritten without --force.
    """
    from lrdiag.config import Config
    from lrdiag.diagnose import analyze_paths
    from lrdiag.errors import ConfigError
    from lrdiag.first_config import POLICY_NAME, config_text, policy_text

    policy = output.with_name(POLICY_NAME)
    for target in (output, policy):
        if target.exists() and not force:
            raise ConfigError(f"{target} exists already.", "Pass --force to overwrite it.")
    report = analyze_paths([path], Config())
    if not report.runs:
        say(f"lrdiag: no run was found in {path}.")
        sys.exit(3)
    run = max(report.runs, key=lambda r: (len(r.roles), sum(s.points for s in r.sources)))
    try:
        output.write_text(config_text(run, path), "utf-8")
        policy.write_text(policy_text(run), "utf-8")
    except OSError as error:
        raise ConfigError(f"{error.filename}: cannot be written: {error.strerror}.") from None
    if len(report.runs) > 1:
        say(f"{len(report.runs)} runs were found; {run.run} says most and was taken.")
    click.echo(visible(f"Wrote {output} and {policy} from {run.run}."))
