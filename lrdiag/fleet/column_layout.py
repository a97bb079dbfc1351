"""How states of logs lie in a file of the column cache: facts as JSON, columns as raw arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from lrdiag.findings import Problem
from lrdiag.runs import FloatArray, IntArray
from lrdiag.sources.event_resume import EventState
from lrdiag.sources.reading_memory import State
from lrdiag.sources.rows import Rows
from lrdiag.sources.rows_resume import RowsState

Bytes = npt.NDArray[np.uint8]
Array = IntArray | FloatArray

_PLAIN_OF_EVENTS = ("offset", "records", "others", "begun")
_PLAIN_OF_ROWS = ("source", "offset", "number", "known", "texts")
_INDEX = ("step", "epoch", "wall_time")
_PROBLEM = [f.name for f in fields(Problem) if f.name != "file"]


def facts_of(state: State) -> dict[str, Any]:
    """All of a state but its arrays.

    Raises:
        TypeError: the state is of a kind that has no layout.
    """
    if isinstance(state, EventState):
        return _facts_of_events(state)
    if isinstance(state, RowsState):
        return _facts_of_rows(state)
    raise TypeError(f"{type(state).__name__} has no layout")


def arrays_of(state: State) -> Iterator[Array]:
    """The arrays of a state (int64 or float64), in the order that `state_of` takes them in."""
    if isinstance(state, EventState):
        for columns in state.columns.values():
            yield from columns
    elif isinstance(state, RowsState):
        yield from (a for a in _index_of(state.rows) if a is not None)
        for at, value in state.rows.cells.values():
            yield from (value,) if _is_run(at) else (at, value)


def state_of(facts: Mapping[str, Any], data: Bytes) -> State:
    """The state of which `facts_of` and the bytes of `arrays_of` are given.

    Raises:
        KeyError, TypeError, ValueError: they are not those of a state.
    """
    arrays = _Arrays(data)
    state = _events(facts, arrays) if "records" in facts else _rows_state(facts, arrays)
    arrays.end()
    return state


class _Arrays:
    """Takes one array after the other from the bytes."""

    def __init__(self, data: Bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int, kind: str) -> Any:
        """The next `count` values, int64 ("<i8") or float64 ("<f8")."""
        end = self._at + 8 * count
        if not 0 <= self._at <= end <= len(self._data):
            raise ValueError("there are fewer arrays than the header says")
        taken = self._data[self._at : end].view(kind)
        self._at = end
        return taken

    def end(self) -> None:
        """Check that nothing is left."""
        if self._at != len(self._data):
            raise ValueError("the arrays are not as long as the header says")


def _facts_of_events(state: EventState) -> dict[str, Any]:
    return {
        **{name: getattr(state, name) for name in _PLAIN_OF_EVENTS},
        "tags": [[_text(tag), len(c[0])] for tag, c in state.columns.items()],
        "sessions": [
            [step, {_text(tag): n for tag, n in before.items()}] for step, before in state.sessions
        ],
        "hparams": [_text(content) for content in state.hparams],
        "event_texts": [[_text(tag), _text(text)] for tag, text in state.texts],
    }


def _events(facts: Mapping[str, Any], arrays: _Arrays) -> EventState:
    kinds = ("<i8", "<f8", "<f8")
    return EventState(
        **{name: facts[name] for name in _PLAIN_OF_EVENTS},
        columns={
            _raw(tag): tuple(arrays.take(count, kind) for kind in kinds)
            for tag, count in facts["tags"]
        },
        sessions=[
            (step, {_raw(tag): n for tag, n in before.items()})
            for step, before in facts["sessions"]
        ],
        hparams=[_raw(content) for content in facts["hparams"]],
        texts=[(_raw(tag), _raw(text)) for tag, text in facts["event_texts"]],
    )


def _facts_of_rows(state: RowsState) -> dict[str, Any]:
    rows = state.rows
    cells = [
        [tag, len(at), int(at[0]) if _is_run(at) else None] for tag, (at, _) in rows.cells.items()
    ]
    return {
        **{name: getattr(state, name) for name in _PLAIN_OF_ROWS},
        "rows": len(rows.line),
        "first_line": int(rows.line[0]) if _is_run(rows.line) else None,
        "index": [getattr(rows, name) is not None for name in _INDEX],
        "cells": cells,
        "problems": [[getattr(p, name) for name in _PROBLEM] for p in state.problems],
    }


def _rows_state(facts: Mapping[str, Any], arrays: _Arrays) -> RowsState:
    plain = {name: facts[name] for name in _PLAIN_OF_ROWS}
    problems = [Problem(file="", **dict(zip(_PROBLEM, p, strict=True))) for p in facts["problems"]]
    return RowsState(**plain, rows=_rows(facts, arrays), problems=tuple(problems))


def _rows(facts: Mapping[str, Any], arrays: _Arrays) -> Rows:
    count, first = facts["rows"], facts["first_line"]
    line = _run(first, count, arrays)
    step, epoch, wall_time = (arrays.take(count, "<f8") if k else None for k in facts["index"])
    cells = {
        tag: (_run(begin, length, arrays), arrays.take(length, "<f8"))
        for tag, length, begin in facts["cells"]
    }
    return Rows(line, step, epoch, wall_time, cells)


def _index_of(rows: Rows) -> Sequence[Array | None]:
    line = None if _is_run(rows.line) else rows.line
    return line, rows.step, rows.epoch, rows.wall_time


def _is_run(numbers: IntArray) -> bool:
    """Whether integers rise one by one, so that the first tells all."""
    return len(numbers) > 0 and bool((np.diff(numbers) == 1).all())


def _run(first: int | None, count: int, arrays: _Arrays) -> IntArray:
    if first is None:
        return arrays.take(count, "<i8")  # type: ignore[no-any-return]
    return np.arange(first, first + count)


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


def _raw(text: str) -> bytes:
    return text.encode("latin-1")
