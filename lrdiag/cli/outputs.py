"""`--format` and `--output` for the commands that write reports."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from lrdiag.errors import ConfigError, ReportError
from lrdiag.findings import HealthReport

F = TypeVar("F", bound=Callable[..., Any])
PIPE_WIDTH = 80


def output_options(function: F) -> F:
    """`--format F --output FILE`, several pairs at once."""
    function = click.option(
        "-o",
        "--output",
        "outputs",
        multiple=True,
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Write the report there; one for each --format.",
    )(function)
    return click.option(
        "-f",
        "--format",
        "formats",
        multiple=True,
        metavar="FORMAT",
        help="terminal (default), markdown, html, json, jsonl, csv, sarif, junit, github,"
        " gitlab.",
    )(function)


def write_reports(
    report: HealthReport, formats: tuple[str, ...], outputs: tuple[Path, ...], *, verbose: bool
) -> None:
    """Render and write each pair; a format without a file goes to stdout.

    Raises:
        ConfigError: more files than formats, or an unknown format.
        ReportError: a file cannot be written.
    """
    formats = formats or tuple(_format_of(path) for path in outputs) or ("terminal",)
    if len(outputs) > len(formats):
        raise ConfigError("More --output files than --format names.", "Give one --format for each.")
    for index, name in enumerate(formats):
        target = outputs[index] if index < len(outputs) else None
        _write_one(report, name, target, verbose=verbose)


def _format_of(path: Path) -> str:
    known = {".md": "markdown", ".html": "html", ".json": "json", ".csv": "csv", ".sarif": "sarif"}
    return known.get(path.suffix.lower(), "terminal")


def _write_one(report: HealthReport, name: str, target: Path | None, *, verbose: bool) -> None:
    from lrdiag.reports.registry import report_format

    colour, width = _screen(target)
    format_ = report_format(name, verbose=verbose, colour=colour, width=width)
    text = format_.render(report)
    if target is None:
        _to_stdout(text)
        return
    try:
        target.write_text(text, "utf-8")
    except OSError as error:
        raise ReportError(
            f"{target}: cannot write the report: {error.strerror}.", "Choose another --output."
        ) from None
    click.echo(f"Wrote {target}", err=True)


def _screen(target: Path | None) -> tuple[bool, int]:
    """Whether to colour (a terminal, and NO_COLOR not set), and how wide to write."""
    if target is not None or not sys.stdout.isatty():
        return False, PIPE_WIDTH
    return not os.environ.get("NO_COLOR"), shutil.get_terminal_size((PIPE_WIDTH, 24)).columns


def _to_stdout(text: str) -> None:
    # A terminal in another encoding must not turn a report into a traceback.
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace"))
    sys.stdout.flush()
