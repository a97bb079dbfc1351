"""Plain text logs: rows found among other output, by patterns kept as data.

Lines that no pattern knows are read if they hold an index (`epoch 3`) and a metric
(`loss: 0.3`), are a row of a printed table, or a dict as the Hugging Face Trainer prints it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from lrdiag.runs import Run
from lrdiag.sources.file_run import Content, read_file_run
from lrdiag.sources.index_names import EPOCH_NAMES, STEP_NAMES, is_metric, plain_name
from lrdiag.sources.interface import HEAD_BYTES
from lrdiag.sources.json_text import parse_record
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.record_reader import RecordReader
from lrdiag.sources.records import is_log_record
from lrdiag.sources.rows_resume import RowsReading
from lrdiag.sources.text_lines import BLOCK_BYTES, Line, head_text, is_gzip, lines_in
from lrdiag.sources.text_pairs import MAX_CHARACTERS, Pair, body_of, pairs, split_of
from lrdiag.sources.text_patterns import (
    TextPattern,
    match,
    shipped_patterns,
    user_patterns,
)
from lrdiag.sources.text_table import TextTable

_SUFFIXES = (".log", ".txt", ".out", ".err", ".log.gz", ".txt.gz", ".stdout", ".md", "")
_DICT = re.compile(r"(\{.*\})\s*$")
_ROW = re.compile(rb"(?i)(?:epoch|iter|step)[^\n]{0,300}?(?:loss|acc|error)")
PREAMBLE_BYTES = 1 << 20
"""How far a text log is searched for its first row: MMEngine prints its whole configuration and
the checkpoint's keys first (67 kB in a real log)."""

_DIGIT = re.compile(r"\d|nan|inf")


