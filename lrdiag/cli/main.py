"""The `lrdiag` command: commands are imported only when they run."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import NamedTuple

# A process that reads logs gains nothing from BLAS threads, and numpy imports faster without
# them; it must be set before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import click

from lrdiag.errors import LrdiagError


class _Place(NamedTuple):
    """Where a command is, and what the help says of it."""

    module: str
    short_help: str


COMMANDS: dict[str, _Place] = {
    "analyze": _Place(
        "lrdiag.cli.analyze", "Say whether training runs are healthy, with evidence."
    ),
    "gate": _Place("lrdiag.cli.gate", "Decide whether runs may be deployed; fails closed."),
    "schedule": _Place("lrdiag.cli.schedule", "Show what the learning-rate schedule was."),
    "rules": _Place("lrdiag.cli.rules", "List, check, test and explain rules."),
    "compare": _Place("lrdiag.cli.compare", "Compare two runs or groups of runs."),
    "sweep": _Place(
        "lrdiag.cli.sweep", "Rank the runs of a sweep and relate settings to findings."
    ),
    "watch": _Place("lrdiag.cli.watch", "Follow growing logs and tell findings as they appear."),
    "export": _Place("lrdiag.cli.export", "Write the series as they were read."),
    "init": _Place("lrdiag.cli.init", "Write a first lrdiag.yml from a log."),
    "accept": _Place("lrdiag.cli.accept", "Accept a finding, with a reason and an expiry date."),
    "cache": _Place("lrdiag.cli.cache", "Show or clear the cache of earlier results."),
}


class _LazyGroup(click.Group):
    """A group that imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, its module imported; None where there is no such command."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command = getattr(import_module(place.module), "command")  # noqa: B009 - lazy by name
        if not isinstance(command, click.Command):
            return None
        from lrdiag.cli.examples import with_examples

        return with_examples(command, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; a misspelt name is refused with the closest one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands in the help, with words of this table: no module is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.short_help) for name, place in COMMANDS.items()])


def _show_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        from lrdiag import __version__

        click.echo(f"lrdiag {__version__}")
        ctx.exit()


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version,
    help="Show the version and exit.",
)  # fmt: skip
def cli() -> None:
    """lrdiag: a linter for training runs.

    Reads the logs a training left behind, works out what the learning-rate schedule did, and
    says with evidence whether the run is healthy, what is wrong and what to change.

    Exit codes: 0 passed, 1 failed findings, 2 usage or configuration error, 3 undecided.

    \b
    Examples:
      lrdiag analyze logs/
      lrdiag gate logs/ --policy imbalanced
      lrdiag COMMAND --help
    """  # noqa: D301 - click wants the character \b itself


INTERRUPTED = 130  # 128 + SIGINT, as shells do it; 1 would read as failed findings


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every error becomes one clear message and its exit code."""
    try:
        code = cli.main(
            args=arguments,
            prog_name="lrdiag",
            standalone_mode=False,
            complete_var="_LRDIAG_COMPLETE",
        )
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nInterrupted.", err=True)
        sys.exit(INTERRUPTED)
    except LrdiagError as error:
        from lrdiag.cli.output import show_error

        show_error(error)
        sys.exit(2)
    except BrokenPipeError:
        # The reader of our output (head, less) has gone: no fault of anyone.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)
