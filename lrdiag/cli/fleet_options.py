"""`--jobs`, `--engine`, `--no-cache`: how many runs are worked through, and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from lrdiag.fleet.executors import Mapper

F = TypeVar("F", bound=Callable[..., Any])


def fleet_options(function: F) -> F:
    """Options of the commands that read many runs."""
    options = [
        click.option(
            "-j",
            "--jobs",
            type=click.IntRange(min=1),
            metavar="N",
            help="Worker processes (default: one a core; few small runs need none).",
        ),
        click.option(
            "--engine",
            metavar="ENGINE",
            help="Where runs are judged: local (default) or dask://HOST:PORT.",
        ),
        click.option("--no-cache", is_flag=True, help="Neither reuse nor keep earlier results."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def executor_from(jobs: int | None, engine: str | None, no_cache: bool) -> Mapper:
    """The executor that the options ask for, with the cache in front of it.

    Raises:
        ExecutorError: the engine is not known or not installed.
    """
    from lrdiag.cli.output import say
    from lrdiag.fleet.executors import choose_executor

    mapper = choose_executor(jobs, engine)
    if no_cache:
        return mapper
    from lrdiag.fleet.cache import with_cache

    return with_cache(mapper, say)
