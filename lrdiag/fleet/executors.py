"""The door of the executors: apply a function to every run, on one core, several or elsewhere.

An executor is a callable of the form `diagnose.MapRuns`: given the work (a picklable function
from RunLocation to RunReport) and the locations it yields the reports **in the order of the
locations**, exactly one for each. A run whose work raises becomes a report that says so; the
others go on. Ray, Spark or a batch system can take the same place.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from typing import TYPE_CHECKING

from lrdiag.errors import LrdiagError
from lrdiag.findings import Problem, RunReport, Verdict
from lrdiag.sources.interface import RunLocation

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

Work = Callable[[RunLocation], RunReport]
Mapper = Callable[[Work, Sequence[RunLocation]], Iterator[RunReport]]

SMALL_RUNS = 16
"""Fewer runs than this are not worth the start of a pool (about 0.5 s), see docs/fleet.md."""

SMALL_BYTES = 32_000_000
"""... unless they are large: reading and judging 32 MB takes longer than a pool's start."""

WINDOW_PER_WORKER = 4
"""Tasks in flight a worker: enough to hide the exchange, few enough for flat memory."""

BUNDLE = 4
"""Runs a task at most in the local pool: handing a task over costs 0.3 to 0.6 ms of CPU time
(docs/fleet.md), and what is in flight when a worker dies is tried again one run at a time."""


class ExecutorError(LrdiagError):
    """An engine is unknown, unreachable or not installed."""

    slug = "executor"


def choose_executor(jobs: int | None = None, engine: str | None = None) -> Mapper:
    """The executor for `--jobs` and `--engine`.

    Args:
        jobs: worker processes; None for one a core.
        engine: "", "local" or `dask://HOST:PORT`.

    Raises:
        ExecutorError: the engine is not known.
    """
    if engine and engine.startswith("dask://"):
        from lrdiag.fleet.dask_engine import DaskEngine

        return DaskEngine(engine)
    if engine and engine != "local":
        raise ExecutorError(f"--engine {engine!r} is not known.", "Use local or dask://HOST:PORT.")
    workers = jobs or available_cores()
    return sequential if workers == 1 else ProcessPool(workers)


