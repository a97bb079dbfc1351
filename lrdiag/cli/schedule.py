"""`lrdiag schedule`: what the schedule was, and what a configured one will do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from lrdiag.cli.options import config_from_options, config_options, paths_argument
from lrdiag.cli.output import say, visible


class _PathsOrPreview(click.Group):
    """`schedule preview …` is a command; anything else is `schedule show …`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts `show` before paths."""
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["show", *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Both ways of calling it."""
        formatter.write_usage(ctx.command_path, "PATH... [OPTIONS] | preview [OPTIONS]")


def _output(function: Any) -> Any:
    options = [
        click.option(
            "--format", "form", type=click.Choice(["terminal", "json", "svg"]), default="terminal",
            show_default=True, help="svg is a picture of the rates.",
        ),
        click.option(
            "--output", "-o", type=click.Path(dir_okay=False, path_type=Path),
            help="File to write; standard output if not given.",
        ),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


@click.group(
    "schedule", cls=_PathsOrPreview, context_settings={"help_option_names": ["-h", "--help"]}
)
def command() -> None:
    """Show what the learning-rate schedule was, or what a configured one will do.

    `lrdiag schedule PATH...` reads logs: segments with their rates, the family with its
    parameters and a line of PyTorch, and how it agrees with the configuration. A directory
    called `preview` is written `./preview`.
    """


@command.command("show")
@paths_argument
@_output
@config_options
def show(paths: tuple[str, ...], form: str, output: Path | None, **options: Any) -> None:
    """Show the schedules of the runs below PATH: families, drops, agreement.

    Exit codes: 0, 2 for errors, 3 when no run was found.
    """
    from lrdiag.schedule.presentation import data_of, lines_of

    config = config_from_options(**options)
    views = _views(paths, config)
    if not views:
        say("No run was found below the paths given.")
        sys.exit(3)
    if form == "json":
        runs = [data_of(view.run.name, view.schedule) for view in views]
        _write(
            json.dumps({"format_version": 1, "runs": runs}, indent=1, allow_nan=False) + "\n",
            output,
        )
    elif form == "svg":
        _write(_picture(views), output)
    else:
        texts = ("\n".join(lines_of(v.run.name, v.schedule, _rates(v))) for v in views)
        _write("\n\n".join(texts) + "\n", output)


def _views(paths: tuple[str, ...], config: Any) -> list[Any]:
    from lrdiag.diagnose import view_of
    from lrdiag.fleet.remote_runs import reachable
    from lrdiag.sources.splits import merge_splits
    from lrdiag.sources.tree import discover

    with reachable(paths) as (local, named, problems):
        for problem in problems:
            say(f"{problem.file}: {problem.message}")
        found = merge_splits(discover(local))
        return [view_of(run, config)[0] for run in _runs(found.locations, named)]


def _runs(locations: Iterable[Any], named: Any) -> Iterable[Any]:
    """The runs that can be read; what cannot is said on stderr."""
    from lrdiag.errors import SourceError
    from lrdiag.sources.tree import read_location

    for location in locations:
        try:
            run = read_location(location)
        except SourceError as error:
            say(named(f"{error.what} {error.action}"))
            continue
        for problem in named(run.problems):
            say(f"{problem.file}: {problem.message}")
        if run.series:
            yield replace(run, name=named(run.name))


def _rates(view: Any) -> dict[str, Any]:
    names = {group.group for group in view.schedule.groups}
    return {name: series for name, series in view.run.series.items() if name in names}


def _picture(views: list[Any]) -> str:
    from lrdiag.schedule.drawing import svg_picture

    curves = []
    for view in views:
        for name, series in _rates(view).items():
            label = name if len(views) == 1 else f"{view.run.name}: {name}"
            curves.append((label, series.step.astype(float), series.value))
    return svg_picture(curves, "Learning rate", "step")


@command.command("preview")
@_output
@click.option("--milestones", metavar="30,60", help="Milestones of MultiStepLR.")
@click.option("--step-size", type=click.IntRange(min=1), help="Step size of StepLR.")
@click.option("--gamma", type=float, help="Factor of a drop (default: 0.1).")
@click.option("--base-lr", type=float, default=0.1, show_default=True, help="Initial rate.")
@click.option(
    "--unit", type=click.Choice(["epoch", "step"]), default="epoch", show_default=True,
    help="What milestones and the step size count.",
)  # fmt: skip
@click.option("--epochs", type=click.IntRange(min=1), required=True, help="Length of the training.")
@click.option("--steps-per-epoch", type=click.IntRange(min=1), help="Batches in an epoch.")
def preview_command(form: str, output: Path | None, milestones: str | None, **options: Any) -> None:
    """Show before training what a scheduler will do, also under the common mistakes."""
    from lrdiag.errors import ScheduleError
    from lrdiag.schedule.configured import from_options
    from lrdiag.schedule.presentation import preview_lines
    from lrdiag.schedule.preview import preview

    configured = from_options(milestones=_whole_numbers(milestones), **options)
    if configured is None:
        raise ScheduleError(
            "no schedule was given.", "Give --milestones 30,60, --step-size 30 or --gamma 0.95."
        )
    shown = preview(configured)
    if form == "json":
        _write(_preview_json(shown), output)
    elif form == "svg":
        _write(_preview_picture(shown), output)
    else:
        _write("\n".join(preview_lines(shown)) + "\n", output)


def _whole_numbers(text: str | None) -> list[int]:
    from lrdiag.errors import ScheduleError

    try:
        return [int(part) for part in (text or "").replace(",", " ").split()]
    except ValueError:
        raise ScheduleError(
            f"--milestones {text!r} are not whole numbers.", "Write for example --milestones 30,60."
        ) from None


def _preview_json(shown: Any) -> str:
    from lrdiag.schedule.mistakes import MISTAKES

    runs = [
        {
            "kind": p.kind,
            "title": p.title,
            "drops": list(p.drops),
            "unreached": list(p.unreached),
            "mistake": p.mistake,
            "references": list(MISTAKES[p.kind].references) if p.mistake else [],
            "rate": p.rate.tolist(),
        }
        for p in shown
    ]
    return json.dumps({"format_version": 1, "previews": runs}, indent=1, allow_nan=False) + "\n"


def _preview_picture(shown: Any) -> str:
    import numpy as np

    from lrdiag.schedule.drawing import svg_picture

    curves = [(p.title, np.arange(len(p.rate), dtype=np.float64), p.rate) for p in shown]
    return svg_picture(curves, "Learning rate of the configured schedule", "epoch")


def _write(text: str, output: Path | None) -> None:
    from lrdiag.errors import ReportError

    if output is None:
        click.echo(visible(text), nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{output}: {error.strerror}.", "Choose another --output.") from None
