"""Going on with an event file where an earlier reading, perhaps by another process, stopped.

Only a file without damage is remembered: what is wrong with one is found anew each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lrdiag.runs import FloatArray, IntArray
from lrdiag.sources.event_reader import EventReader

REWRITE_AT = 16
"""A state is kept anew when the file grew by more than this part of it: writing all columns for
a few new records would cost more than reading these records again."""

Arrays = tuple[IntArray, FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class EventState:
    """What was read of an event file up to `offset`, the end of its last whole record.

    Attributes:
        columns: step int64[n], wall time float64[n] and value float64[n] by tag.
        sessions: (step, points of each tag before it) of every SessionLog START.
        records, others, begun, hparams, texts: see `event_contents.EventContents`.
    """

    offset: int
    columns: dict[bytes, Arrays]
    sessions: list[tuple[int, dict[bytes, int]]]
    records: int
    others: int
    begun: float
    hparams: list[bytes]
    texts: list[tuple[bytes, bytes]]


class EventMemory(Protocol):
    """Where states of event files are kept (the cache has one)."""

    def recall(self, path: Path) -> EventState | None:
        """The state of a file that is unchanged or only grew; None when unknown or changed."""
        ...

    def keep(self, path: Path, state: EventState) -> None:
        """Remember a state."""
        ...


_memory: ContextVar[EventMemory | None] = ContextVar("event_memory", default=None)


@contextmanager
def remembering(memory: EventMemory) -> Iterator[None]:
    """Event files read inside this block are looked up and kept in the memory."""
    token = _memory.set(memory)
    try:
        yield
    finally:
        _memory.reset(token)


def read_through_memory(path: Path) -> EventReader:
    """A reader that has read the file to its end, from where the memory's state ends if any.

    Raises:
        OSError: the file cannot be read.
    """
    memory = _memory.get()
    state = memory.recall(path) if memory else None
    reader = EventReader(path) if state is None else resumed(path, state)
    start = reader.offset
    reader.read_new()
    if memory and (state is None or reader.offset - start > start // REWRITE_AT):
        fresh = state_of(reader)
        if fresh is not None:
            memory.keep(path, fresh)
    return reader


def state_of(reader: EventReader) -> EventState | None:
    """The state to go on from; None where damage was met."""
    if reader.damage.log.problems() or reader.is_searching:
        return None
    contents = reader.contents
    return EventState(
        reader.offset,
        {tag: column.arrays() for tag, column in contents.columns.by_tag.items()},
        contents.columns.session_starts,
        contents.records,
        contents.others,
        contents.begun,
        contents.hparams,
        contents.texts,
    )


def resumed(path: Path, state: EventState) -> EventReader:
    """A reader that stands where the state was taken."""
    reader = EventReader(path)
    reader.offset = reader.size = state.offset
    contents = reader.contents
    contents.records, contents.others, contents.begun = state.records, state.others, state.begun
    contents.hparams, contents.texts = list(state.hparams), list(state.texts)
    for tag, arrays in state.columns.items():
        contents.columns.add(tag, *arrays)
    contents.columns.session_starts += state.sessions
    return reader
