"""One event file → series and problems."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from lrdiag.findings import Problem
from lrdiag.runs import Series
from lrdiag.sources.event_message import tag_text
from lrdiag.sources.event_reader import EventReader


@dataclass(slots=True)
class EventFile:
    """What one event file holds.

    `begun`: first wall time, inf if there is none. `session_starts`: steps from which a writer
    said (SessionLog START) that it logs anew.
    """

    path: Path
    series: dict[str, Series]
    problems: tuple[Problem, ...] = ()
    begun: float = math.inf
    points: int = 0
    session_starts: tuple[int, ...] = ()
    hparams: list[bytes] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)


def read_event_file(path: Path) -> EventFile:
    """Read one event file.

    Raises:
        OSError: the file cannot be read.
    """
    reader = EventReader(path)
    reader.read_new()
    reader.finish()
    contents = reader.contents
    series = {}
    for tag, column in contents.columns.by_tag.items():
        text = tag_text(tag)
        series[text] = Series(text, *column.arrays())
    begun = min([contents.begun, *(float(s.wall_time[0]) for s in series.values())])
    return EventFile(
        path, series, reader.damage.problems(), begun, sum(map(len, series.values())),
        (), contents.hparams, [(tag_text(a), tag_text(b)) for a, b in contents.texts],
    )  # fmt: skip
