"""Drops and rises of a logged rate, and the segments between them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.runs import FloatArray, IntArray
from lrdiag.schedule.points import Rates
from lrdiag.schedule.values import Change, Segment


def changes_at(
    rates: Rates, rows: IntArray | Sequence[int], axis: EpochAxis, group: str
) -> tuple[Change, ...]:
    """Changes between each row i of `rows` and the row before it, as values."""
    index = np.asarray(rows, np.int64)
    epochs = axis.epoch_of(rates.step[index])
    return tuple(
        Change(
            int(rates.step[i]),
            float(e) if np.isfinite(e) else None,
            float(rates.rate[i - 1]),
            float(rates.rate[i]),
            group,
            at_restart=_at_restart(rates, int(i)),
        )
        for i, e in zip(index, epochs, strict=True)
    )


def _at_restart(rates: Rates, row: int) -> bool:
    before, here = rates.step[row - 1], rates.step[row]
    return any(before < restart <= here for restart in rates.restarts)


def segments_between(
    changes: Sequence[Change], first_step: int, last_step: int, rates: Rates | None
) -> tuple[Segment, ...]:
    """Half-open segments from `first_step` to `last_step` inclusive, cut at each change."""
    inner = sorted({c.step for c in changes if first_step < c.step <= last_step})
    edges = [first_step, *inner, last_step + 1]
    return tuple(_segment(a, b, rates, changes) for a, b in itertools.pairwise(edges))


def _segment(first: int, end: int, rates: Rates | None, changes: Sequence[Change]) -> Segment:
    if rates is None:
        rate = _known_rate(first, changes)
        return Segment(first, end, rate, rate)
    inside = _inside(rates, first, end)
    if not len(inside):
        return Segment(first, end, float("nan"), float("nan"))
    return Segment(first, end, float(inside[0]), float(inside[-1]))


def _inside(rates: Rates, first: int, end: int) -> FloatArray:
    a, b = np.searchsorted(rates.step, [first, end])
    return rates.rate[a:b]


def _known_rate(first: int, changes: Sequence[Change]) -> float:
    before = [c for c in changes if c.step <= first]
    if before:
        return max(before, key=lambda c: c.step).after
    after = [c for c in changes if c.step > first]
    return min(after, key=lambda c: c.step).before if after else float("nan")
