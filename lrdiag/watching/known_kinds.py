"""What followed files were found to be, so that no file is sniffed again because another grew."""

from __future__ import annotations

from pathlib import Path

from lrdiag.sources.interface import HEAD_BYTES


class KnownKinds:
    """Kinds by file (`sources.memory.KindMemory`).

    A log that keeps its place stays what it is however it grows; a file that was no log is
    looked at again while its first HEAD_BYTES, which decide, may still change.
    """

    def __init__(self) -> None:
        self._known: dict[Path, tuple[object, str]] = {}

    def recall(self, path: Path) -> str | None:
        """The format's name, "" for no log, None when unknown or changed."""
        state, kind = self._known.get(path, (None, ""))
        return kind if state is not None and state == _state(path, kind) else None

    def learn(self, path: Path, kind: str) -> None:
        """Remember what a file was found to be."""
        self._known[path] = (_state(path, kind), kind)


def _state(path: Path, kind: str) -> object:
    try:
        status = path.stat()
    except OSError:
        return None
    if kind:
        return status.st_ino
    size = min(status.st_size, HEAD_BYTES)
    return status.st_ino, size, status.st_mtime_ns if size < HEAD_BYTES else 0
