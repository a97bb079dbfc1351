"""Weights & Biases: the `run-<id>.wandb` file that every run writes locally.

A LevelDB log (https://github.com/google/leveldb/blob/main/doc/log_format.md) behind a 7-byte
header `:W&B`, 0xBEE1, version (wandb `sdk/internal/datastore.py`); its records are protobuf
(wandb_internal.proto): Record.history = 2, .config = 5, .run = 17; HistoryRecord.item = 1,
.step = 2; items have key = 1, nested_key = 2, value_json = 16.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from lrdiag.runs import Run
from lrdiag.sources.file_run import Content, read_file_run
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.protobuf_wire import WireError, fields
from lrdiag.sources.records import RecordRows
from lrdiag.sources.rows import series_of

MAGIC = b":W&B"
_HEADER = 7
_BLOCK = 32_768
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
MAX_RECORD = 64 << 20


class WandbOfflineSource:
    """The history of a `.wandb` file."""

    name: ClassVar[str] = "wandb"
    per_directory: ClassVar[bool] = False
    priority: ClassVar[int] = 90

    def sniff(self, path: Path, head: bytes) -> bool:
        """The magic bytes, or an empty file of that name."""
        return head.startswith(MAGIC) or (not head and path.suffix == ".wandb")

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read one file.

        Raises:
            SourceError: the file cannot be opened.
        """
        return read_file_run(self.name, files[0], name, _read)


def _read(path: Path, log: ProblemLog) -> Content:
    rows = RecordRows()
    config: dict[str, Any] = {}
    count = 0
    for offset, message in records(path, log):
        count += 1
        try:
            _take(message, rows, config, count)
        except WireError as error:
            log.add("damaged-record", f"the record is damaged: {error}", offset=offset, lost=1)
    if not count and not log.problems():
        log.add("empty-file", "the file is empty: no records")
    series = series_of(rows.recorder.rows(), log)
    series.pop("_timestamp", None)  # it is every point's wall_time
    return Content({tag: replace(s, line=None) for tag, s in series.items()}, config)


def has_history(path: Path) -> bool:
    """Whether a run logged anything: the file is read up to its first row."""
    rows = RecordRows()
    try:
        for number, (_, message) in enumerate(records(path, ProblemLog(str(path)))):
            _take(message, rows, {}, number)
            if rows.recorder.line:
                return True
    except (OSError, WireError):
        return False
    return False


def _take(message: bytes, rows: RecordRows, config: dict[str, Any], number: int) -> None:
    for field, kind, value in fields(message):
        if kind != 2 or not isinstance(value, bytes):
            continue
        if field == 2:
            record = _history(value)
            if any(not key.startswith("_") for key in record):
                rows.add(record, number)
        elif field == 5:
            config.update(_items(value, 1))
        elif field == 17:
            for inner, _, part in fields(value):
                if inner == 4 and isinstance(part, bytes):
                    config.update(_items(part, 1))
    config.pop("_wandb", None)


def _history(message: bytes) -> dict[str, Any]:
    record = _items(message, 1)
    for field, _, value in fields(message):
        if field == 2 and isinstance(value, bytes) and "_step" not in record:
            steps = [v for n, _, v in fields(value) if n == 1]
            record["_step"] = steps[0] if steps else 0
    own = {k: v for k, v in record.items() if k in ("_step", "_timestamp", "_runtime")}
    media = tuple(k.removesuffix("_type") for k in record if k.endswith("/_type"))
    values = {
        k: v
        for k, v in record.items()
        if k not in own and not _is_media(v) and not (media and k.startswith(media))
    }
    return {**values, **{k: own[k] for k in ("_step", "_timestamp") if k in own}}


def _is_media(value: Any) -> bool:
    return isinstance(value, Mapping) and "_type" in value


def _items(message: bytes, field: int) -> dict[str, Any]:
    """Keys and decoded JSON values of the items of a message."""
    found: dict[str, Any] = {}
    for number, _, item in fields(message):
        if number != field or not isinstance(item, bytes):
            continue
        names: list[str] = []
        value: Any = None
        for inner, _, part in fields(item):
            if inner in (1, 2) and isinstance(part, bytes):
                names.append(part.decode("utf-8", "replace"))
            elif inner == 16 and isinstance(part, bytes):
                value = _json(part)
        if any(names):
            found["/".join(n for n in names if n)] = value
    return found


def _json(data: bytes) -> Any:
    text = data.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else value


def records(path: Path, log: ProblemLog) -> Iterator[tuple[int, bytes]]:
    """(offset, payload) of the whole records; damage is reported and stepped over."""
    parts: list[bytes] = []
    begun = _HEADER
    for offset, kind, data in _pieces(path, log):
        if kind in (_FULL, _FIRST):
            parts, begun = [data], offset
        elif parts:
            parts.append(data)
        if kind == _FULL or (kind == _LAST and parts):
            yield begun, b"".join(parts)
            parts = []
        if sum(map(len, parts)) > MAX_RECORD:
            log.add("long-record", "a record is too long; left out", offset=begun, lost=1)
            parts = []


def _pieces(path: Path, log: ProblemLog) -> Iterator[tuple[int, int, bytes]]:
    with path.open("rb") as file:
        start, offset = 0, _HEADER
        while block := file.read(_BLOCK):
            last = len(block) < _BLOCK
            at = offset - start
            while at + 7 <= len(block):
                crc, size, kind = struct.unpack_from("<IHB", block, at)
                data = block[at + 7 : at + 7 + size]
                if not kind and not size and not crc:
                    break
                if last and len(data) < size:
                    _report_incomplete(log, start + at)
                    return
                if zlib.crc32(data, zlib.crc32(bytes([kind]))) != crc:
                    _report_damage(log, start + at)
                    break
                yield start + at, kind, data
                at += 7 + size
            start += len(block)
            offset = start


def _report_incomplete(log: ProblemLog, offset: int) -> None:
    message = "the last record is incomplete; the writer is still at it or was stopped"
    log.add("incomplete-record", message, severity="info", offset=offset, lost=1)


def _report_damage(log: ProblemLog, offset: int) -> None:
    message = f"the checksum at byte {offset} is wrong; reading goes on at the next 32 KiB block"
    log.add("corrupt-record", message, offset=offset, lost=1)
