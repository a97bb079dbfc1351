"""First parameters of families that rise and fall more than once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from lrdiag.runs import IntArray
from lrdiag.schedule.candidate import Candidate
from lrdiag.schedule.monotone_candidates import cosine_from, cosine_terms
from lrdiag.schedule.sample import Sample


def turning_points(sample: Sample) -> IntArray:
    """Indexes of points at which a rise turns into a fall or the reverse."""
    move = np.diff(sample.rate)
    room = 1.0 * (sample.width[1:] + sample.width[:-1])
    sign = np.where(
        np.abs(move) <= np.minimum(room, 0.5 * np.abs(move).max(initial=0.0)), 0, np.sign(move)
    )
    where = np.flatnonzero(sign)
    if len(where) < 2:
        return np.zeros(0, np.int64)
    turn = np.flatnonzero(np.diff(sign[where]) != 0)
    return np.asarray(where[turn] + 1, np.int64)


def waving(sample: Sample, origin: float) -> Iterator[Candidate]:
    """Families with valleys: cosine beyond its period, warm restarts, triangles."""
    turns = turning_points(sample)
    rises = _jumps(sample)
    if len(rises):
        yield from _restarts(sample, rises, origin)
    yield from _long_cosine(sample, turns, origin)
    yield from _triangles(sample, turns, origin)


def _jumps(sample: Sample) -> IntArray:
    """Points right after a steep rise, as a warm restart makes it."""
    move = np.diff(sample.rate)
    span = float(np.ptp(sample.rate))
    steep = np.flatnonzero(move > 0.25 * span) + 1
    return np.asarray(steep, np.int64)


def _restarts(sample: Sample, rises: IntArray, origin: float) -> Iterator[Candidate]:
    """CosineAnnealingWarmRestarts: lengths from the fits of cycles, then all that fit the jumps."""
    top, low = float(sample.rate.max()), float(sample.rate.min())
    tried: list[tuple[float, int, float]] = []
    for growth in (1, 2, 3):
        for start in (origin, 1.0 - origin, -1.0):
            tried += [(n, growth, start) for n in _first_lengths(sample, rises, growth, start)[:4]]
    for length, growth, start in [*_from_cycles(sample, rises, origin), *tried]:
        flat: dict[str, Any] = {
            "base_lr": top,
            "T_0": length,
            "T_mult": growth,
            "eta_min": 0.0,
            "origin": start,
        }
        free = ("base_lr",) if (length, growth, start) in tried else ("base_lr", "T_0", "origin")
        if low < 0.5 * top:
            yield Candidate("cosine_restarts", flat, free)
        if low > 0:
            yield Candidate("cosine_restarts", {**flat, "eta_min": 0.5 * low}, (*free, "eta_min"))


def _from_cycles(sample: Sample, rises: IntArray, origin: float) -> list[tuple[float, int, float]]:
    """(T_0, T_mult, origin) from the fits of the two longest stretches between restarts."""
    edges = [0, *rises.tolist(), len(sample)]
    out: list[tuple[float, int, float]] = []
    for begin, end in itertools.pairwise(edges):
        found = _cycle(sample.part(begin, end))
        if found is None:
            continue
        half, crest = found
        for growth in (1, 2, 3):
            for number in range(5):
                scale = growth**number
                done = number if growth == 1 else (scale - 1) / (growth - 1)
                first = half / scale
                start = crest - first * done
                if abs(start - origin) < 2.2 and (first, growth, start) not in out:
                    out.append((first, growth, start))
    return out[:4]


def _cycle(part: Sample) -> tuple[float, float] | None:
    """(half-period, start) of one falling cosine."""
    if len(part) < 5:
        return None
    span = float(part.tick[-1] - part.tick[0])
    found = cosine_terms(part, 0.7 * span, 2.5 * span)
    if found is None:
        return None
    half, (_, cos, sin) = found
    crest = float(np.arctan2(sin, cos)) / np.pi * half
    crest += 2 * half * round((float(part.tick[0]) - crest) / (2 * half))
    return half, crest


def _first_lengths(sample: Sample, rises: IntArray, growth: int, origin: float) -> list[float]:
    """Lengths of the first cycle for which every restart lies between its two logged points."""
    before, after = sample.tick[rises - 1] - origin, sample.tick[rises] - origin
    out: list[float] = []
    # The first visible restart may be the first, second, … of the run.
    for skipped in range(3):
        number = np.arange(1 + skipped, len(rises) + 1 + skipped)
        total = number if growth == 1 else (growth**number - 1) / (growth - 1)
        low = float(((before + 1e-9) / total).max())
        high = float((after / total).min())
        if low <= high:
            out += _whole_between(low, high)
    return out


def _whole_between(low: float, high: float) -> list[float]:
    whole = np.arange(np.ceil(low - 1e-9), np.floor(high + 1e-9) + 1)
    if len(whole):
        middle = 0.5 * (low + high)
        return sorted(
            (float(w) for w in whole), key=lambda w: -w if len(whole) <= 8 else abs(w - middle)
        )[:8]
    return [0.5 * (low + high)]


def _long_cosine(sample: Sample, turns: IntArray, origin: float) -> Iterator[Candidate]:
    span = float(sample.tick[-1] - sample.tick[0])
    count = len(turns)
    half = span / max(count, 1)
    if count >= 2:
        half = float(sample.tick[turns[-1]] - sample.tick[turns[0]]) / (count - 1)
    found = cosine_terms(sample, 0.6 * half, 1.6 * half, 60)
    if found is not None:
        yield from cosine_from(sample, found, origin)


def _triangles(sample: Sample, turns: IntArray, origin: float) -> Iterator[Candidate]:
    """CyclicLR: up and down times from the turning points, the mode from the heights."""
    if not len(turns):
        return
    high = [int(i) for i in turns if _is_peak(sample, int(i))]
    low = [int(i) for i in turns if not _is_peak(sample, int(i))]
    if not high:
        return
    base = float(sample.rate.min())
    for up, down, start in _periods(sample, high, low, origin):
        top = float(sample.rate[high].max())
        flat: dict[str, Any] = {
            "base_lr": base, "max_lr": top, "step_size_up": up, "step_size_down": down,
            "mode": "triangular", "gamma": 1.0, "origin": start,
        }  # fmt: skip
        free = ("base_lr", "max_lr", "step_size_up", "step_size_down", "origin")
        yield Candidate("cyclic", flat, free)
        yield Candidate("cyclic", {**flat, "mode": "triangular2", "max_lr": top}, free)
        gamma = _decline(sample, high, base)
        yield Candidate("cyclic", {**flat, "mode": "exp_range", "gamma": gamma}, (*free, "gamma"))


def _is_peak(sample: Sample, at: int) -> bool:
    around = sample.rate[max(at - 2, 0) : at + 3]
    return bool(sample.rate[at] >= around.mean())


def _periods(
    sample: Sample, high: list[int], low: list[int], origin: float
) -> Iterator[tuple[float, float, float]]:
    tick = sample.tick
    if len(high) >= 2:
        period = float(tick[high[-1]] - tick[high[0]]) / (len(high) - 1)
    elif len(low) >= 2:
        period = float(tick[low[-1]] - tick[low[0]]) / (len(low) - 1)
    elif low:
        period = 2 * abs(float(tick[high[0]] - tick[low[0]]))
    else:
        yield float(tick[high[0]]) - origin, float(tick[-1] - tick[high[0]]), origin
        return
    if low:
        up = (float(tick[high[0]]) - float(tick[low[0]])) % period
    else:
        up = float(tick[high[0]]) - origin
    up = min(max(up, 0.5), period - 0.5) if period > 1 else 0.5 * period
    cycles = round((float(tick[high[0]]) - origin - up) / period)
    yield up, period - up, float(tick[high[0]]) - up - cycles * period


def _decline(sample: Sample, high: list[int], base: float) -> float:
    if len(high) < 2:
        return 0.9999
    first, last = sample.rate[high[0]] - base, sample.rate[high[-1]] - base
    span = float(sample.tick[high[-1]] - sample.tick[high[0]])
    return (
        float(np.clip((last / first) ** (1 / span), 1e-6, 1.0)) if first > 0 and last > 0 else 0.999
    )
