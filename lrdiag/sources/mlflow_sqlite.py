"""MLflow's SQLite store (`mlflow.db`), which current MLflow writes by default.

Tables (mlflow/store/tracking/dbmodels/models.py): `runs` (run_uuid, name, …), `metrics` (key,
value, timestamp in ms, run_uuid, step, is_nan), `params` (key, value, run_uuid).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lrdiag.runs import Run, Series
from lrdiag.sources.file_run import Content, read_file_run
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.sidecars import plain_value
from lrdiag.sources.sqlite_files import distinct_names, is_database, opened, tables

if TYPE_CHECKING:
    import sqlite3

MAX_RUNS = 10_000
_NEEDED = {"runs", "metrics", "params"}


@dataclass(frozen=True)
class MlflowSqliteSource:
    """The runs of an MLflow database. `run`: the id of the only one to read."""

    name: ClassVar[str] = "mlflow-sqlite"
    per_directory: ClassVar[bool] = False
    priority: ClassVar[int] = 96

    run: str = ""

    def sniff(self, path: Path, head: bytes) -> bool:
        """A SQLite file with MLflow's tables."""
        if not is_database(head):
            return False
        try:
            with opened(path) as database:
                return tables(database) >= _NEEDED
        except OSError:
            return False

    def runs_in(self, path: Path) -> list[tuple[str, str]]:
        """(name, id) of every run that logged a metric."""
        query = (
            "SELECT run_uuid, name FROM runs WHERE run_uuid IN (SELECT run_uuid FROM metrics)"
            " ORDER BY start_time, run_uuid LIMIT ?"
        )
        try:
            with opened(path) as database:
                found = [
                    (str(n or key), str(key)) for key, n in database.execute(query, [MAX_RUNS])
                ]
        except OSError:
            return []
        return distinct_names(found)

    def one(self, inside: str) -> MlflowSqliteSource:
        """The source that reads one run."""
        return MlflowSqliteSource(inside)

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read one run (the only one of the database unless `run` says which).

        Raises:
            SourceError: the file cannot be opened.
        """
        return read_file_run(self.name, files[0], name, self._read)

    def _read(self, path: Path, log: ProblemLog) -> Content:
        with opened(path) as database:
            key = self.run or _only_run(database)
            series = {tag: _series(database, key, tag) for tag in _tags(database, key)}
            rows = database.execute("SELECT key, value FROM params WHERE run_uuid = ?", [key])
            params = {str(k): plain_value(str(v)) for k, v in rows}
        return Content(series, params)


def _only_run(database: sqlite3.Connection) -> str:
    row = database.execute("SELECT run_uuid FROM metrics LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def _tags(database: sqlite3.Connection, run: str) -> list[str]:
    rows = database.execute("SELECT DISTINCT key FROM metrics WHERE run_uuid = ?", [run])
    return [str(tag) for (tag,) in rows]


def _series(database: sqlite3.Connection, run: str, tag: str) -> Series:
    rows: list[tuple[Any, ...]] = database.execute(
        "SELECT step, timestamp, value, is_nan FROM metrics WHERE run_uuid = ? AND key = ?"
        " ORDER BY step, timestamp",
        [run, tag],
    ).fetchall()
    value = np.array([np.nan if row[3] else row[2] for row in rows], np.float64)
    step = np.array([row[0] for row in rows], np.int64)
    return Series(tag, step, np.array([row[1] for row in rows], np.float64) / 1000, value)
