"""Rows of a log (one a step or epoch, cells by tag) and the series they hold."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lrdiag.runs import FloatArray, IntArray, Series
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.quick_checks import maybe_nan, surely_finite
from lrdiag.sources.row_steps import RowSteps, row_steps

NON_FINITE_TAGS = 20
"""Tags whose NaN and infinite values are named one by one."""

NAN = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What was read of a file, row by row.

    Attributes:
        line: int64[n] 1-based line of each row.
        step: float64[n] logged step, NaN where the row has none. None: no such column.
        epoch: float64[n] likewise.
        wall_time: float64[n] seconds since 1970, likewise.
        cells: tag to (int64[k] rows, float64[k] values).
    """

    line: IntArray
    step: FloatArray | None
    epoch: FloatArray | None
    wall_time: FloatArray | None
    cells: Mapping[str, tuple[IntArray, FloatArray]]


@dataclass(slots=True)
class RowRecorder:
    """Collects rows one at a time; `rows()` gives them as arrays."""

    line: array[int] = field(default_factory=lambda: array("q"))
    step: array[float] = field(default_factory=lambda: array("d"))
    epoch: array[float] = field(default_factory=lambda: array("d"))
    wall_time: array[float] = field(default_factory=lambda: array("d"))
    cells: dict[str, tuple[array[int], array[float]]] = field(default_factory=dict)
    _parts: list[Rows] = field(default_factory=list)

    def add(self, part: Rows) -> None:
        """Add rows read in bulk after those recorded so far."""
        self._flush()
        self._parts.append(part)

    def _flush(self) -> None:
        if self.line:
            self._parts.append(self._recorded())
            self.line, self.step, self.epoch = array("q"), array("d"), array("d")
            self.wall_time, self.cells = array("d"), {}

    def start(
        self, line: int, step: float = NAN, epoch: float = NAN, wall_time: float = NAN
    ) -> None:
        """Begin a row."""
        self.line.append(line)
        self.step.append(step)
        self.epoch.append(epoch)
        self.wall_time.append(wall_time)

    def put(self, tag: str, value: float) -> None:
        """Add a value to the row begun last."""
        cell = self.cells.get(tag)
        if cell is None:
            cell = self.cells[tag] = (array("q"), array("d"))
        cell[0].append(len(self.line) - 1)
        cell[1].append(value)

    def rows(self) -> Rows:
        """Everything collected."""
        self._flush()
        if len(self._parts) != 1:
            self._parts = [joined(self._parts)]
        return self._parts[0]

    def _recorded(self) -> Rows:
        cells = {
            tag: (np.frombuffer(at, np.int64), np.frombuffer(values, np.float64))
            for tag, (at, values) in self.cells.items()
        }
        line = np.frombuffer(self.line, np.int64)
        return Rows(line, _known(self.step), _known(self.epoch), _known(self.wall_time), cells)


def _known(values: array[float]) -> FloatArray | None:
    if not values:
        return None
    taken = np.frombuffer(values, np.float64)
    return None if np.isnan(taken).all() else taken


def joined(parts: Sequence[Rows]) -> Rows:
    """The rows of several parts of a file, one after the other."""
    if not parts:
        return Rows(np.zeros(0, np.int64), None, None, None, {})
    starts = np.cumsum([0, *(len(p.line) for p in parts)])
    pieces: dict[str, list[tuple[int, IntArray, FloatArray]]] = {}
    for part, start in zip(parts, starts.tolist(), strict=False):
        for tag, (at, value) in part.cells.items():
            pieces.setdefault(tag, []).append((start, at, value))
    every = np.arange(starts[-1])
    cells = {tag: _one_column(found, every) for tag, found in pieces.items()}
    return Rows(
        np.concatenate([p.line for p in parts]),
        _joined_index([p.step for p in parts], parts),
        _joined_index([p.epoch for p in parts], parts),
        _joined_index([p.wall_time for p in parts], parts),
        cells,
    )


def _one_column(
    pieces: Sequence[tuple[int, IntArray, FloatArray]], every: IntArray
) -> tuple[IntArray, FloatArray]:
    value = np.concatenate([v for _, _, v in pieces])
    if len(value) == len(every):
        return every, value
    return np.concatenate([at + start for start, at, _ in pieces]), value


