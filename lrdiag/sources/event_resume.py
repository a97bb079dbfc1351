"""Going on with an event file where an earlier reading, perhaps by another process, stopped.

Only a file without damage is remembered: what is wrong with one is found anew each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lrdiag.runs import FloatArray, IntArray
from lrdiag.sources.event_reader import EventReader
from lrdiag.sources.reading_memory import is_worth_keeping, present_memory

Arrays = tuple[IntArray, FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class EventState:
    """What was read of an event file up to `offset`, the end of its last whole record.

    Attributes:
        columns: step int64[n], wall time float64[n] and value float64[n] by tag.
        sessions: (step, points before it of each tag that grew) of every SessionLog START.
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


def read_through_memory(path: Path) -> EventReader:
    """A reader that has read the file to its end, from where the memory's state ends if any.

    Raises:
        OSError: the file cannot be read.
    """
    memory = present_memory()
    state = memory.recall(path) if memory else None
    reader = resumed(path, state) if isinstance(state, EventState) else EventReader(path)
    start = reader.offset
    reader.read_new()
    if memory and (start == 0 or is_worth_keeping(start, reader.offset)):
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
