"""A smooth schedule that jumps once to another level, or begins anew: a resume with other state."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lrdiag.runs import FloatArray, IntArray
from lrdiag.schedule.candidate import NEARLY_EXACT, Fitted
from lrdiag.schedule.sample import Sample
from lrdiag.schedule.smooth_family import best_smooth

# Places that are tried, those with the sharpest move against their neighbours first.
_PLACES = 2
# A curve through fewer rows than this proves nothing about the rows that follow.
_FEWEST_BEFORE = 8
_FEWEST_AFTER = 4
# Rows after the jump must hold the factor as well as the curve holds the rows before.
_SMALLEST_JUMP = 1.15
# A jump stands out from the printing by as many half-widths.
_LEAST_WIDTHS = 8.0
# A rate that falls to less than this in one row has reached its end.
_LARGEST_FALL = 1e-3


def smooth_with_jump(sample: Sample) -> tuple[Fitted, int | None] | None:
    """The family before a jump and the point at which the level changes.

    The family must rebuild every point up to the jump within the logging resolution, and every
    point after it up to one common factor, or as the same schedule begun anew there. Two
    agreements with no free number but the factor are no chance. Where it simply goes on there
    was no jump: a fit of all points had missed it.

    Args:
        sample: rates that no family rebuilds as a whole.

    Returns:
        The fit of the points before, with its misfit over all, and the first point after the
        jump, None without any.
    """
    for place in _places(sample):
        found = best_smooth(sample.part(0, place))
        if found is None or found.misfit > NEARLY_EXACT:
            continue
        tail = sample.part(place)
        going_on = _largest(found.candidate.rates(tail.tick), tail)
        if going_on <= NEARLY_EXACT:
            return replace(found, misfit=max(found.misfit, going_on)), None
        misfit = min(_scaled_misfit(found, sample, place), _anew_misfit(found, sample, place))
        if misfit <= NEARLY_EXACT:
            return replace(found, misfit=max(found.misfit, misfit)), place
    return None


def _places(sample: Sample) -> IntArray:
    """Points whose move differs most from the moves around it, in logarithms where they exist."""
    n = len(sample)
    if n < _FEWEST_BEFORE + _FEWEST_AFTER:
        return np.zeros(0, np.int64)
    floor = max(float(sample.rate.max()) * 1e-9, 1e-300)
    slope = np.diff(np.log(np.maximum(sample.rate, floor))) / np.diff(sample.tick)
    move = np.diff(np.log(np.maximum(sample.rate, floor)))
    around = np.minimum(
        np.abs(slope - np.roll(slope, 1)), np.abs(slope - np.roll(slope, -1))
    ) * np.diff(sample.tick)
    room = _LEAST_WIDTHS * np.maximum(sample.width[1:], sample.width[:-1])
    large = (np.abs(move) > np.log(_SMALLEST_JUMP)) & (np.abs(np.diff(sample.rate)) > room)
    sharp = np.where(large, around, 0.0)
    sharp[: _FEWEST_BEFORE - 1] = 0.0
    sharp[n - _FEWEST_AFTER :] = 0.0
    best = np.argsort(-sharp, kind="stable")[:_PLACES]
    return np.asarray(best[sharp[best] > 0] + 1, np.int64)


def _scaled_misfit(found: Fitted, sample: Sample, place: int) -> float:
    """Largest misfit after `place`, in half-widths, with the one factor that suits best."""
    tail = sample.part(place)
    level = found.candidate.rates(tail.tick)
    there = level > 0
    if not there.any():
        return np.inf
    low = float(((tail.rate - tail.width * NEARLY_EXACT)[there] / level[there]).max())
    high = float(((tail.rate + tail.width * NEARLY_EXACT)[there] / level[there]).min())
    factor = 0.5 * (low + high)
    if abs(np.log(max(factor, 1e-300))) < np.log(_SMALLEST_JUMP) or factor < _LARGEST_FALL:
        return np.inf
    return _largest(factor * level, tail)


def _anew_misfit(found: Fitted, sample: Sample, place: int) -> float:
    """Largest misfit after `place` if the schedule began again within two ticks of it."""
    tail = sample.part(place)
    origin = float(found.candidate.flat.get("origin", 0.0))
    gap = int(min(tail.tick[0] - sample.tick[place - 1], 200.0))
    starts = [origin + float(k) for k in (0, 1, -1)] + [
        origin - float(k) for k in range(2, gap + 2)
    ]
    since = tail.tick - tail.tick[0]
    return min(_largest(found.candidate.rates(since + 2 * origin - s), tail) for s in starts)


def _largest(rates: FloatArray, tail: Sample) -> float:
    with np.errstate(all="ignore"):
        worst = float((np.abs(rates - tail.rate) / tail.width).max())
    return worst if np.isfinite(worst) else np.inf
