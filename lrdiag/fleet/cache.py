"""Results of unchanged runs, kept between invocations."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lrdiag.findings import RunReport
from lrdiag.fleet.executors import Mapper, ProcessPool, Work, guarded, sequential
from lrdiag.fleet.records import InexactError, decode, encode
from lrdiag.fleet.store import Store, StoreError
from lrdiag.fleet.versions import code_version, place_of, settings_version, state_of
from lrdiag.sources.interface import RunLocation

BATCH = 64
"""Results written in one transaction."""

FINE_NS, COARSE_NS = 50_000_000, 2_000_000_000
"""How old a file must be before "same size and times" means "same content".

Linux stamps files with the time of its last tick (at most 10 ms old); file systems with whole
seconds exist (FAT: 2 s). As in git's "racily clean" index entries."""


class CachedMapper:
    """An executor that asks the cache first and has only the rest worked out.

    `hits` and `misses` count runs. Reports keep the order of the locations.
    """

    def __init__(self, inner: Mapper, store: Store) -> None:
        self._inner = inner
        self._store = store
        self._pending: list[tuple[bytes, bytes, bytes]] = []
        self.kinds = StoredKinds(store)
        self.hits = 0
        self.misses = 0

    def __call__(self, work: Work, locations: Sequence[RunLocation]) -> Iterator[RunReport]:
        """Reports in the order of the locations.

        The work must tell the `rules` and the `config` it judges by (as
        `diagnose.DiagnoseLocation` does); without them nothing is stored or reused.
        """
        if not hasattr(work, "rules") or not hasattr(work, "config"):
            return iter(self._inner(work, locations))
        return self._through(work, locations, settings_version(work.rules, work.config))

    def _through(
        self, work: Work, locations: Sequence[RunLocation], settings: str
    ) -> Iterator[RunReport]:
        code, stored = code_version(), self._store.states()
        work = self._reading_through_columns(work)
        places = [place_of(location, settings) for location in locations]
        states = [_state_now(location, code) for location in locations]
        known = [bool(s) and stored.get(p) == s for p, s in zip(places, states, strict=True)]
        del stored
        missing = [loc for loc, hit in zip(locations, known, strict=True) if not hit]
        fresh = iter(self._inner(work, missing)) if missing else iter(())
        used: list[bytes] = []
        try:
            for location, place, state, hit in zip(locations, places, states, known, strict=True):
                report = self._from_store(place) if hit else next(fresh)
                if hit and report is not None:
                    used.append(place)
                else:
                    report = report or guarded(work, location)
                    self._keep(place, state, report)
                yield report
        finally:
            self._flush()
            self.kinds.save()
            self._store.touch(used, int(time.time()))

    def _reading_through_columns(self, work: Work) -> Work:
        """Work on this machine also reuses decoded columns; elsewhere there is another disk."""
        if self._inner is not sequential and not isinstance(self._inner, ProcessPool):
            return work
        from lrdiag.fleet.column_cache import WithColumns, columns_folder

        return WithColumns(work, columns_folder(self._store.folder))

    def _from_store(self, place: bytes) -> RunReport | None:
        body = self._store.body(place)
        try:
            report = decode(body) if body is not None else None
        except ValueError:
            report = None
        self.hits += report is not None
        return report

    def _keep(self, place: bytes, state: bytes, report: RunReport) -> None:
        self.misses += 1
        if not state or any(p.kind == "diagnosis-failed" for p in report.problems):
            return
        try:
            self._pending.append((place, state, encode(report)))
        except (InexactError, RecursionError):
            return
        if len(self._pending) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            self._store.put(self._pending, int(time.time()))
            self._pending.clear()


def _state_now(location: RunLocation, code: str) -> bytes:
    """The state of a run's files; empty when a change could still go unseen."""
    found = state_of(location, code)
    if found is None:
        return b""
    state, newest = found
    return state if is_settled(newest) else b""


def is_settled(changed_ns: int) -> bool:
    """Whether a file changed so long ago that a further change shows in its times."""
    needed = COARSE_NS if changed_ns % 1_000_000_000 == 0 else FINE_NS
    return time.time_ns() - changed_ns > needed


class StoredKinds:
    """What files were found to be, kept with the state they had (`sources.memory.KindMemory`)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[bytes, tuple[bytes, str]] | None = None
        self._fresh: list[tuple[bytes, bytes, str]] = []

    def recall(self, path: Path) -> str | None:
        """The kind of an unchanged file; None when it changed or is new."""
        if self._known is None:
            self._known = self._store.kinds()
        known = self._known.get(_key(path))
        return known[1] if known and known[0] == self._state(path) else None

    def learn(self, path: Path, kind: str) -> None:
        """Remember a kind unless the file changed a moment ago."""
        state = self._state(path)
        if state:
            self._fresh.append((_key(path), state, kind))

    def save(self) -> None:
        """Write down what was learnt."""
        if self._fresh:
            self._store.put_kinds(self._fresh)
            self._fresh = []

    def _state(self, path: Path) -> bytes:
        try:
            s = path.stat()
        except OSError:
            return b""
        if not is_settled(max(s.st_mtime_ns, s.st_ctime_ns)):
            return b""
        text = f"{code_version()} {s.st_size} {s.st_mtime_ns} {s.st_ctime_ns} {s.st_ino} {s.st_dev}"
        return text.encode()


def _key(path: Path) -> bytes:
    return os.fsencode(os.path.abspath(path))  # noqa: PTH100 - no link is to be followed


def with_cache(inner: Mapper, tell: Callable[[str], None] | None = None) -> Mapper:
    """The executor with the cache in front; the executor itself where the cache is unusable."""
    try:
        store = Store()
    except StoreError as error:
        if tell:
            tell(f"Going on without the cache: {error}.")
        return inner
    if store.rebuilt and tell:
        tell(f"The cache {store.path} was damaged or not lrdiag's own; it was begun afresh.")
    return CachedMapper(inner, store)
