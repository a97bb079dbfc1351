"""One event file → series and problems."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lrdiag.findings import Problem
from lrdiag.runs import Series
from lrdiag.sources.decoding import Event, Malformed, parse_event, tag_text
from lrdiag.sources.framing import FRAME, HEADER, header_length, payload_is_sound


@dataclass(slots=True)
class EventFile:
    """What one event file holds. `begun`: earliest wall time, inf if there is none."""

    path: Path
    series: dict[str, Series]
    problems: tuple[Problem, ...] = ()
    begun: float = math.inf
    points: int = 0
    hparams: list[bytes] = field(default_factory=list)


def read_event_file(path: Path) -> EventFile:
    """Read one event file.

    Raises:
        OSError: the file cannot be read.
    """
    data = path.read_bytes()
    columns: dict[bytes, list[tuple[int, float, float]]] = {}
    problems: list[Problem] = []
    hparams: list[bytes] = []
    at, begun = 0, math.inf
    while at < len(data):
        length = header_length(data, at)
        if length is None or not payload_is_sound(data, at, length):
            following = _next_record(data, at + 1)
            problems.append(_lost(path, at, following, len(data)))
            at = following
            continue
        try:
            event = parse_event(data[at + HEADER : at + HEADER + length])
            begun = min(begun, event.wall_time)
            hparams += event.hparams
            _keep(event, columns)
        except Malformed as error:
            what = f"a record cannot be decoded: {error}"
            problems.append(Problem(str(path), "malformed-record", "warning", what, at, lost=1))
        at += FRAME + length
    if not data:
        problems.append(Problem(str(path), "empty-file", "info", "the file is empty"))
    series = {tag_text(tag): _series(tag, rows) for tag, rows in columns.items()}
    points = sum(map(len, series.values()))
    return EventFile(path, series, tuple(problems), begun, points, hparams)


def _keep(event: Event, columns: dict[bytes, list[tuple[int, float, float]]]) -> None:
    for scalar in event.scalars:
        row = (event.step, event.wall_time, scalar.value)
        columns.setdefault(scalar.tag, []).append(row)


def _series(tag: bytes, rows: list[tuple[int, float, float]]) -> Series:
    step, wall, value = zip(*rows, strict=True)
    return Series(tag_text(tag), np.array(step, np.int64), np.array(wall), np.array(value))


def _next_record(data: bytes, at: int) -> int:
    zeros = data.find(b"\0\0\0\0", at)
    while zeros >= 0:
        start = zeros - 4
        length = header_length(data, start) if start >= at else None
        if length is not None and payload_is_sound(data, start, length):
            return start
        zeros = data.find(b"\0\0\0\0", zeros + 1)
    return len(data)


def _lost(path: Path, at: int, following: int, size: int) -> Problem:
    if following == size:
        what = f"the file ends inside a record at byte {at}: incomplete, or still being written"
        return Problem(str(path), "incomplete-tail", "info", what, at, lost=1)
    what = f"corrupt data: bytes {at} to {following} fail their checksum"
    return Problem(str(path), "corrupt-record", "warning", what, at, lost=1)
