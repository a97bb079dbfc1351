"""Trackio's local store: one SQLite file a project, `~/.cache/huggingface/trackio/NAME.db`.

https://huggingface.co/docs/trackio (local storage). Tables (trackio/sqlite_storage.py): `metrics`
(run_id, run_name, timestamp as ISO text, step, metrics as JSON) and `configs` (run_id, config as
JSON). NaN and infinities are written as text. Stores of older versions have no run_id; a run is
its run_name there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from lrdiag.runs import Run
from lrdiag.sources.file_run import Content, read_file_run
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.records import RecordRows
from lrdiag.sources.rows import series_of
from lrdiag.sources.sqlite_files import distinct_names, is_database, opened, tables

if TYPE_CHECKING:
    import sqlite3

MAX_RUNS = 10_000
_NEEDED = {"run_name", "timestamp", "step", "metrics"}


@dataclass(frozen=True)
class TrackioSource:
    """The runs of a Trackio project. `run`: the id of the only one to read."""

    name: ClassVar[str] = "trackio"
    per_directory: ClassVar[bool] = False
    priority: ClassVar[int] = 95

    run: str = ""

    def sniff(self, path: Path, head: bytes) -> bool:
        """A SQLite file whose table `metrics` has Trackio's columns."""
        if not is_database(head):
            return False
        try:
            with opened(path) as database:
                return _columns(database, "metrics") >= _NEEDED
        except OSError:
            return False

    def runs_in(self, path: Path) -> list[tuple[str, str]]:
        """(name, id) of every run that logged something, oldest first."""
        try:
            with opened(path) as database:
                key = _key(database, "metrics")
                query = (
                    f"SELECT {key}, MAX(run_name) FROM metrics GROUP BY {key}"
                    " ORDER BY MIN(id) LIMIT ?"
                )
                found = [(str(n), str(k)) for k, n in database.execute(query, [MAX_RUNS])]
        except OSError:
            return []
        return distinct_names(found)

    def one(self, inside: str) -> TrackioSource:
        """The source that reads one run."""
        return TrackioSource(inside)

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read one run (the first of the project unless `run` says which).

        Raises:
            SourceError: the file cannot be opened.
        """
        return read_file_run(self.name, files[0], name, self._read)

    def _read(self, path: Path, log: ProblemLog) -> Content:
        with opened(path) as database:
            run = self.run or _first_run(database)
            rows = _rows(database, run, log)
            return Content(series_of(rows.recorder.rows(), log), _config(database, run))


def _columns(database: sqlite3.Connection, table: str) -> set[str]:
    if table not in tables(database):
        return set()
    return {str(row[1]) for row in database.execute(f"PRAGMA table_info({table})")}


def _key(database: sqlite3.Connection, table: str) -> str:
    return "run_id" if "run_id" in _columns(database, table) else "run_name"


def _first_run(database: sqlite3.Connection) -> str:
    key = _key(database, "metrics")
    row = database.execute(f"SELECT {key} FROM metrics ORDER BY id LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def _rows(database: sqlite3.Connection, run: str, log: ProblemLog) -> RecordRows:
    key = _key(database, "metrics")
    query = f"SELECT id, timestamp, step, metrics FROM metrics WHERE {key} = ? ORDER BY id"
    rows = RecordRows()
    for number, time, step, text in database.execute(query, [run]):
        record = _object(text)
        if record is None:
            message = f"row {number} of the table metrics holds no JSON object; it is left out"
            log.add("damaged-record", message, lost=1)
            continue
        values = {k: _finite_or_not(v) for k, v in record.items() if k != "timestamp"}
        rows.add({**values, "step": step, "timestamp": time}, number)
    return rows


def _config(database: sqlite3.Connection, run: str) -> dict[str, Any]:
    if not _columns(database, "configs") >= {"run_name", "config"}:
        return {}
    query = f"SELECT config FROM configs WHERE {_key(database, 'configs')} = ?"
    row = database.execute(query, [run]).fetchone()
    found = _object(row[0]) if row else None
    return {k: v for k, v in (found or {}).items() if not k.startswith("_")}


def _object(text: object) -> dict[str, Any] | None:
    if not isinstance(text, str | bytes):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return {str(k): v for k, v in found.items()} if isinstance(found, Mapping) else None


def _finite_or_not(value: Any) -> Any:
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else value
