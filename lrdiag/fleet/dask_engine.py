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
    failed_report,
    guarded,
)
from lrdiag.fleet.renaming import absolute, renamed, replacing
from lrdiag.sources.interface import RunLocation

CONNECT_SECONDS = 10.0
WORKER_SECONDS = 30.0


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
            sent = client.scatter(work, broadcast=True, hash=False)
            yield from _in_order(client, sent, locations, workers * WINDOW_PER_WORKER)


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


def _in_order(
    client: Any, work: Any, locations: Sequence[RunLocation], window: int
) -> Iterator[RunReport]:
    flying: deque[tuple[RunLocation, dict[str, str], Any]] = deque()
    rest = iter(locations)
    while True:
        while len(flying) < window and (location := next(rest, None)) is not None:
            there, names = absolute(location)
            future = client.submit(guarded, work, there, pure=False)
            flying.append((location, names, future))
        if not flying:
            return
        location, names, future = flying.popleft()
        report = _result(location, future)
        yield renamed(report, replacing(names)) if names else report


def _result(location: RunLocation, future: Any) -> RunReport:
    from distributed import CancelledError, KilledWorker

    try:
        return future.result()  # type: ignore[no-any-return]
    except KilledWorker:  # after the scheduler's `allowed-failures` (3) tries elsewhere
        return failed_report(location, "each worker that it was given to died")
    except CancelledError:
        raise ExecutorError(
            "The connection to the dask scheduler was lost.",
            "Start the analysis again; what was finished comes from the cache.",
        ) from None


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
