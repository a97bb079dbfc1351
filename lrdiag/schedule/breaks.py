"""Runs that follow their configured schedule up to a step: then a jump, or a schedule anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from lrdiag.runs import FloatArray, IntArray
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.hypotheses import Hypothesis, ticks
from lrdiag.schedule.points import probe_rows
from lrdiag.schedule.question import Question
from lrdiag.schedule.short_decimals import shortest_between

# Beyond these the ticks of a reset are not tried one by one.
_MAX_RESET_TICKS = 20_000
# So many places from which a run is off, by other starts of its count, are looked at.
_MOST_BREAKS = 8


def broken(
    q: Question, per: float | None, starts: Iterable[tuple[float, float]]
) -> Hypothesis | None:
    """A run that follows the configuration up to a step and is off by a factor, or reset, after.

    Args:
        q: log and configuration. per: steps an epoch, None if unknown.
        starts: (base, sub) of a `Hypothesis`, where rows and ticks may start.
    """
    tried: dict[tuple[int, float, bytes], tuple[Hypothesis, FloatArray]] = {}
    for base, sub in starts:
        plain = Hypothesis("ok", base, sub, per_epoch=per)
        rates = q.simulated(plain)
        if rates is None:
            continue
        off = np.flatnonzero(q.misses(rates, q.compare) > 1.0)
        if len(off):
            # Starts that differ by less than the distance of rows say the same: the first is kept.
            tried.setdefault((int(off[0]), sub, rates.tobytes()), (plain, rates))
    plainest = sorted(tried.items(), key=lambda t: (abs(t[0][1]), -t[0][0]))
    for (row, _, _), (plain, rates) in plainest[:_MOST_BREAKS]:
        found = _begun_anew(q, row, plain) or _jump(q, row, plain, rates)
        if found is None and row > 0:
            found = _reset(q, row, plain)
        if found is not None:
            return found
    return None


def _begun_anew(q: Question, row: int, plain: Hypothesis) -> Hypothesis | None:
    """A schedule that stands at its very start in the first row that is off, no factor needed."""
    start, tick = rate_at(q.family, q.parameters, np.zeros(1)), _tick_of(q, row, plain)
    if row == 0 or tick is None or q.misses(start, q.compare[[row]])[0] > 1.0:
        return None
    for back in (0.0, 1.0):
        at = float(q.frame.step[q.compare[row]])
        found = replace(plain, kind="resume_reset", at=at, tick_at=tick - back)
        if q.fits(found):
            return found
    return None


def _tick_of(q: Question, row: int, plain: Hypothesis) -> float | None:
    tick = ticks(plain, q.frame.at(q.compare[[row]]), q.unit)
    return None if tick is None else float(tick[0])


def _jump(q: Question, row: int, plain: Hypothesis, rates: FloatArray) -> Hypothesis | None:
    rows = q.compare[row:]
    there = rates[row:] > 0
    if not there.any():
        return None
    factor = agreed_factor(q, rows[there], rates[row:][there])
    if factor is None or factor <= 0:
        return None
    found = replace(plain, kind="jump", at=float(q.frame.step[rows[0]]), factor=factor)
    return found if q.fits(found) else None


def _reset(q: Question, row: int, plain: Hypothesis) -> Hypothesis | None:
    """The schedule began anew: try every tick up to the first row that is off."""
    tick = ticks(plain, q.frame.at(q.compare), q.unit)
    if tick is None:
        return None
    rows = q.compare[row:]
    picked = np.searchsorted(rows, probe_rows(q.rates, rows))
    last = int(min(tick[row], _MAX_RESET_TICKS))
    starts = np.arange(last, -1, -1, dtype=np.float64)
    since = np.maximum(tick[row:][picked][None, :] - starts[:, None], 0.0)
    rates = rate_at(q.family, q.parameters, since.ravel()).reshape(since.shape)
    fits = np.all(q.misses(rates, rows[picked]) <= 1.0, axis=1)
    at = float(q.frame.step[rows[0]])
    for start in starts[fits][:8]:
        found = replace(plain, kind="resume_reset", at=at, tick_at=float(start))
        if q.fits(found):
            # It may show only rows later: it happened where the tick was the one that is tick 0.
            first = float(q.frame.step[q.compare[int(np.argmax(tick >= start))]])
            earlier = replace(found, at=first)
            if first >= at or q.fits(earlier):
                return earlier if first < at else found
            # A count that goes back, but not to its start, is no schedule begun anew.
    return None


def agreed_factor(
    q: Question, rows: IntArray, level: FloatArray, root: FloatArray | float = 1.0
) -> float | None:
    """The factor by which all `rows` differ from `level`, to the power `root`; None if none."""
    for widths in (np.minimum(q.rates.fine_width, q.width), q.width):
        rate, width = q.rates.rate[rows], widths[rows]
        low = float((np.maximum((rate - width) / level, 1e-300) ** root).max())
        high = float((np.maximum((rate + width) / level, 1e-300) ** root).min())
        if low <= high:
            return shortest_between(low, high)
    return None
