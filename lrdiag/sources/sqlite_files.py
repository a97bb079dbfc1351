"""SQLite files opened so that nothing is changed and nothing is trusted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    import sqlite3

MAGIC = b"SQLite format 3\0"


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection; a database that a program still writes is read as it is.

    Raises:
        OSError: the file cannot be opened or is no database.
    """
    import sqlite3

    journal = os.path.exists(f"{path}-wal")  # noqa: PTH110 - a name, not a child of path
    mode = "mode=ro" if journal else "mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?{mode}", uri=True)
        connection.execute("PRAGMA query_only = 1")
        connection.execute("PRAGMA trusted_schema = 0")
    except sqlite3.Error as error:
        raise OSError(0, str(error)) from error
    try:
        yield connection
    except sqlite3.Error as error:
        raise OSError(0, f"damaged database: {error}") from error
    finally:
        connection.close()


def tables(connection: sqlite3.Connection) -> set[str]:
    """Names of the tables (no views: a view is code)."""
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {str(name) for (name,) in rows}


def is_database(head: bytes) -> bool:
    """Whether a file begins as SQLite files do."""
    return head.startswith(MAGIC)


def distinct_names(found: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """(name, id) of runs, a name that several share followed by the start of its run's id."""
    names = Counter(name for name, _ in found)
    return [(n if names[n] == 1 else f"{n}-{key[:8]}", key) for n, key in found]
