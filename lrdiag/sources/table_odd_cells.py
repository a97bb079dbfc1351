"""Counts of a table's cells that hold no number, by column, and what is said of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from lrdiag.sources.problem_log import ProblemLog


class OddCells:
    """Cells with numbers, with a word for a missing value, and with other text."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._bad: dict[int, tuple[int, int, str]] = {}
        self._missing: dict[int, tuple[int, int]] = {}

    def number(self, at: int, count: int = 1) -> None:
        """Count cells of column `at` that hold numbers."""
        self._numbers[at] = self._numbers.get(at, 0) + count

    def missing(self, at: int, line: int) -> None:
        """Count a cell that says that there is no value."""
        count, first = self._missing.get(at, (0, line))
        self._missing[at] = (count + 1, first)

    def bad(self, at: int, line: int, text: str) -> None:
        """Count a cell that holds something else."""
        count, first, seen = self._bad.get(at, (0, line, text))
        self._bad[at] = (count + 1, first, seen)

    def text_columns(self, columns: Iterable[int], line: int) -> None:
        """Note columns of words, whose cells are not counted one by one."""
        for at in columns:
            self._bad.setdefault(at, (0, line, ""))

    def report(self, header: Sequence[str], words: Collection[int | None], log: ProblemLog) -> None:
        """Say what was odd; of the columns `words` text is expected."""
        for at, (count, line) in self._missing.items():
            message = f"column {_name(header, at)}: {count} cells say that the value is missing"
            log.add("missing-values", message, severity="info", line=line)
        for at, (count, line, text) in self._bad.items():
            if at not in words:
                self._report_bad(_name(header, at), at, (count, line, text), log)

    def _report_bad(self, name: str, at: int, found: tuple[int, int, str], log: ProblemLog) -> None:
        count, line, text = found
        if not self._numbers.get(at):
            message = f"column {name} holds text, no numbers; it is left out"
            log.add("text-column", message, severity="info", line=line)
            return
        message = f"column {name}: {count} cells are no numbers, first {text[:40]!r}"
        log.add("bad-cell", message, line=line, lost=count)

    def state(self) -> list[Any]:
        """Everything counted, as JSON has it."""
        kinds = (self._numbers, self._bad, self._missing)
        return [list(map(list, kind.items())) for kind in kinds]

    @classmethod
    def of(cls, state: Sequence[Any]) -> OddCells:
        """The counts that `state` gave."""
        made = cls()
        numbers, bad, missing = state
        made._numbers = dict(numbers)
        made._bad = {at: (count, line, text) for at, (count, line, text) in bad}
        made._missing = {at: (count, line) for at, (count, line) in missing}
        return made


def _name(header: Sequence[str], at: int) -> str:
    return repr(header[at]) if at < len(header) else f"{at + 1}"
