"""PaddlePaddle VisualDL: `vdlrecords.<time>.log`.

Each record is an int64 length, then a protobuf message; there is no checksum. The schema is
PaddlePaddle/VisualDL `visualdl/proto/record.proto`: Record.values = 1; Value has id = 1,
tag = 2, timestamp = 3 (milliseconds), one of value = 4 (float), and others.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np

from lrdiag.runs import Run, Series
from lrdiag.sources.file_run import Content, read_file_run
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.protobuf_wire import WireError, fields, signed

MAX_RECORD = 64 << 20
_LENGTH = struct.Struct("<q")
_MAGIC = b"\x0a"
_METADATA = "meta_data_tag"


class _Point(NamedTuple):
    """One scalar of a record; wall time in seconds since 1970."""

    tag: str
    step: int
    seconds: float
    value: float


class VisualDLSource:
    """Scalars of a VisualDL record file."""

    name: ClassVar[str] = "visualdl"
    per_directory: ClassVar[bool] = False
    priority: ClassVar[int] = 85

    def sniff(self, path: Path, head: bytes) -> bool:
        """A length, then a Record that starts with a Value; the usual name helps."""
        if len(head) < 10 or head[8:9] != _MAGIC:
            return False
        (size,) = _LENGTH.unpack_from(head)
        return 0 < size < MAX_RECORD and (
            "vdlrecords" in path.name or head[8 + size + 4 :][:4] == b"\0" * 4
        )

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read one record file.

        Raises:
            SourceError: the file cannot be opened.
        """
        return read_file_run(self.name, files[0], name, _read)


def _read(path: Path, log: ProblemLog) -> Content:
    points: dict[str, list[_Point]] = {}
    for offset, message in _records(path, log):
        try:
            for point in _points(message):
                points.setdefault(point.tag, []).append(point)
        except WireError as error:
            log.add("damaged-record", f"the record is damaged: {error}", offset=offset, lost=1)
    return Content({tag: _series(tag, found) for tag, found in points.items()})


def _records(path: Path, log: ProblemLog) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        offset = 0
        while True:
            head = file.read(8)
            if not head:
                return
            size = _LENGTH.unpack(head)[0] if len(head) == 8 else 0
            if len(head) == 8 and not 0 < size <= MAX_RECORD:
                message = f"a record claims {size:,} bytes; the rest of the file is not read"
                log.add("damaged-record", message, offset=offset)
                return
            data = file.read(size)
            if len(head) < 8 or len(data) < size:
                message = "the last record is incomplete; the writer is still at it or was stopped"
                log.add("incomplete-record", message, severity="info", offset=offset, lost=1)
                return
            yield offset, data
            offset += 8 + size


def _points(message: bytes) -> Iterator[_Point]:
    for number, kind, value in fields(message):
        if number == 1 and kind == 2 and isinstance(value, bytes):
            point = _point(value)
            if point is not None:
                yield point


def _point(message: bytes) -> _Point | None:
    tag, step, millis, value = "", 0, 0, math.nan
    found = False
    for number, kind, field in fields(message):
        if isinstance(field, int):
            step = signed(field) if number == 1 else step
            millis = field if number == 3 else millis
        elif number == 2:
            tag = field.decode("utf-8", "replace")
        elif number == 4 and kind == 5:
            (value,), found = struct.unpack("<f", field), True
    return _Point(tag, step, millis / 1000, value) if found and tag != _METADATA else None


def _series(tag: str, points: Sequence[_Point]) -> Series:
    step = np.array([p.step for p in points], np.int64)
    order = np.argsort(step, kind="stable")
    wall = np.array([p.seconds for p in points])[order]
    return Series(tag, step[order], wall, np.array([p.value for p in points])[order])
