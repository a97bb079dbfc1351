"""`--jobs`, `--engine`, `--no-cache`: how many runs are worked through, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from pathlib import Path

    from lrdiag.findings import HealthReport
    from lrdiag.fleet.executors import Mapper
    from lrdiag.fleet.stream import Tally

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


def group_option(function: F) -> F:
    """`--group-by` of the commands that speak about groups of runs."""
    return click.option(
        "--group-by",
        default="",
        metavar="KEYS|REGEX",
        help="What makes runs repeats of each other: parameters, or an expression on the name"
        " with a ( ) group (default: runs that differ by seed).",
    )(function)


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


def analyzed(
    paths: tuple[str, ...], config: Any, jobs: int | None, engine: str | None, no_cache: bool
) -> HealthReport:
    """The report over all runs below the paths, with progress on a terminal."""
    from lrdiag.cli.progress import Progress
    from lrdiag.diagnose import analyze_paths

    with Progress("runs") as progress, collecting_rarely():
        mapper = executor_from(jobs, engine, no_cache)
        return analyze_paths(
            paths,
            config,
            map_runs=mapper,
            progress=progress,
            copies_folder=copies_folder(no_cache),
        )


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Python looks for cycles once in 300,000 new objects (tens of MB) instead of 700.

    The reports of all runs stay and hold no cycles: looking through them again and again took a
    tenth to a third of the CPU time of an analysis from the cache (docs/fleet.md).
    """
    import gc

    before = gc.get_threshold()
    gc.set_threshold(300_000, 50, 1000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def stream_lines(
    paths: tuple[str, ...],
    config: Any,
    tally: Tally,
    *,
    jobs: int | None,
    engine: str | None,
    no_cache: bool,
) -> Iterator[str]:
    """One JSON line a run as it is judged; the tally counts them."""
    from lrdiag.cli.progress import Progress
    from lrdiag.fleet.stream import stream_paths

    with Progress("runs") as progress:
        mapper = executor_from(jobs, engine, no_cache)
        yield from stream_paths(
            paths, config, mapper, tally, progress=progress, copies_folder=copies_folder(no_cache)
        )


def copies_folder(no_cache: bool) -> Path | None:
    """Where copies of remote logs are kept: in the cache, or nowhere."""
    from lrdiag.fleet.store import REMOTE_COPIES, StoreError, cache_folder, own_folder

    if no_cache:
        return None
    try:
        own_folder(cache_folder())
    except StoreError:
        return None
    return cache_folder() / REMOTE_COPIES


def put(text: str, output: Path | None) -> None:
    """Write a result to a file, or to stdout whatever its encoding.

    Raises:
        ReportError: the file cannot be written.
    """
    import sys

    from lrdiag.errors import ReportError

    if output is None:
        sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace"))
        sys.stdout.flush()
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise ReportError(
            f"{output}: cannot write: {error.strerror}.", "Choose another --output."
        ) from None