class PlainTextSource:
    """Text output of a training script."""

    name: ClassVar[str] = "text"
    per_directory: ClassVar[bool] = False
    priority: ClassVar[int] = 10

    def sniff(self, path: Path, head: bytes) -> bool:
        """Text with at least two rows (or one, if the file is short) among its first lines."""
        name = path.name.lower()
        if not name.endswith(_SUFFIXES[:-1]) and "." in name:
            return False
        if name.startswith("readme"):
            return False
        text = head_text(head)
        if not text.strip():
            return False
        if _has_rows(text) or len(head) < HEAD_BYTES:
            return _has_rows(text)
        return _has_rows(_later_text(path)) or _ends_in_rows(path)

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read one file.

        Raises:
            SourceError: the file cannot be opened, or the user's patterns hold a mistake.
        """
        return read_file_run(self.name, files[0], name, _read)


def _has_rows(text: str) -> bool:
    reader = TextReader(user_patterns())
    found = 0
    for number, line in enumerate(text.split("\n"), 1):
        found += reader.line(Line(number, line, True))
        if found >= 2:
            return True
    return (found > 0 or "Namespace(" in text) and "loss" in text.lower()


def _later_text(path: Path) -> str:
    """The text about the first line with an index and a loss behind a long preamble."""
    try:
        with path.open("rb") as file:
            data = file.read(PREAMBLE_BYTES)
    except OSError:
        return ""
    found = None if is_gzip(data) else _ROW.search(data, HEAD_BYTES)
    if found is None:
        return ""
    start = data.rfind(b"\n", 0, found.start()) + 1
    return head_text(data[start : start + HEAD_BYTES])


def _ends_in_rows(path: Path) -> bool:
    """Whether the end holds rows.

    Scripts that print their own source first (188 kB in a real log) speak of steps and losses long
    before the first row.
    """
    try:
        with path.open("rb") as file:
            file.seek(-HEAD_BYTES, os.SEEK_END)
            data = file.read()
    except OSError:
        return False
    return _has_rows(head_text(data[data.find(b"\n") + 1 :]))


def _read(path: Path, log: ProblemLog) -> Content:
    reader = TextReader(user_patterns())
    for number, data in RowsReading(path, PlainTextSource.name, reader, log, BLOCK_BYTES).blocks():
        for line in lines_in(data, number, log):
            reader.line(line)
    if reader.cut:
        log.add(
            "incomplete-line",
            f"line {reader.cut} is incomplete (no line end); it is not used",
            severity="info",
            line=reader.cut,
            lost=1,
        )
    return Content(reader.series(log), texts=tuple(reader.texts))


class TextReader(RecordReader):
    """Reads lines into rows; keeps the epoch that an earlier line announced."""

    def __init__(self, own: Sequence[TextPattern] = ()) -> None:
        super().__init__()
        self.cut = 0
        self._patterns = (*own, *shipped_patterns())
        self._epoch: float | None = None
        self._table = TextTable()

    def state(self) -> dict[str, Any] | None:
        """What is known besides the rows; the patterns it was read by belong to it."""
        own = {"epoch": self._epoch, "table": self._table.names, "patterns": self._regexes()}
        return {**own, "record": self.rows.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken; the rows are the caller's.

        Raises:
            KeyError, TypeError, ValueError: the state is of another reader or other patterns.
        """
        if state["patterns"] != self._regexes():
            raise ValueError("other patterns")
        super().restore(state)
        self._epoch, self._table.names = state["epoch"], list(state["table"])

    def _regexes(self) -> list[Any]:
        return [[p.engine.pattern, dict(p.tags), p.split] for p in self._patterns]

    def line(self, line: Line) -> bool:
        """Read one line; True if it was a row."""
        text = _as_seen(line.text)
        if len(text) > MAX_CHARACTERS:
            return self._long(line)
        if "Namespace(" in text:
            self.texts.append(text)
            return False
        if not _DIGIT.search(text):
            self._table.header(text)
            return False
        record = self._table.row(text) or self._record(body_of(text))
        if record is None:
            return False
        if not line.ended:
            self.cut = line.number
            return False
        self.rows.add(record, line.number)
        return True

    def _long(self, line: Line) -> bool:
        if "Namespace(" in line.text[:200]:
            self.texts.append(line.text[:100_000])
        return False

    def _record(self, body: str) -> Mapping[str, object] | None:
        found = match(self._patterns, body)
        if found is not None:
            return self._by_pattern(*found)
        if body.endswith("}"):
            printed = _DICT.search(body)
            record = parse_record(printed[1]) if printed else None
            if record is not None and is_log_record(record):
                return record
        return self._by_pairs(body)

    def _by_pattern(
        self, pattern: TextPattern, groups: dict[str, str]
    ) -> Mapping[str, object] | None:
        record: dict[str, object] = {}
        split = (pattern.split or groups.pop("split", "")).lower()
        values = groups.pop("values", "")
        for name, text in groups.items():
            record[pattern.tags.get(name, name)] = text
        if "epoch" in record:
            self._epoch = float(groups["epoch"])
        for pair in pairs(values):
            if plain_name(pair.name) not in ("epoch", "eta"):
                record.setdefault(pattern.tags.get(pair.name, pair.name), pair.value)
        return self._finished(record, split)

    def _by_pairs(self, body: str) -> Mapping[str, object] | None:
        found = list(pairs(body))
        index = [p for p in found if _is_index(p)]
        metrics = [p for p in found if not _is_index(p) and is_metric(p.name)]
        split = split_of(body)
        known = bool(index) or (self._epoch is not None and (bool(split) or body.startswith("*")))
        if not known or not metrics:
            return None
        record: dict[str, object] = {}
        for pair in found:
            name = "epoch" if plain_name(pair.name) in EPOCH_NAMES else pair.name
            record.setdefault(name, pair.value)
        epoch = record.get("epoch")
        self._epoch = epoch if isinstance(epoch, float) else self._epoch
        return self._finished(record, split)

    def _finished(self, record: dict[str, object], split: str) -> Mapping[str, object] | None:
        """A record with the epoch announced before and the split; None if it has no value."""
        index = {"epoch", *(k for k in record if plain_name(k) in STEP_NAMES)}
        if not set(record) - index:
            return None
        if "epoch" not in record and self._epoch is not None:
            record["epoch"] = self._epoch
        if not split:
            return record
        return {k if k in index else _with_split(split, k): v for k, v in record.items()}


def _as_seen(text: str) -> str:
    """What a terminal shows of a line that a progress bar wrote over and over."""
    return text.rstrip("\r\b ").rsplit("\r", 1)[-1] if "\r" in text else text


def _is_index(pair: Pair) -> bool:
    return plain_name(pair.name) in EPOCH_NAMES or plain_name(pair.name) in STEP_NAMES


def _with_split(split: str, tag: str) -> str:
    plain = plain_name(tag)
    if plain in ("lr", "learning_rate") or plain.startswith((split, "train", "val", "test")):
        return tag
    return f"{split}/{tag}"
