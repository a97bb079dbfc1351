"""One event file → series and problems."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from lrdiag.findings import Problem
from lrdiag.runs import Series
from lrdiag.sources.damage import COMPRESSED
from lrdiag.sources.event_message import tag_text
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
        session_starts: (step, points of each tag logged before) where a writer said
            (SessionLog START) that it logs everything from that step on anew.
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
    series: dict[str, Series] = {}
    for tag, column in contents.columns.by_tag.items():
        text = tag_text(tag)
        if "\\" in text:
            note_bad_tag(log, tag, text)
        series[text] = Series(text, *column.arrays())
    note_series(log, series)
    first = [float(s.wall_time[0]) for s in series.values() if len(s)]
    starts = tuple(
        (step, {tag_text(tag): count for tag, count in before.items()})
        for step, before in contents.columns.session_starts
    )
    return EventFile(
        reader.path, series, log.problems(), min([contents.begun, *first]),
        sum(map(len, series.values())), starts, contents.hparams,
        tuple(tag_text(text) for _, text in contents.texts),
    )  # fmt: skip
