"""Collects what is wrong with a log file without growing with the damage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lrdiag.findings import Problem

SHOWN_PER_KIND = 10
"""Problems of one kind that are listed one by one; the rest are counted in one more."""
_PLACES = 40
"""Places of the rest that this one names."""


class ProblemLog:
    """Problems of one file: the first ten of a kind in full, the others summed up."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._shown: list[Problem] = []
        self._count: dict[str, int] = {}
        self._rest: dict[str, Problem] = {}
        self._places: dict[str, list[str]] = {}

    def add(
        self,
        kind: str,
        message: str,
        *,
        severity: str = "warning",
        line: int | None = None,
        offset: int | None = None,
        lost: int | None = None,
        action: str = "",
        place: str = "",
    ) -> None:
        """Note one problem; `lost` counts rows or records that were not read.

        `place` is a short word for where it is, if that is neither a line nor an offset.
        """
        self._note(Problem(self.file, kind, severity, message, offset, line, lost, action), place)

    def _note(self, problem: Problem, place: str = "") -> None:
        kind = problem.kind
        self._count[kind] = self._count.get(kind, 0) + 1
        if self._count[kind] <= SHOWN_PER_KIND:
            self._shown.append(problem)
        else:
            self._add_to_rest(problem)
            places = self._places.setdefault(kind, [])
            if len(places) <= _PLACES:
                places.append(place or _place(problem))

    def add_all(self, problems: Iterable[Problem]) -> None:
        """Note problems that were found elsewhere."""
        for problem in problems:
            self._note(problem)

    def _add_to_rest(self, problem: Problem) -> None:
        first = self._rest.get(problem.kind)
        if first is None:
            self._rest[problem.kind] = problem
            return
        lost = (first.lost or 0) + (problem.lost or 0)
        self._rest[problem.kind] = replace(first, lost=lost or None)

    def has(self, kind: str) -> bool:
        """Whether a problem of this kind was noted."""
        return kind in self._count

    @property
    def is_summed_up(self) -> bool:
        """Whether some problems are counted only."""
        return bool(self._rest)

    def problems(self) -> tuple[Problem, ...]:
        """Everything noted, in order; one line more for each kind that was cut short."""
        tail = [replace(p, message=self._summed_up(p)) for p in self._rest.values()]
        return (*self._shown, *tail)

    def _summed_up(self, first: Problem) -> str:
        more = self._count[first.kind] - SHOWN_PER_KIND
        return f"and {more} more like: {first.message}{self._others(first.kind)}"

    def _others(self, kind: str) -> str:
        """Where the rest are but the first, whose message says so itself."""
        places = [place for place in self._places[kind][1:] if place]
        if not places:
            return ""
        cut = len(self._places[kind]) > _PLACES
        return f"; also {', '.join(places[: _PLACES - 1])}" + (" …" if cut else "")


def _place(problem: Problem) -> str:
    if problem.line is not None:
        return f"line {problem.line}"
    return "" if problem.offset is None else f"byte {problem.offset}"
