"""JSON from untrusted files: bounded, salvaged where it is cut, and Python's own spelling."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.text_lines import lines

MAX_BYTES = 256 << 20
MAX_RECORD = 4 << 20
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[\s,]*")


def parse_record(text: str) -> dict[str, Any] | None:
    """The object in a line: JSON (NaN allowed) or a printed Python dict; else None.

    Nothing is evaluated: a dict is read by `ast.literal_eval`, 100,000 characters at most.
    """
    if len(text) > MAX_RECORD:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = _literal(text)
    return found if isinstance(found, dict) else None


def _literal(text: str) -> Any:
    if len(text) > 100_000 or not text.startswith("{'"):
        return None
    text = re.sub(r"(?<=[\s:\[,])(nan|-?inf)(?=\s*[,}\]])", r"'\1'", text)
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


def whole_text(path: Path, log: ProblemLog) -> str:
    """A text file at once; "" (with a problem) if it is larger than MAX_BYTES.

    Raises:
        OSError: the file cannot be read.
    """
    if path.stat().st_size > MAX_BYTES:
        log.add("too-large", f"the file is larger than {MAX_BYTES >> 20} MiB", severity="error")
        return ""
    return "\n".join(line.text for line in lines(path, log))


def load_document(text: str, log: ProblemLog) -> Any:
    """A JSON document; None (with a problem) if it is none or cut."""
    try:
        return json.loads(text)
    except RecursionError:
        log.add("bad-json", "the JSON is nested too deeply", severity="error")
    except json.JSONDecodeError as error:
        log.add(
            "incomplete-json",
            f"the JSON is cut or invalid at line {error.lineno}: {error.msg}",
            line=error.lineno,
            action="The writer was stopped while it wrote; what is whole before is read.",
        )
    return None


def array_items(text: str, start: int) -> Iterator[tuple[int, Any]]:
    """(position, value) of the whole items of the array that opens at `start`."""
    at = start + 1
    while True:
        gap = _SPACE.match(text, at)
        at = gap.end() if gap else at
        if at >= len(text) or text[at] == "]":
            return
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield at, value
        at = end


def line_numbers(text: str, positions: list[int]) -> list[int]:
    """1-based lines of increasing positions in a text."""
    out, line, last = [], 1, 0
    for at in positions:
        line += text.count("\n", last, at)
        last = at
        out.append(line)
    return out