def _joined_index(found: Sequence[FloatArray | None], parts: Sequence[Rows]) -> FloatArray | None:
    if all(values is None for values in found):
        return None
    return np.concatenate(
        [
            np.full(len(part.line), np.nan) if values is None else values
            for values, part in zip(found, parts, strict=True)
        ]
    )


def series_of(
    rows: Rows, log: ProblemLog, *, keep_all: bool = False, by_epoch: bool = False
) -> dict[str, Series]:
    """One Series a tag, in the order of first appearance, plus `epoch` where it is logged.

    A later writer that restarts inside the range already logged wins from its first step on
    (TensorBoard's purge); rows merely out of order are kept and sorted. `keep_all` switches
    the former off, for formats that say themselves what is out of date. `by_epoch`: tags
    whose rows never have a step but an epoch count in epochs (`Series.index`).
    """
    cells = _with_epoch(rows)
    steps = row_steps(
        rows.step, rows.epoch, cells, len(rows.line), keep_all=keep_all, by_epoch=by_epoch
    )
    _report_order(steps, rows, log)
    if rows.wall_time is None:
        rows = replace(rows, wall_time=np.full(len(rows.line), np.nan))
    every = {tag: _one(tag, at, value, rows, steps) for tag, (at, value) in cells.items()}
    made = {tag: series for tag, series in every.items() if len(series)}  # all superseded: none
    _report_non_finite(made, log)
    return made


def _with_epoch(rows: Rows) -> dict[str, tuple[IntArray, FloatArray]]:
    cells = dict(rows.cells)
    if rows.epoch is not None and "epoch" not in cells:
        if maybe_nan(rows.epoch):
            at = np.flatnonzero(~np.isnan(rows.epoch))
            cells["epoch"] = (at, rows.epoch[at])
        else:
            cells["epoch"] = (np.arange(len(rows.epoch)), rows.epoch)
    return cells


def _one(tag: str, at: IntArray, value: FloatArray, rows: Rows, steps: RowSteps) -> Series:
    kept = steps.kept[at] if steps.kept is not None else None
    if kept is None or kept.all():
        return _ordered(tag, at, value, rows, steps)
    old = _ordered(tag, at[~kept], value[~kept], rows, steps)
    new = _ordered(tag, at[kept], value[kept], rows, steps)
    return replace(new, superseded=len(old), restarts=steps.restarts, replaced=old)


def _ordered(tag: str, at: IntArray, value: FloatArray, rows: Rows, steps: RowSteps) -> Series:
    step, index = steps.of(tag, at)
    whole = len(at) == len(rows.line)
    line = rows.line if whole else rows.line[at]
    assert rows.wall_time is not None
    wall = rows.wall_time if whole else rows.wall_time[at]
    if not (whole and steps.rising) and (step[1:] < step[:-1]).any():
        order = np.argsort(step, kind="stable")
        step, wall, value, line = step[order], wall[order], value[order], line[order]
    return Series(tag, step, wall, value, restarts=steps.restarts, line=line, index=index)


def _report_order(steps: RowSteps, rows: Rows, log: ProblemLog) -> None:
    if steps.kept is not None and len(steps.restart_rows):
        lost = int((~steps.kept).sum())
        line = int(rows.line[steps.restart_rows[0]])
        times = "once" if len(steps.restarts) == 1 else f"{len(steps.restarts)} times"
        log.add(
            "restart",
            f"the log restarts {times}, first at step {steps.restarts[0]}"
            f" (line {line}); the later rows win, {lost} earlier rows are superseded",
            severity="info",
            line=line,
        )
    if len(steps.unordered_rows):
        line = int(rows.line[steps.unordered_rows[0]])
        message = (
            f"rows are out of order ({len(steps.unordered_rows)} steps back, first at line {line});"
            " all are kept, sorted by step"
        )
        log.add("out-of-order", message, severity="info", line=line)


def _report_non_finite(made: Mapping[str, Series], log: ProblemLog) -> None:
    named = 0
    for tag, series in made.items():
        if surely_finite(series.value):
            continue
        bad = np.flatnonzero(~np.isfinite(series.value))
        if not len(bad) or named >= NON_FINITE_TAGS:
            continue
        named += 1
        first = bad[0]
        line = None if series.line is None else int(series.line[first])
        nan = int(np.isnan(series.value[bad]).sum())
        message = (
            f"{tag}: {nan} NaN and {len(bad) - nan} infinite values,"
            f" first at step {int(series.step[first])}"
        )
        log.add("non-finite", message, severity="info", line=line)
