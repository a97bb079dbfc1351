"""Where readings of logs are kept, so that of a grown log only what is new is read.

The cache of a fleet is such a memory; without one every log is read whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol

REWRITE_AT = 16
"""A state is kept anew when the log grew by more than this part of it: writing all columns for
a few new records would cost more than reading these records again."""


LEAST_BYTES = 1_000_000
"""Smaller logs are read whole in less time than what was read of them is looked up and written."""


class State(Protocol):
    """What was read of a log up to a place in it."""

    @property
    def offset(self) -> int:
        """The byte behind the last whole record or line that was read."""
        ...


class ReadingMemory(Protocol):
    """Where states of logs are kept (the cache has one)."""

    def recall(self, path: Path) -> State | None:
        """The state of a file that is unchanged or only grew; None when unknown or changed."""
        ...

    def keep(self, path: Path, state: State) -> None:
        """Remember a state."""
        ...


_memory: ContextVar[ReadingMemory | None] = ContextVar("reading_memory", default=None)


@contextmanager
def remembering(memory: ReadingMemory) -> Iterator[None]:
    """Logs read inside this block are looked up and kept in the memory."""
    token = _memory.set(memory)
    try:
        yield
    finally:
        _memory.reset(token)


def present_memory() -> ReadingMemory | None:
    """The memory of the `remembering` block this is called in, if any."""
    return _memory.get()


def is_worth_keeping(before: int, now: int) -> bool:
    """Whether a log read from byte `before` to byte `now` has outgrown what is remembered."""
    return now - before > before // REWRITE_AT
