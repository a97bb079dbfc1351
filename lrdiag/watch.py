"""Follow growing logs: read only what is new, judge again, tell what changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lrdiag.errors import SourceError
from lrdiag.findings import RunReport, Verdict
from lrdiag.fleet.renaming import renamed, replacing
from lrdiag.runs import Run
from lrdiag.sources.interface import RunLocation
from lrdiag.watching.changes import WatchEvent, changes
from lrdiag.watching.known_kinds import KnownKinds
from lrdiag.watching.run_follower import RunFollower

REDISCOVER_EVERY = 20
"""Looks after which the tree is searched for logs even if no folder changed: an empty file
may have become a log."""


class Watcher:
    """Follows all runs below some paths.

    Args:
        paths: files, run directories or trees of runs, also URLs; they may appear later.
        config: the configuration.
        rules: the rules (default: those of the configuration).
        chosen: ids of rules that count even where the rest of the training may put it right.
    """

    def __init__(
        self,
        paths: Sequence[str | Path],
        config: Any,
        rules: Any = None,
        chosen: Collection[str] = (),
    ) -> None:
        from lrdiag.diagnose import rules_for

        self._given = list(paths)
        self._paths: list[Path] = []
        self._copies = TemporaryDirectory(prefix="lrdiag-")
        self._rename: Callable[[str], str] | None = None
        self._trouble = ""
        self._config = config
        self._rules = rules or rules_for(config)
        self._chosen = frozenset(chosen)
        self._followers: dict[str, RunFollower] = {}
        self._reports: dict[str, RunReport] = {}
        self._folders: dict[str, int] = {}
        self._kinds = KnownKinds()
        self._looks = 0
        self.last_change = time.monotonic()

    @property
    def bytes_read(self) -> int:
        """Bytes of logs read so far."""
        return sum(follower.bytes_read for follower in self._followers.values())

    @property
    def reports(self) -> tuple[RunReport, ...]:
        """The latest report of every run."""
        return tuple(self._reports.values())

    @property
    def unhealthy(self) -> bool:
        """Whether a run is unhealthy by what can be judged while it goes on."""
        return any(report.verdict is Verdict.UNHEALTHY for report in self.reports)

    def look(self) -> Iterator[WatchEvent]:
        """Read what is new everywhere and yield what changed."""
        yield from self._fetch()
        fresh = self._rediscovered()
        for name, follower in list(self._followers.items()):
            if follower.poll(fresh.get(name)):
                self.last_change = time.monotonic()
                yield from self._judge(name, follower)

    def _fetch(self) -> Iterator[WatchEvent]:
        """Bring copies of remote logs up to date; trouble is told once."""
        from lrdiag.sources.remote import is_url, local_copies

        if not any(is_url(path) for path in self._given):
            self._paths = [Path(path) for path in self._given]
            return
        trouble = ""
        try:
            with local_copies(self._given, Path(self._copies.name)) as copies:
                self._paths = [Path(path) for path in copies.paths]
                self._rename = replacing(copies.names)
            trouble = "; ".join(p.message for p in copies.problems if p.severity == "error")
        except SourceError as error:
            trouble = error.what
        if trouble and trouble != self._trouble:
            yield WatchEvent("trouble", "remote logs", Verdict.UNDECIDED, text=trouble)
        self._trouble = trouble

    def _judge(self, name: str, follower: RunFollower) -> Iterator[WatchEvent]:
        before = self._reports.get(name)
        now = judged_so_far(follower.run(), self._rules, self._config, self._chosen)
        if self._rename:
            now = renamed(now, self._rename)
        self._reports[name] = now
        yield from changes(before, now)

    def _rediscovered(self) -> dict[str, RunLocation]:
        """Locations by name where the tree changed, else nothing."""
        folders = _folders(self._paths)
        self._looks += 1
        if folders == self._folders and self._looks % REDISCOVER_EVERY:
            return {}
        self._folders = folders
        from lrdiag.sources.splits import merge_splits
        from lrdiag.sources.tree import discover

        present = [path for path in self._paths if path.exists()]
        try:
            found = merge_splits(discover(present, self._kinds)) if present else None
        except SourceError:
            return {}
        places = {place.name: place for place in found.locations} if found else {}
        for name, place in places.items():
            self._followers.setdefault(name, RunFollower(place))
        return places


def judged_so_far(run: Run, rules: Any, config: Any, chosen: Collection[str] = ()) -> RunReport:
    """The report of a run whose training goes on (see `lrdiag.watching.settled`)."""
    from lrdiag.diagnose import diagnose_run, without_accepted
    from lrdiag.watching.settled import settled

    judge = partial(diagnose_run, rules=rules, config=config, ongoing=True)
    return without_accepted(settled(judge(run), run, judge, chosen), config)


def watch(
    watcher: Watcher,
    interval: float,
    *,
    until_unhealthy: bool = False,
    idle_seconds: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[WatchEvent]:
    """Look again every `interval` seconds, for ever.

    Args:
        watcher: what to follow.
        interval: seconds between looks.
        until_unhealthy: end when a run is unhealthy.
        idle_seconds: end when nothing was written for so long.
        sleep: how to wait.
    """
    while True:
        yield from watcher.look()
        if until_unhealthy and watcher.unhealthy:
            return
        idle = time.monotonic() - watcher.last_change
        if idle_seconds is not None and idle >= idle_seconds:
            return
        sleep(interval)


def _folders(paths: Sequence[Path]) -> dict[str, int]:
    """Folders below the paths with their times of modification: a new file changes one."""
    found: dict[str, int] = {}
    for path in paths:
        if path.is_dir():
            for folder, _, _ in os.walk(path):
                found[folder] = _mtime(folder)
        else:
            found[str(path)] = int(path.exists())
    return found


def _mtime(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116 - os.walk gives texts
    except OSError:
        return 0
