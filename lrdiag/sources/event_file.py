"""One event file → series and problems."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from lrdiag.findings import Problem
from lrdiag.runs import Series
from lrdiag.sources.damage import COMPRESSED
from lrdiag.sources.event_message import tag_names, tag_text
from lrdiag.sources.event_reader import EventReader
from lrdiag.sources.event_resume import read_through_memory
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.series_notes import note_bad_tag, note_series
from lrdiag.sources.text_lines import gzip_blocks


@dataclass(slots=True)
class EventFile:
    """What one event file holds.

    Attributes:
        begun: first wall time, inf if there is none.
        session_starts: (step, points logged before, of each tag that has new ones since the
            start before) where a writer said (SessionLog START) that it logs everything from
            that step on anew.
        hparams: contents of the HParams plugin. texts: what the text plugin holds.
    """

    path: Path
    series: dict[str, Series]
    problems: tuple[Problem, ...] = ()
    begun: float = math.inf
    points: int = 0
    session_starts: tuple[tuple[int, dict[str, int]], ...] = ()
    hparams: list[bytes] = field(default_factory=list)
    texts: tuple[str, ...] = ()


def read_event_file(path: Path) -> EventFile:
    """Read one event file, what is new of it where the rest is remembered (`event_resume`).

    Raises:
        OSError: the file cannot be read.
    """
    found = finished(read_through_memory(path))
    return _unpacked(path) if any(p.kind == COMPRESSED for p in found.problems) else found


def _unpacked(path: Path) -> EventFile:
    """Read a file that is compressed with gzip; the limits are those of `gzip_blocks`."""
    log = ProblemLog(str(path))
    with tempfile.TemporaryDirectory(prefix="lrdiag-") as folder, path.open("rb") as packed:
        plain = Path(folder, "events")
        with plain.open("wb") as file:
            file.writelines(gzip_blocks(packed, path.stat().st_size, log))
        reader = EventReader(plain, str(path))
        reader.read_new()
        found = finished(reader)
    log.add_all(found.problems)
    if any(p.offset is not None for p in found.problems):
        what = "the file is compressed with gzip; offsets count the bytes it unfolds to"
        log.add(COMPRESSED, what, severity="info")
    return replace(found, path=path, problems=log.problems())


def finished(reader: EventReader) -> EventFile:
    """What a reader has read so far, with remarks; nothing more is expected of the file."""
    reader.finish()
    contents, log = reader.contents, reader.damage.log
    names = tag_names(contents.columns.by_tag)
    series: dict[str, Series] = {}
    for tag, column in contents.columns.by_tag.items():
        text = names[tag]
        if "\\" in text:
            note_bad_tag(log, tag, text)
        series[text] = Series(text, *column.arrays())
    note_series(log, series)
    starts = tuple(
        (step, {names[tag]: count for tag, count in before.items()})
        for step, before in contents.columns.session_starts
    )
    return EventFile(
        reader.path, series, log.problems(), min([contents.begun, *map(_begun, series.values())]),
        sum(map(len, series.values())), starts, contents.hparams,
        tuple(tag_text(text) for _, text in contents.texts),
    )  # fmt: skip


def _begun(series: Series) -> float:
    """First wall time that is a time, inf if none is."""
    if len(series) and math.isfinite(series.wall_time[0]):
        return float(series.wall_time[0])
    known = series.wall_time[np.isfinite(series.wall_time)]
    return float(known[0]) if len(known) else math.inf
