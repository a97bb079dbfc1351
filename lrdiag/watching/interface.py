"""The door of the followers: read what is new of one physical part of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from lrdiag.runs import Run


class PartFollower(Protocol):
    """Follows the files of one format of one run."""

    @property
    def bytes_read(self) -> int:
        """Bytes read of the files so far, to prove that nothing is read twice."""
        ...

    def poll(self, files: tuple[Path, ...]) -> bool:
        """Read what is new; `files` may have gained members. Whether anything changed."""
        ...

    def run(self, name: str) -> Run:
        """Everything known so far."""
        ...
