"""JSON lines: one object a step or epoch (mmcv, mmengine, detectron2, DETR, plain).

Keys seen in the wild: mmcv's TextLoggerHook writes `mode`, `epoch`, `iter` within the epoch;
mmengine's `scalars.json` writes `step`, which is an iteration in training records and an epoch
in validation records; detectron2's `metrics.json` writes `iteration` and is appended to on a
resume; DETR's `log.txt` has no index in old versions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from lrdiag.runs import Run
from lrdiag.sources.file_run import Content, first_lines, read_file_run
from lrdiag.sources.json_text import parse_record
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.record_block import add_block
from lrdiag.sources.record_reader import RecordReader
from lrdiag.sources.records import is_log_record
from lrdiag.sources.rows_resume import RowsReading
from lrdiag.sources.text_lines import Line, head_text, lines_in

_SNIFFED = 20
_BLOCK_BYTES = 1 << 18
"""Lines taken at once: enough that numpy's share is small, and few to read again one by one."""

_CONFIG = b'"config"'
"""In a record that may hold the configuration as text."""

_SUMMARY = "wandb-summary.json"
"""The last value of each tag; the run itself lies in the `.wandb` file."""


class JsonLinesSource:
    """JSON lines of any trainer."""

    name: ClassVar[str] = "jsonl"
    per_directory: ClassVar[bool] = False
    priority: ClassVar[int] = 50

    def sniff(self, path: Path, head: bytes) -> bool:
        """Lines that are objects; one of the first is a row of a log."""
        text = head_text(head)
        if path.name == _SUMMARY or not text.lstrip().startswith("{"):
            return False
        whole = text.rsplit("\n", 1)[0] if "\n" in text else text
        records = [parse_record(line) for line in first_lines(whole, _SNIFFED)]
        objects = [r for r in records if r is not None]
        rows = sum(1 for record in objects if is_log_record(record))
        return rows > 0 and 2 * rows >= len(objects) - 1 and 2 * len(objects) >= len(records)

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read one file.

        Raises:
            SourceError: the file cannot be opened.
        """
        return read_file_run(self.name, files[0], name, _read)


def _read(path: Path, log: ProblemLog) -> Content:
    reader = JsonLinesReader()
    for number, data in RowsReading(path, JsonLinesSource.name, reader, log, _BLOCK_BYTES).blocks():
        reader.block(number, data, log)
    return Content(reader.series(log), texts=tuple(reader.texts))


class JsonLinesReader(RecordReader):
    """Reads lines into rows, at once or as a log grows."""

    def block(self, number: int, data: bytes, log: ProblemLog) -> None:
        """Read whole lines; `number` is the first one's."""
        if _CONFIG in data or not add_block(self.rows, number, data):
            for line in lines_in(data, number, log):
                self.line(line, log)

    def line(self, line: Line, log: ProblemLog) -> None:
        """Read one line."""
        text = line.text.strip()
        if not text:
            return
        record = parse_record(text)
        if record is not None:
            self.rows.add(record, line.number)
            self.texts += _configuration(record)
        elif "Namespace(" in text:
            self.texts.append(text)
        else:
            _report(line, log)


def _configuration(record: Mapping[str, Any]) -> list[str]:
    """The first record of mmcv holds the configuration as Python text."""
    config = record.get("config")
    return config.split("\n")[:5_000] if isinstance(config, str) else []


def _report(line: Line, log: ProblemLog) -> None:
    if not line.ended:
        message = f"line {line.number} is incomplete (no line end); it is not used"
        log.add("incomplete-line", message, severity="info", line=line.number, lost=1)
        return
    message = f"line {line.number} is no JSON object; it is left out"
    log.add("bad-line", message, line=line.number, lost=1)
