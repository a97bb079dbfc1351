"""`--format` and `--output` for the commands that write reports."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import click

from lrdiag.errors import ConfigError, ReportError
from lrdiag.findings import HealthReport

F = TypeVar("F", bound=Callable[..., Any])
PIPE_WIDTH = 80
_PLOTS = "lrdiag.plots"


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
    function = click.option(
        "--plots",
        type=click.Choice(["text", "files", "embedded"]),
        expose_value=False,
        callback=_remember_plots,
        help="Plots of a Markdown report: lines of text (default), SVG files in a folder beside"
        " --output, or embedded in the report.",
    )(function)
    return click.option(
        "-f",
        "--format",
        "formats",
        multiple=True,
        metavar="FORMAT",
        help="terminal (default), markdown, html, json, jsonl, csv, sarif, junit, github, gitlab.",
    )(function)


def _remember_plots(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
    context.meta[_PLOTS] = value or "text"


def _plots() -> str:
    context = click.get_current_context(silent=True)
    return str(context.meta.get(_PLOTS, "text")) if context else "text"


def check_formats(formats: tuple[str, ...], outputs: tuple[Path, ...]) -> None:
    """Refuse what cannot be written before any log is read.

    Raises:
        ConfigError: more files than formats.
        ReportError: an unknown format.
    """
    if formats and len(outputs) > len(formats):
        raise ConfigError("More --output files than --format names.", "Give one --format for each.")
    for name in formats:
        if name not in ("jsonl", "terminal"):
            from lrdiag.reports.registry import report_format

            report_format(name)


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
    folder = f"{target.stem}_plots" if target else "plots"
    plots = {"plots": _plots(), "plots_folder": quote(folder)}
    format_ = report_format(name, verbose=verbose, colour=colour, width=width, **plots)
    text = format_.render(report)
    pictures = format_.plot_files(report) if hasattr(format_, "plot_files") else {}
    if target is None:
        if pictures:
            raise ConfigError("--plots files needs --output FILE.", "Name the report's file.")
        _to_stdout(text)
        return
    try:
        target.write_text(text, "utf-8")
        _write_pictures(target.parent / folder, pictures)
    except OSError as error:
        raise ReportError(
            f"{target}: cannot write the report: {error.strerror}.", "Choose another --output."
        ) from None
    click.echo(f"Wrote {target}", err=True)


def _write_pictures(folder: Path, pictures: Mapping[str, str]) -> None:
    if pictures:
        folder.mkdir(exist_ok=True)
    for name, text in pictures.items():
        (folder / name).write_text(text, "utf-8")


def _screen(target: Path | None) -> tuple[bool, int]:
    """Whether to colour (a terminal, and NO_COLOR not set), and how wide to write."""
    if target is not None or not sys.stdout.isatty():
        return False, PIPE_WIDTH
    return not os.environ.get("NO_COLOR"), shutil.get_terminal_size((PIPE_WIDTH, 24)).columns


def _to_stdout(text: str) -> None:
    # A terminal in another encoding must not turn a report into a traceback.
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace"))
    sys.stdout.flush()
