"""Families whose rate moves at most rows: which one rebuilds the log with the fewest parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from lrdiag.schedule.candidate import NEARLY_EXACT, Candidate, Fitted, fitted, rounded, sane
from lrdiag.schedule.description_length import cost
from lrdiag.schedule.monotone_candidates import falling, lines
from lrdiag.schedule.oscillating_candidates import turning_points, waving
from lrdiag.schedule.sample import Sample
from lrdiag.schedule.single_peak_candidates import peaked

# A log so fine that two families cannot rebuild it by chance.
_FINE = 2e-6
_THIN = 240
_WORTH_ROUNDING = 20.0
_MOST_FITS = 12
_CHEAPEST = 2
_REBUILT = 1.05
_SHORT = 3
_NEARLY_WHOLE = 0.02


def best_smooth(full: Sample) -> Fitted | None:
    """The family with the fewest parameters among those that rebuild the sample.

    Where none does, the nearest in shape.
    """
    sample = full.thin(_THIN)
    exact: list[Fitted] = []
    near: list[Fitted] = []
    fine = float(np.median(sample.width)) < _FINE * float(np.abs(sample.rate).max())
    for candidate in _closest_first(sample)[:_MOST_FITS]:
        if any(f.misfit <= _REBUILT and cost(candidate) >= cost(f.candidate) for f in exact):
            continue
        found = fitted(candidate, sample)
        if not sane(found.candidate, sample):
            continue
        if found.misfit > 1.0:
            found = _whole_cycles(found, sample)
        if 1.0 < found.misfit < _WORTH_ROUNDING:
            found = rounded(found, sample)
        (exact if found.misfit <= NEARLY_EXACT else near).append(found)
        sure = exact and exact[-1].misfit <= _REBUILT
        if sure and cost(exact[-1].candidate) <= (_SHORT if fine else _CHEAPEST):
            break
    if exact:
        best = min(exact, key=lambda f: (f.misfit > _REBUILT, cost(f.candidate), f.misfit))
        return _tested(rounded(best, sample), full)
    return _tested(min(near, key=lambda f: f.misfit), full) if near else None


def _whole_cycles(found: Fitted, sample: Sample) -> Fitted:
    """The same with whole lengths of cycles where they are nearly whole.

    A restart that a fit places a millionth of a tick late throws its row off by a whole cycle.
    """
    flat = found.candidate.flat
    names = [n for n in ("T_0", "origin") if n in found.candidate.free]
    if found.candidate.family != "cosine_restarts" or not names:
        return found
    if any(abs(flat[n] - round(flat[n])) > _NEARLY_WHOLE for n in names):
        return found
    free = tuple(n for n in found.candidate.free if n not in names)
    whole: dict[str, Any] = {n: float(round(flat[n])) for n in names}
    trial = fitted(replace(found.candidate, flat={**flat, **whole}, free=free), sample)
    return trial if trial.misfit < found.misfit else found


def _tested(found: Fitted, full: Sample) -> Fitted:
    """The same, its misfit taken over every point."""
    return Fitted(found.candidate, found.candidate.misfit(full))


def _closest_first(sample: Sample) -> list[Candidate]:
    """All candidates, those whose first parameters fit best in front.

    First parameters come from closed forms, so that the right family is close from the start.
    """
    tick, rate = sample.tick[sample.probe], sample.rate[sample.probe]
    candidates = list(_candidates(sample))
    off = []
    with np.errstate(all="ignore"):
        for number, candidate in enumerate(candidates):
            miss = float(np.abs(candidate.rates(tick) - rate).mean())
            off.append((miss if np.isfinite(miss) else np.inf, number))
    return [candidates[number] for _, number in sorted(off)]


def _candidates(sample: Sample) -> Iterator[Candidate]:
    """Families that have the sample's shape."""
    origin = 0.0 if sample.clock.floor or sample.tick[0] <= 0 else 1.0
    turns = turning_points(sample)
    top = int(np.argmax(sample.rate))
    if len(turns) == 0:
        if sample.rate[0] >= sample.rate[-1]:
            yield from falling(sample, origin)
        else:
            yield from lines(sample, origin)
            yield from peaked(sample, origin)
        return
    if len(turns) == 1 and 0 < top < len(sample) - 1:
        yield from peaked(sample, origin)
    yield from waving(sample, origin)
    if len(turns) > 1:
        yield from peaked(sample, origin)
