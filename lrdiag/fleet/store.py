"""The file the cache lives in: one SQLite database in the user's cache folder.

It is believed only when it is the user's own (owner, permissions), says so (application id and
layout number) and every row's checksum is right. Anything else is put aside and begun afresh:
a cache is a copy of what can be worked out again.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

APPLICATION_ID = 0x6C726469
"""'lrdi', SQLite's mark of whose file it is (`PRAGMA application_id`)."""

LAYOUT = 2
REMOTE_COPIES = "remote"
COLUMNS = "columns"
BUSY_SECONDS = 10.0
MAX_BYTES = 1_000_000_000
"""Rows that were not used for longest are removed beyond this size (about 100,000 runs)."""

MAX_KINDS = 1_000_000
_TABLES = (
    "CREATE TABLE reports (place BLOB PRIMARY KEY, state BLOB NOT NULL, body BLOB NOT NULL,"
    " digest BLOB NOT NULL, used INTEGER NOT NULL)",
    "CREATE TABLE kinds (path BLOB PRIMARY KEY, state BLOB NOT NULL, kind TEXT NOT NULL)",
)


def cache_folder() -> Path:
    """`LRDIAG_CACHE_DIR`, else lrdiag's folder below the platform's place for caches.

    `XDG_CACHE_HOME` or `~/.cache` (XDG Base Directory Specification 0.8), `~/Library/Caches`
    on macOS, `%LOCALAPPDATA%` on Windows.
    """
    own = os.environ.get("LRDIAG_CACHE_DIR")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification says that a relative path is to be ignored.
    if base and Path(base).is_absolute():
        return Path(base) / "lrdiag"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "lrdiag"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "lrdiag"
    return Path.home() / ".cache" / "lrdiag"


class StoreError(Exception):
    """The cache cannot be used; the analysis goes on without it."""


class _ForeignFileError(Exception):
    """The file is not one that this lrdiag made for this user."""


