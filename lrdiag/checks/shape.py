"""The shape of a run: its losses on a log scale, on at most 64 rows, free of unit and length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdiag.checks.rows import Rows, rows_of
from lrdiag.checks.stages import PlacedChange, place_drops, place_rises
from lrdiag.runs import FloatArray
from lrdiag.view import RunView

SHAPE_ROWS = 64  # the accuracy corpus has 18 to 66 epochs; longer runs are averaged down to it
NEEDED_ROWS = 10  # a noise level, two slopes and three-row levels need about that many
FLOOR = 1e-4  # of the first loss: below it differences are rounding, not learning


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of the rate on the shape's rows.

    `row` is the first with the new rate, `since` and `until` bound the neighbouring stretches,
    `ratio` is new over old rate (NaN where unknown).
    """

    row: int
    since: int
    until: int
    ratio: float
    placed: PlacedChange


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """Log losses and what goes with them, float64[n] each.

    Attributes:
        train, val: natural logarithm of the losses; where a loss is not positive, of its
            distance from the lowest one plus a tenth of the range.
        accuracy: validation accuracy (fraction) or None. rate: rate over its maximum or None.
        drops, rises: changes of the rate. start: log of the first loss. rows: where it is from.
        scale: rows averaged into one. ratios: whether differences of logs are loss ratios.
    """

    train: FloatArray
    val: FloatArray
    accuracy: FloatArray | None
    rate: FloatArray | None
    drops: tuple[Turn, ...]
    rises: tuple[Turn, ...]
    start: float
    rows: Rows
    scale: int
    ratios: bool

    def __len__(self) -> int:
        return len(self.train)


def shape_of(view: RunView) -> Shape | None:
    """The shape, computed once; None without both losses or with fewer than 10 rows."""
    if "shape" not in view.cache:
        view.cache["shape"] = _build(view)
    shape: Shape | None = view.cache["shape"]
    return shape


def _build(view: RunView) -> Shape | None:
    rows = rows_of(view)
    train, val = rows.get("train_loss"), rows.get("val_loss")
    if train is None or val is None or len(rows) < NEEDED_ROWS:
        return None
    scale = -(-len(rows) // SHAPE_ROWS)
    train, val = _averaged(train, scale), _averaged(val, scale)
    ratios = bool(min(train.min(), val.min()) > 0)
    first = float(max(train[0], val[0]))
    accuracy = rows.get("val_accuracy")
    rate = rates_of(view, rows)
    return Shape(
        train=_logged(train, first, ratios),
        val=_logged(val, first, ratios),
        accuracy=None if accuracy is None else _averaged(accuracy, scale),
        rate=None if rate is None else _averaged(rate / rate.max(), scale),
        drops=_turns(place_drops(view), scale, len(train)),
        rises=_turns(place_rises(view), scale, len(train)),
        start=float(_logged(np.array([first]), first, ratios)[0]),
        rows=rows,
        scale=scale,
        ratios=ratios,
    )


def _averaged(value: FloatArray, scale: int) -> FloatArray:
    if scale == 1:
        return value
    starts = np.arange(0, len(value), scale)
    total = np.add.reduceat(value, starts)
    return np.asarray(total / np.diff(np.append(starts, len(value))))


def _logged(value: FloatArray, first: float, ratios: bool) -> FloatArray:
    if ratios:
        return np.asarray(np.log(np.maximum(value, FLOOR * first)))
    span = float(np.ptp(value)) or 1.0
    return np.asarray(np.log((value - value.min()) / span + 0.1))


def _turns(placed: list[PlacedChange], scale: int, count: int) -> tuple[Turn, ...]:
    turns = []
    for p in placed:
        row = -(-p.row // scale)
        if 0 < row < count:
            until = max(min(-(-p.until // scale), count), row + 1)
            turns.append(Turn(row, min(p.since // scale, row - 1), until, p.change.ratio, p))
    return tuple(turns)


def rates_of(view: RunView, rows: Rows) -> FloatArray | None:
    """Learning rate at each row: as logged where it moves all the time, else by segments."""
    logged = _logged_rates(view, rows) if view.schedule.smooth else None
    return _segment_rates(view, rows) if logged is None else logged


def _logged_rates(view: RunView, rows: Rows) -> FloatArray | None:
    """The main group's logged rate at the end of each row; None where none was positive."""
    names = {c.group for c in (*view.schedule.drops, *view.schedule.rises)}
    names = names or {g.group for g in view.schedule.groups[:1]}
    series = next((s for name, s in view.rates.items() if name in names), None)
    if series is None:
        return None
    good = np.isfinite(series.value)
    step, value = series.step[good], series.value[good]
    if not len(step) or not value.max() > 0:
        return None
    order = np.argsort(step, kind="stable") if (np.diff(step) < 0).any() else slice(None)
    return np.asarray(np.interp(rows.step, step[order], value[order]))


def _segment_rates(view: RunView, rows: Rows) -> FloatArray | None:
    """The rate from the schedule's segments (geometric inside them)."""
    known = [s for s in view.schedule.segments if np.isfinite(s.first_lr) and s.first_lr > 0]
    if not known:
        return None
    rate = np.full(len(rows), known[0].first_lr)
    for segment in known:
        inside = rows.step >= segment.first_step
        length = max(segment.end_step - segment.first_step, 1)
        share = np.clip((rows.step - segment.first_step) / length, 0, 1)
        last = max(segment.last_lr, 1e-9 * segment.first_lr)
        rate = np.where(inside, segment.first_lr * (last / segment.first_lr) ** share, rate)
    return rate
