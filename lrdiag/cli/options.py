"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from lrdiag.errors import ConfigError

F = TypeVar("F", bound=Callable[..., Any])


def paths_argument(function: F) -> F:
    """`PATH…`: files, run directories or trees of runs."""
    return click.argument("paths", nargs=-1, required=True, metavar="PATH...")(function)


def config_options(function: F) -> F:
    """`--config`, `--role`, `--rules`, `--disable` and the configured schedule."""
    options = [
        click.option(
            "--config",
            "config_file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Configuration (default: the nearest lrdiag.yml or [tool.lrdiag]).",
        ),
        click.option(
            "--role",
            "roles",
            multiple=True,
            metavar="ROLE=TAG",
            help="Say which tag has a role, e.g. val_loss=valid/nll; may be repeated.",
        ),
        click.option(
            "--rules",
            "rule_files",
            multiple=True,
            type=click.Path(path_type=Path),
            metavar="FILE|DIR",
            help="Further rules; may be repeated.",
        ),
        click.option(
            "--disable",
            "disabled",
            multiple=True,
            metavar="RULE",
            help="Switch a rule off; may be repeated.",
        ),
        click.option("--milestones", metavar="30,60", help="Configured milestones."),
        click.option(
            "--step-size", type=click.IntRange(min=1), help="Configured StepLR step size."
        ),
        click.option("--gamma", type=float, help="Configured factor of a drop."),
        click.option("--base-lr", type=float, help="Configured initial learning rate."),
        click.option(
            "--unit",
            type=click.Choice(["epoch", "step"]),
            default=None,
            help="What milestones count (default: epoch).",
        ),
        click.option("--epochs", type=click.IntRange(min=1), help="Configured number of epochs."),
        click.option("--steps-per-epoch", type=float, help="Steps (batches) in an epoch."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def config_from_options(
    *,
    config_file: Path | None = None,
    roles: tuple[str, ...] = (),
    rule_files: tuple[Path, ...] = (),
    disabled: tuple[str, ...] = (),
    milestones: str | None = None,
    step_size: int | None = None,
    gamma: float | None = None,
    base_lr: float | None = None,
    unit: str | None = None,
    epochs: int | None = None,
    steps_per_epoch: float | None = None,
) -> Any:
    """The Config in force: the file's, with what the command line says on top.

    Raises:
        ConfigError: an option makes no sense.
    """
    from lrdiag.config import load_config

    config = load_config(file=config_file)
    _use_text_patterns(config.text_patterns)
    config = replace(
        config,
        roles={**config.roles, **dict(_role(text) for text in roles)},
        rules=(*config.rules, *rule_files),
        disable=(*config.disable, *disabled),
        epochs=epochs or config.epochs,
        steps_per_epoch=steps_per_epoch or config.steps_per_epoch,
    )
    if milestones is None and step_size is None and gamma is None and base_lr is None:
        return config
    from lrdiag.schedule.configured import from_options

    schedule = from_options(
        milestones=_milestones(milestones),
        step_size=step_size,
        gamma=gamma,
        epochs=epochs,
        steps_per_epoch=steps_per_epoch,
        base_lr=base_lr,
        unit=unit or "epoch",
        origin="command line",
    )
    return replace(config, schedule=schedule)


def _use_text_patterns(file: Path | None) -> None:
    """Name the pattern file to the reader; by the environment, so that workers see it too."""
    if file is None:
        return
    if not file.is_file():
        raise ConfigError(f"{file}: no such file.", "Correct text_patterns in lrdiag.yml.")
    os.environ["LRDIAG_TEXT_PATTERNS"] = str(file)


def _role(text: str) -> tuple[str, str]:
    role, equals, tag = text.partition("=")
    if not equals or not tag:
        raise ConfigError(
            f"--role {text!r} is not ROLE=TAG.", "Write for example --role val_loss=eval/nll."
        )
    from lrdiag.roles.resolution import check_role

    check_role(role.strip())
    return role.strip(), tag.strip()


def _milestones(text: str | None) -> tuple[int, ...]:
    if not text:
        return ()
    try:
        found = tuple(int(part) for part in text.replace(" ", ",").split(",") if part)
    except ValueError:
        raise ConfigError(
            f"--milestones {text!r}: expected whole numbers.",
            "Write for example --milestones 30,60.",
        ) from None
    return found