def available_cores() -> int:
    """Cores this process may use (a container's or batch job's share, not the machine's)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def sequential(work: Work, locations: Sequence[RunLocation]) -> Iterator[RunReport]:
    """One run after the other, in this process."""
    for location in locations:
        yield guarded(work, location)


def bundles(
    locations: Sequence[RunLocation], workers: int, most: int
) -> Iterator[Sequence[RunLocation]]:
    """Runs that go as one task: several where there are enough to keep all workers busy."""
    size = max(1, min(most, len(locations) // (workers * WINDOW_PER_WORKER)))
    for start in range(0, len(locations), size):
        yield locations[start : start + size]


def guarded(work: Work, location: RunLocation) -> RunReport:
    """The report of a run; what the work raises becomes a problem of that run."""
    try:
        return work(location)
    except Exception as error:
        return failed_report(location, f"{type(error).__name__}: {error}")


def failed_report(location: RunLocation, why: str) -> RunReport:
    """The report of a run whose diagnosis itself broke."""
    problem = Problem(
        file=first_file(location),
        kind="diagnosis-failed",
        severity="error",
        message=f"The diagnosis of this run broke ({why}); the other runs are not affected.",
        action="Analyse the run alone to see whether it persists, and report it with the log.",
    )
    return RunReport(location.name, Verdict.UNDECIDED, problems=(problem,))


def first_file(location: RunLocation) -> str:
    """A path to name in messages about a location."""
    return next((str(f) for _, _, files in location.parts for f in files), location.name)


def is_small(locations: Sequence[RunLocation]) -> bool:
    """Whether the runs are done before a pool would have started."""
    if len(locations) >= SMALL_RUNS:
        return False
    return len(locations) < 2 or total_bytes(locations) < SMALL_BYTES


def total_bytes(locations: Sequence[RunLocation]) -> int:
    """Bytes of the logs at the locations; files that vanished count nothing."""
    total = 0
    for location in locations:
        for _, _, files in location.parts:
            for file in files:
                try:
                    total += file.stat().st_size
                except OSError:
                    continue
    return total


@dataclass(frozen=True, slots=True)
class ProcessPool:
    """Worker processes on this machine; sequential when there is little to do.

    At most `WINDOW_PER_WORKER` tasks a worker are in flight, so memory does not grow with the
    number of runs. A worker that dies (killed, out of memory) takes nobody with it: the runs
    that were in flight are tried again one at a time, and the one that kills its worker a
    second time is reported.
    """

    workers: int

    def __call__(self, work: Work, locations: Sequence[RunLocation]) -> Iterator[RunReport]:
        """Reports in the order of the locations."""
        if is_small(locations):
            return sequential(work, locations)
        return self._parallel(work, locations)

    def _parallel(self, work: Work, locations: Sequence[RunLocation]) -> Iterator[RunReport]:
        at = 0
        while at < len(locations):
            with _Pool(work, self.workers) as pool:
                for report in _in_order(pool.executor, locations[at:], self.workers):
                    at += 1
                    yield report
            if at < len(locations):
                pool.check_start()
                survivors = locations[at : at + self.workers * WINDOW_PER_WORKER * BUNDLE]
                yield from (_alone(work, location) for location in survivors)
                at += len(survivors)


class _Pool:
    """A process pool that is torn down at once when the caller leaves early (Ctrl-C, close)."""

    def __init__(self, work: Work, workers: int) -> None:
        context = _context()
        self._started = context.Event()
        self.executor = ProcessPoolExecutor(
            workers,
            mp_context=context,
            initializer=_start_worker,
            initargs=(work, self._started),
        )

    def check_start(self) -> None:
        """Tell workers that died of a run from workers that nobody can start.

        Raises:
            ExecutorError: none came as far as its first run.
        """
        if not self._started.is_set():
            raise ExecutorError(
                "The worker processes end before they begin.",
                "In a script, call lrdiag below `if __name__ == '__main__':`; or use --jobs 1.",
            )

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            _stop_workers(self.executor)
        self.executor.shutdown(wait=kind is None, cancel_futures=True)


def _in_order(
    pool: Executor, locations: Sequence[RunLocation], workers: int
) -> Iterator[RunReport]:
    """Reports in order with a bounded number in flight; ends early when the pool broke."""
    window: deque[Future[list[RunReport]]] = deque()
    rest = bundles(locations, workers, BUNDLE)
    try:
        while True:
            while len(window) < workers * WINDOW_PER_WORKER and (bundle := next(rest, None)):
                window.append(pool.submit(_work_here, bundle))
            if not window:
                return
            yield from window.popleft().result()
    except BrokenProcessPool:
        return


def _alone(work: Work, location: RunLocation) -> RunReport:
    """One run in a pool of its own, so that only it can be to blame when the worker dies."""
    with _Pool(work, 1) as pool:
        try:
            return pool.executor.submit(_work_here, [location]).result()[0]
        except BrokenProcessPool:
            return failed_report(location, "the worker process died, killed or out of memory")


def _stop_workers(executor: ProcessPoolExecutor) -> None:
    """End the workers now: `shutdown` alone would wait for the runs in flight."""
    for process in list((getattr(executor, "_processes", None) or {}).values()):
        process.terminate()


def _context() -> BaseContext:
    """Fresh workers that inherit no thread or lock; forked from a server where there is one."""
    import multiprocessing

    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["lrdiag.fleet.worker_imports"])
    return context


_work: Work | None = None


def _start_worker(work: Work, started: Event) -> None:
    """In a worker: keep the work, leave Ctrl-C to the parent, stay off the other cores."""
    import signal
    from threading import Thread

    Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    global _work  # noqa: PLW0603 - sent once a worker, not once a run
    _work = work
    started.set()


def _end_with_parent() -> None:
    """A parent that was killed outright tells its workers nothing: they would wait for ever."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work_here(locations: Sequence[RunLocation]) -> list[RunReport]:
    assert _work is not None
    return [guarded(_work, location) for location in locations]
