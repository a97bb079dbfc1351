"""What the readers share that make rows of a text log from records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrdiag.runs import Series
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.records import RecordRows
from lrdiag.sources.rows import RowRecorder, series_of


class RecordReader:
    """Rows from records; `texts` are those that may hold the configuration."""

    def __init__(self) -> None:
        self.rows = RecordRows()
        self.texts: list[str] = []

    @property
    def recorder(self) -> RowRecorder:
        """The rows so far."""
        return self.rows.recorder

    @recorder.setter
    def recorder(self, recorder: RowRecorder) -> None:
        self.rows.recorder = recorder

    def series(self, log: ProblemLog) -> dict[str, Series]:
        """The series of the rows so far; what is odd about them goes into `log`."""
        return series_of(self.recorder.rows(), log)

    def state(self) -> dict[str, Any] | None:
        """What is known besides the rows, as JSON has it."""
        return {"record": self.rows.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken; the rows are the caller's.

        Raises:
            KeyError, TypeError, ValueError: the state is not one of such a reader.
        """
        self.rows.restore(state["record"])
