"""Logged rates on a clock of scheduler ticks, thinned to what a fit needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.runs import FloatArray, IntArray
from lrdiag.schedule.epoch_lengths import allowed_lengths
from lrdiag.schedule.points import Rates
from lrdiag.schedule.values import Clock

# Points that a least-squares fit looks at; every point is looked at when a fit is tested.
_FIT_POINTS = 56


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rates at ticks.

    Attributes:
        tick: float64[n], increasing. rate: float64[n]. width: float64[n] half-widths.
        clock: how logged steps became ticks.
        probe: int64[k] points for fitting.
        row: int64[n] row of the log of each point.
    """

    tick: FloatArray
    rate: FloatArray
    width: FloatArray
    clock: Clock
    probe: IntArray
    row: IntArray

    def __len__(self) -> int:
        return len(self.tick)

    def thin(self, most: int) -> Sample:
        """About `most` points at most: an even spread, the ends, and the sharpest bends."""
        if len(self) <= most:
            return self
        even = np.linspace(0, len(self) - 1, most * 2 // 3).astype(int)
        bend = np.abs(np.diff(self.rate, 2))
        sharp = np.argsort(bend)[-most // 12 :] + 1
        around = np.concatenate(
            [sharp - 1, sharp, sharp + 1, np.r_[0:5, len(self) - 5 : len(self)]]
        )
        keep = np.unique(np.concatenate([even, np.clip(around, 0, len(self) - 1)]))
        return _sample(
            self.tick[keep], self.rate[keep], self.width[keep], self.clock, self.row[keep]
        )

    def part(self, begin: int, end: int | None = None) -> Sample:
        """The points from `begin` to before `end`."""
        inside = slice(begin, end)
        return _sample(
            self.tick[inside], self.rate[inside], self.width[inside], self.clock, self.row[inside]
        )


def _sample(
    tick: FloatArray, rate: FloatArray, width: FloatArray, clock: Clock, row: IntArray
) -> Sample:
    return Sample(tick, rate, width, clock, _probe(tick, rate), row)


def _probe(tick: FloatArray, rate: FloatArray) -> IntArray:
    """Evenly spread points, denser at both ends, and the neighbours of extremes."""
    n = len(tick)
    if n <= _FIT_POINTS:
        return np.arange(n)
    even = np.linspace(0, n - 1, _FIT_POINTS * 3 // 4).astype(int)
    ends = np.r_[0:5, n - 5 : n]
    top = int(np.argmax(rate))
    peak = np.clip(np.arange(top - 3, top + 4), 0, n - 1)
    return np.unique(np.concatenate([even, ends, peak]))


def row_sample(rates: Rates) -> Sample:
    """A tick is a logged step."""
    row = np.arange(len(rates))
    return _sample(rates.step.astype(np.float64), rates.rate, rates.half_width, Clock(), row)


def staircase_samples(rates: Rates, axis: EpochAxis, epochs: int | None) -> list[Sample]:
    """Samples in which a tick is an epoch and all rows of an epoch agree; empty if there are none.

    Rows of steps show a schedule that is stepped once an epoch as a staircase.
    """
    if axis.is_identity or len(rates) < 2:
        return []
    per = axis.steps_per_epoch if axis.known else None
    lengths = [per] if per else estimated_lengths(rates, epochs)
    out: list[Sample] = []
    for length in lengths:
        for base in (0.0, 1.0, -1.0):
            found = _staircase(rates, Clock(length, base, floor=True)) if length > 1 else None
            if found is not None:
                out.append(found)
                break
        if len(out) == 3:
            break
    return out


def estimated_lengths(rates: Rates, epochs: int | None) -> list[float]:
    """Steps an epoch that the log's length allows, or that the distances of changes suggest."""
    if epochs:
        return allowed_lengths(rates.step, epochs)
    where = rates.step[1:][rates.changed]
    if len(where) < 3:
        return []
    common = float(np.gcd.reduce(np.diff(where)))
    return [common] if common > 1 else []


def _staircase(rates: Rates, clock: Clock) -> Sample | None:
    tick = np.floor((rates.step - clock.origin) / clock.tick + 1e-9)
    same = np.diff(tick) == 0
    if np.any(rates.changed & same):
        return None
    first = np.concatenate([[0], np.flatnonzero(~same) + 1])
    return _sample(
        tick[first], rates.rate[first], rates.half_width[first], clock, first.astype(np.int64)
    )
