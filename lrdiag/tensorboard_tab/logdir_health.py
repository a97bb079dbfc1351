"""The health of a folder of growing logs, analyzed in the background as files change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrdiag.errors import LrdiagError
from lrdiag.findings import RunReport

if TYPE_CHECKING:
    from lrdiag.sources.interface import RunLocation

# How long an answer counts as current, in seconds: the folder is walked at most this often.
CURRENT = 5.0

# Path, size and modification time of each file of a run.
Fingerprint = tuple[tuple[str, int, int], ...]


class LogdirHealth:
    """Analyzes folders in a thread of its own and keeps the latest page.

    No method raises for what is wrong with the logs, the configuration or the rules: the status
    says it. Runs whose files did not change are not read again.
    """

    def __init__(self, paths: Sequence[str], tag_links: str = "") -> None:
        self.paths = list(paths)
        self.tag_links = tag_links
        self.page = ""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._known: dict[str, tuple[Fingerprint, RunReport]] = {}
        self._settings: Any = None
        self._shown: Any = None
        self._stamp = 0
        self._message = ""
        self._done = self._total = 0
        self._finished = float("-inf")

    def status(self) -> dict[str, Any]:
        """The state, and the number of the latest page; starts a new look when one is due.

        `state` is "working", "ready" or "failed" (with `message`); `stamp` is 0 before the first
        page; `done` of `total` runs are analyzed.
        """
        with self._lock:
            busy = self._thread is not None and self._thread.is_alive()
            if not busy and time.monotonic() - self._finished > CURRENT:
                self._thread = threading.Thread(target=self._look, name="lrdiag", daemon=True)
                self._thread.start()
                busy = True
        if self._message:
            return {"state": "failed", "message": self._message, "stamp": self._stamp}
        state = "ready" if self._stamp and not busy else "working"
        return {"state": state, "stamp": self._stamp, "done": self._done, "total": self._total}

    def _look(self) -> None:
        try:
            self._analyze()
            self._message = ""
        except LrdiagError as error:
            self._message = str(error)
        except Exception as error:
            self._message = f"{type(error).__name__}: {error}"
        finally:
            self._finished = time.monotonic()

    def _analyze(self) -> None:
        from lrdiag.config import load_config
        from lrdiag.diagnose import analyze_paths, rules_for
        from lrdiag.reports.html import HtmlFormat

        config = load_config()
        rules = rules_for(config)
        if self._settings != (rules.digest, repr(config)):
            self._known.clear()
            self._settings = (rules.digest, repr(config))
        report = analyze_paths(
            self.paths, config, rules=rules, map_runs=self._map_runs, progress=self._progress
        )
        if report != self._shown:
            self.page = HtmlFormat(tag_links=self.tag_links).render(report)
            self._shown = report
            self._stamp += 1

    def _progress(self, done: int, total: int) -> None:
        self._done, self._total = done, total

    def _map_runs(
        self, work: Callable[[RunLocation], RunReport], locations: Iterable[RunLocation]
    ) -> Iterator[RunReport]:
        for location in locations:
            yield self._report_of(work, location)

    def _report_of(
        self, work: Callable[[RunLocation], RunReport], location: RunLocation
    ) -> RunReport:
        now = fingerprint(location)
        held = self._known.get(repr(location.parts))
        if held is not None and held[0] == now:
            return held[1]
        report = work(location)
        self._known[repr(location.parts)] = (now, report)
        return report


def fingerprint(location: RunLocation) -> Fingerprint:
    """What changes when a run's files do."""
    paths = [file for _, _, group in location.parts for file in group]
    return tuple(_stat(path) for path in (*paths, *location.sidecars))


def _stat(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError:
        return str(path), -1, -1
    return str(path), found.st_size, found.st_mtime_ns
