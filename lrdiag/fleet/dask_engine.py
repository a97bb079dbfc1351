"""Runs judged by the workers of a dask.distributed cluster (the extra `lrdiag[dask]`).

The workers need the same lrdiag and must see the logs under the same absolute paths. A worker
that dies is replaced by the scheduler's own retries; each run is reported exactly once.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from lrdiag.findings import RunReport
from lrdiag.fleet.executors import (
    WINDOW_PER_WORKER,
    ExecutorError,
    Work,
    bundles,
    failed_report,
    guarded,
)
from lrdiag.fleet.renaming import absolute, renamed, replacing
from lrdiag.sources.interface import RunLocation

CONNECT_SECONDS = 10.0
WORKER_SECONDS = 30.0
"""How long the first worker is waited for, and how often is looked whether any is left."""

DESERTED_LOOKS = 4
"""Looks in a row that find no worker before the run is given up (two minutes): a nanny on a busy
machine needs half a minute and more to start its worker again."""

BUNDLE = 8
"""Runs a task at most: a task costs about as much CPU time as one small run (docs/fleet.md)."""


@dataclass(frozen=True, slots=True)
class DaskEngine:
    """An executor on `dask://HOST:PORT`."""

    url: str

    def __call__(self, work: Work, locations: Sequence[RunLocation]) -> Iterator[RunReport]:
        """Reports in the order of the locations; few enough are in flight for flat memory.

        Raises:
            ExecutorError: dask is not installed, the scheduler cannot be reached, it has no
                workers, or they run another lrdiag.
        """
        if not locations:
            return
        with closing(_connect(self.url)) as client:
            workers = _workers(client, self.url)
            # Each task carries the work: what is scattered is lost with the workers that hold it.
            yield from _in_order(client, work, locations, workers)


def _connect(url: str) -> Any:
    try:
        import distributed
    except ImportError:
        raise ExecutorError(
            f"--engine {url}: the package distributed is not installed.",
            "Install it with: pip install 'lrdiag[dask]'.",
        ) from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client: Any = distributed.Client
        return client("tcp://" + url.removeprefix("dask://"), timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise ExecutorError(
            f"--engine {url}: no dask scheduler answers there ({_one_line(error)}).",
            "Check host and port, and that the scheduler runs (dask scheduler).",
        ) from None


def _workers(client: Any, url: str) -> int:
    """How many threads the cluster has; its lrdiag must be ours."""
    from lrdiag.fleet.versions import code_content

    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError:
        raise ExecutorError(
            f"--engine {url}: the scheduler has no workers.",
            "Start some with: dask worker HOST:PORT.",
        ) from None
    ours, theirs = code_content(), client.run(_code_content_there)
    other = sorted(address for address, found in theirs.items() if found != ours)
    if other:
        raise ExecutorError(
            f"--engine {url}: {other[0]} has no lrdiag or another one than this process"
            f" ({len(other)} of {len(theirs)} workers).",
            "Install the same version there.",
        )
    return sum(client.nthreads().values())


def _code_content_there() -> str:
    from lrdiag.fleet.versions import code_content

    return code_content()


Names = dict[str, str]
_Flying = tuple[Sequence[RunLocation], list[tuple[RunLocation, Names]], Any]


def _in_order(
    client: Any, work: Any, locations: Sequence[RunLocation], threads: int
) -> Iterator[RunReport]:
    flying: deque[_Flying] = deque()
    rest = bundles(locations, threads, BUNDLE)
    while True:
        while len(flying) < threads * WINDOW_PER_WORKER and (bundle := next(rest, None)):
            there = [absolute(location) for location in bundle]
            future = client.submit(_judge_all, work, [run for run, _ in there], pure=False)
            flying.append((bundle, there, future))
        if not flying:
            return
        bundle, there, future = flying.popleft()
        reports = _result(client, future) or _one_by_one(client, work, bundle, there)
        for report, (_, names) in zip(reports, there, strict=True):
            yield renamed(report, replacing(names)) if names else report


def _judge_all(work: Work, locations: Sequence[RunLocation]) -> list[RunReport]:
    return [guarded(work, location) for location in locations]


def _one_by_one(
    client: Any,
    work: Any,
    bundle: Sequence[RunLocation],
    there: Sequence[tuple[RunLocation, Names]],
) -> Iterator[RunReport]:
    """The bundle killed its workers: each run as a task of its own, so that one is to blame."""
    for location, (run, _) in zip(bundle, there, strict=True):
        found = _result(client, client.submit(_judge_all, work, [run], pure=False))
        yield found[0] if found else failed_report(location, "each worker it was given to died")


def _result(client: Any, future: Any) -> list[RunReport] | None:
    """The reports of a task; None when every worker that it was given to died."""
    from distributed import CancelledError, KilledWorker

    deserted = 0
    while deserted < DESERTED_LOOKS:
        try:
            return future.result(timeout=WORKER_SECONDS)  # type: ignore[no-any-return]
        except KilledWorker:  # after the scheduler's `allowed-failures` (3) tries elsewhere
            return None
        except CancelledError:
            raise _lost("The connection to the dask scheduler was lost.") from None
        except TimeoutError:  # a large log, or nobody works: dask itself would wait for ever
            deserted = 0 if client.nthreads() else deserted + 1
    raise _lost("The dask scheduler has no workers any more.")


def _lost(what: str) -> ExecutorError:
    return ExecutorError(what, "Start the analysis again; what was finished comes from the cache.")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
