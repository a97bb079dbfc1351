"""Going on with a text log (table, JSON lines, plain text) where an earlier reading stopped.

What is remembered are the rows as they were written and what the reader knows besides. What
they mean (which column counts, where a restart lies) is worked out over all rows each time, so
that a log read in pieces gives what it gives when read whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from lrdiag.findings import Problem
from lrdiag.sources import reading_memory
from lrdiag.sources.interface import HEAD_BYTES
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.reading_memory import is_worth_keeping, present_memory
from lrdiag.sources.rows import RowRecorder, Rows
from lrdiag.sources.text_lines import (
    BEGINNING,
    LinePlace,
    has_plain_lines,
    line_blocks,
    text_encoding,
)


@dataclass(frozen=True, slots=True, eq=False)
class RowsState:
    """What was read of a text log up to `offset`, the end of its last whole line.

    Attributes:
        source: the format's name. number: 1-based number of the line at `offset`.
        known: what the reader knows besides the rows, as JSON has it.
        texts: see `TableReader.texts`. problems: what was wrong so far, all of it.
    """

    source: str
    offset: int
    number: int
    rows: Rows
    known: Mapping[str, Any]
    texts: list[str]
    problems: tuple[Problem, ...]


class ResumableReader(Protocol):
    """What makes rows of lines and can say how far it came."""

    texts: list[str]

    @property
    def recorder(self) -> RowRecorder:
        """The rows so far."""
        ...

    def state(self) -> dict[str, Any] | None:
        """What is known besides the rows, as JSON has it; None if reading cannot go on there."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""
        ...


class RowsReading:
    """One reading of a text log: where it begins, and what is remembered of it.

    Attributes:
        resumed: whether the reader stands where an earlier reading stopped.
        may_keep: whether what was read may be remembered.
    """

    def __init__(
        self, path: Path, source: str, reader: ResumableReader, log: ProblemLog, block_bytes: int
    ) -> None:
        self._path, self._source, self._reader, self._log = path, source, reader, log
        self._block_bytes = block_bytes
        self._memory = present_memory()
        self._begin = self._end = BEGINNING
        self.may_keep = self._memory is not None
        self.resumed = self._memory is not None and self._recall(self._memory.recall(path))

    def _recall(self, state: object) -> bool:
        if not isinstance(state, RowsState) or state.source != self._source:
            return False
        try:
            self._reader.restore(state.known)
        except (KeyError, TypeError, ValueError):
            return False
        self._reader.texts += state.texts
        self._reader.recorder.add(state.rows)
        self._log.add_all(replace(p, file=self._log.file) for p in state.problems)
        self._begin = self._end = LinePlace(state.offset, state.number)
        return True

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """What `line_blocks` gives, from where reading begins.

        What the reader made of a block is remembered when the next one is asked for.

        Raises:
            OSError: the file cannot be opened or read.
        """
        for number, data in line_blocks(self._path, self._log, self._block_bytes, self._begin):
            if not data.endswith(b"\n"):
                self._keep()
                self.may_keep = False
            yield number, data
            self._end = LinePlace(self._end.offset + len(data), number + data.count(b"\n"))
        self._keep()

    def _keep(self) -> None:
        read = self._end.offset
        if not self.may_keep or read < reading_memory.LEAST_BYTES or self._memory is None:
            return
        if self.resumed and not is_worth_keeping(self._begin.offset, read):
            return
        state = self._state()
        if state is not None:
            self._memory.keep(self._path, state)

    def _state(self) -> RowsState | None:
        """What can be gone on from; None where bytes and lines do not match, or after damage."""
        offset, log = self._offset(), self._log
        if offset is None or log.is_summed_up or log.has("long-line"):
            return None
        known = self._reader.state()
        if known is None:
            return None
        rows, texts = self._reader.recorder.rows(), list(self._reader.texts)
        return RowsState(self._source, offset, self._end.number, rows, known, texts, log.problems())

    def _offset(self) -> int | None:
        """The byte behind the last whole line in a file that grows at its end."""
        if self.resumed:
            return self._end.offset
        with self._path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            offset = self._end.offset + 3 * (text_encoding(head) == "utf-8-sig")
            file.seek(offset - 1)
            return offset if has_plain_lines(head) and file.read(1) == b"\n" else None
