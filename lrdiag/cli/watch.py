"""`lrdiag watch`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from lrdiag.cli.options import config_from_options, config_options, paths_argument

if TYPE_CHECKING:
    from lrdiag.watching.changes import WatchEvent

_MARKS = {"appeared": "✗", "cleared": "✓", "verdict": "●"}


@click.command("watch")
@paths_argument
@click.option(
    "--interval",
    type=click.FloatRange(min=0.05),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="Time between looks.",
)
@click.option(
    "--until-unhealthy", is_flag=True, help="End with exit code 1 when a run is unhealthy."
)
@click.option(
    "--idle",
    "idle_seconds",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="End when nothing was written for so long (default: go on).",
)
@click.option(
    "--exec",
    "command_text",
    metavar="CMD",
    help="Run CMD for each new finding, which it gets as JSON on standard input and in"
    " LRDIAG_RUN, LRDIAG_RULE, LRDIAG_SEVERITY, LRDIAG_VERDICT and LRDIAG_MESSAGE; no shell is"
    " used.",
)
@click.option(
    "-f",
    "--format",
    "format_name",
    type=click.Choice(["terminal", "jsonl"]),
    default="terminal",
    show_default=True,
)
@config_options
def command(
    *,
    paths: tuple[str, ...],
    interval: float,
    until_unhealthy: bool,
    idle_seconds: float | None,
    command_text: str | None,
    format_name: str,
    **options: Any,
) -> None:
    """Follow growing logs and tell findings as they appear.

    Reads only what is new, judges again, and prints a line when a finding appears or clears.
    What the rest of the training can still put right is left to `lrdiag analyze`. Ctrl-C ends the
    watch. The exit code is 1 with --until-unhealthy once a run is unhealthy, 0 otherwise, 3 when
    nothing was ever found.
    """
    from lrdiag.watch import Watcher, watch
    from lrdiag.watching.command import parse_command, run_command

    config = config_from_options(**options)
    words = parse_command(command_text) if command_text else []
    watcher = Watcher(paths, config)
    try:
        for event in watch(
            watcher, interval, until_unhealthy=until_unhealthy, idle_seconds=idle_seconds
        ):
            _tell(event, format_name)
            if words and event.kind == "appeared":
                _complain(run_command(words, event))
    except KeyboardInterrupt:
        pass
    sys.exit(_exit_code(watcher, until_unhealthy))


def _exit_code(watcher: Any, until_unhealthy: bool) -> int:
    if until_unhealthy and watcher.unhealthy:
        return 1
    return 0 if watcher.reports else 3


def _tell(event: WatchEvent, format_name: str) -> None:
    from lrdiag.watching.command import event_json

    text = event_json(event) if format_name == "jsonl" else _line(event) + "\n"
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace"))
    sys.stdout.flush()


def _line(event: WatchEvent) -> str:
    import time

    from lrdiag.reports.escaping import name_text, prose

    said = event.text
    finding = event.finding
    if finding is not None:
        message = finding.message or finding.summary
        said = f"{finding.rule} ({finding.severity.value}): {message}"
        if event.kind == "cleared":
            said = f"{finding.rule} cleared"
        elif finding.remedy:
            said += f" {finding.remedy}"
    clock = time.strftime("%H:%M:%S")
    return f"{clock} {_MARKS.get(event.kind, ' ')} {name_text(event.run)}: {prose(said)}"


def _complain(text: str) -> None:
    from lrdiag.cli.output import say

    if text:
        say(f"lrdiag: {text}")