class Store:
    """Rows of (place, state, body); several processes may use it at once.

    Raises:
        StoreError: the folder is not writable or not the user's own.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder()
        self.path = self.folder / "results.sqlite"
        self.rebuilt = False
        own_folder(self.folder)
        self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            return _connect(self.path)
        except sqlite3.OperationalError as error:  # busy, or the disk refuses
            raise StoreError(f"{self.path}: {error}") from None
        except (sqlite3.DatabaseError, _ForeignFileError):
            self.rebuilt = True
            remove(self.path)
        try:
            return _connect(self.path)
        except (sqlite3.DatabaseError, _ForeignFileError) as error:
            raise StoreError(f"{self.path}: {error}") from None

    def states(self) -> dict[bytes, bytes]:
        """State by place, of everything stored."""
        with self._healing():
            return dict(self._db.execute("SELECT place, state FROM reports"))
        return {}

    def body(self, place: bytes) -> bytes | None:
        """The body stored for a place, None when there is none or it is damaged."""
        row = None
        with self._healing():
            row = self._db.execute(
                "SELECT body, digest FROM reports WHERE place = ?", (place,)
            ).fetchone()
        if row is None or not isinstance(row[0], bytes) or _checksum(place, row[0]) != row[1]:
            return None
        try:
            return zlib.decompress(row[0])
        except zlib.error:
            return None

    def put(self, rows: Iterable[tuple[bytes, bytes, bytes]], now: int) -> None:
        """Store (place, state, body) rows in one transaction; skipped when the file is busy."""
        packed = []
        for place, state, body in rows:
            small = zlib.compress(body, 1)
            packed.append((place, state, small, _checksum(place, small), now))
        with self._healing(), self._db:
            self._db.executemany("INSERT OR REPLACE INTO reports VALUES (?, ?, ?, ?, ?)", packed)

    def kinds(self) -> dict[bytes, tuple[bytes, str]]:
        """(state, kind) of every file looked at, by path."""
        with self._healing():
            found = self._db.execute("SELECT path, state, kind FROM kinds")
            return {path: (state, str(kind)) for path, state, kind in found}
        return {}

    def put_kinds(self, rows: Iterable[tuple[bytes, bytes, str]]) -> None:
        """Remember (path, state, kind) rows; the table is begun anew when it is very large."""
        with self._healing(), self._db:
            if self._db.execute("SELECT count(*) FROM kinds").fetchone()[0] > MAX_KINDS:
                self._db.execute("DELETE FROM kinds")
            self._db.executemany("INSERT OR REPLACE INTO kinds VALUES (?, ?, ?)", rows)

    def touch(self, places: Iterable[bytes], now: int) -> None:
        """Note that rows were used, at most once a day, and remove the oldest beyond the limit."""
        rows = [(now, place, now - 86_400) for place in places]
        with self._healing(), self._db:
            self._db.executemany("UPDATE reports SET used = ? WHERE place = ? AND used < ?", rows)
            self._shrink()

    def _shrink(self) -> None:
        count, size = self._db.execute("SELECT count(*), sum(length(body)) FROM reports").fetchone()
        if (size or 0) > MAX_BYTES:
            self._db.execute(
                "DELETE FROM reports WHERE place IN"
                " (SELECT place FROM reports ORDER BY used LIMIT ?)",
                (max(1, count // 4),),
            )

    def count(self) -> int:
        """Rows stored."""
        with self._healing():
            return int(self._db.execute("SELECT count(*) FROM reports").fetchone()[0])
        return 0

    @contextmanager
    def _healing(self) -> Iterator[None]:
        """A damaged file is begun afresh; a busy one is left alone this time."""
        try:
            yield
        except sqlite3.OperationalError:
            return
        except sqlite3.DatabaseError:
            self._db.close()
            self._db = self._open_fresh()

    def _open_fresh(self) -> sqlite3.Connection:
        remove(self.path)
        self.rebuilt = True
        try:
            return _connect(self.path)
        except (sqlite3.DatabaseError, _ForeignFileError):
            return _connect(Path(":memory:"))

    def close(self) -> None:
        """Close the file."""
        with suppress(sqlite3.DatabaseError):
            self._db.close()


def remove(path: Path) -> int:
    """Delete a store and its journals; bytes freed. Others that have it open keep their copy."""
    freed = 0
    for file in _with_journals(path):
        with suppress(OSError):
            size = file.lstat().st_size
            file.unlink()
            freed += size
    return freed


def size_on_disk(path: Path) -> int:
    """Bytes of a store and its journals."""
    return sum(file.lstat().st_size for file in _with_journals(path) if file.exists())


def clear_folder(folder: Path) -> int:
    """Delete what lrdiag keeps in its cache folder, and nothing else there; bytes freed."""
    import shutil

    freed = remove(folder / "results.sqlite")
    for own in (folder / REMOTE_COPIES, folder / COLUMNS):
        if own.is_dir() and not own.is_symlink():
            freed += sum(f.lstat().st_size for f in own.rglob("*") if f.is_file())
            shutil.rmtree(own, ignore_errors=True)
    return freed


def _with_journals(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", "-journal")]


def _connect(path: Path) -> sqlite3.Connection:
    _own_file(path)
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level="IMMEDIATE")
    try:
        _prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection) -> None:
    # A stored schema may hold triggers or views by somebody else.
    db.execute("PRAGMA trusted_schema = OFF")
    if _is_empty(db):
        db.execute("PRAGMA journal_mode = WAL")
        with db:
            db.execute("BEGIN IMMEDIATE")
            if _is_empty(db):  # another process may have been faster
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {LAYOUT}")
                for table in _TABLES:
                    db.execute(table)
    db.execute("PRAGMA synchronous = NORMAL")
    marks = tuple(db.execute(f"PRAGMA {name}").fetchone()[0] for name in _MARKS)
    tables = [row[0] for row in db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]
    if marks != (APPLICATION_ID, LAYOUT) or tables != [*_TABLES]:
        raise _ForeignFileError("the file is not a cache of this lrdiag")


_MARKS = ("application_id", "user_version")


def _is_empty(db: sqlite3.Connection) -> bool:
    return bool(db.execute("PRAGMA schema_version").fetchone()[0] == 0)


def own_folder(folder: Path) -> None:
    """Make the folder if need be, and refuse one that others may write to.

    Raises:
        StoreError: it cannot be made or is not the user's own.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}") from None
    if not _is_private(status):
        raise StoreError(f"{folder} belongs to, or may be written by, other users")


def _own_file(path: Path) -> None:
    """A database that others could have written is not opened."""
    try:
        status = path.lstat()
    except OSError:
        return
    if not stat.S_ISREG(status.st_mode) or not _is_private(status):
        raise _ForeignFileError(f"{path} is not the user's own file")


def _is_private(status: os.stat_result) -> bool:
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _checksum(place: bytes, body: bytes) -> bytes:
    return hashlib.sha256(place + body).digest()[:16]
