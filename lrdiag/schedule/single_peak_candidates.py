"""First parameters of families that rise to one peak and then fall."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lrdiag.schedule.candidate import Candidate, Flat
from lrdiag.schedule.constant_head_candidates import after_constant
from lrdiag.schedule.monotone_candidates import (
    cosines,
    decays,
    exponentials,
    inverse_roots,
    lines,
    polynomials,
    slope_of,
)
from lrdiag.schedule.one_cycle_candidates import one_cycles
from lrdiag.schedule.sample import Sample


def peaked(sample: Sample, origin: float) -> Iterator[Candidate]:
    """Families for a sample with one peak, the plainest first."""
    top = int(np.argmax(sample.rate))
    level = np.flatnonzero(sample.rate >= sample.rate[top] * (1 - 1e-12))
    last = int(level[-1])
    if top == 0:
        return
    ramp = _ramp(sample, top)
    if last > top and last < len(sample) - 1:
        yield from _stable(sample, ramp, last, origin)
    if _jumps_up(sample, top):
        yield from after_constant(sample, top, origin)
        return
    for begin in (last, last + 1):
        if begin < len(sample) - 2:
            yield from _ramp_then_fall(sample, ramp, begin, origin)
    yield from one_cycles(sample, top, origin)


def _ramp(sample: Sample, top: int) -> tuple[float, float]:
    """Line through the points before the peak (value at tick 0, slope)."""
    head = sample.part(0, max(top, 2))
    return slope_of(head.tick, head.rate, 1 / head.width**2)


def _jumps_up(sample: Sample, top: int) -> bool:
    """Whether the head is constant up to the peak."""
    head = sample.rate[:top]
    return len(head) > 1 and bool(np.ptp(head) <= 1e-9 * head[0])


def _start(ramp: tuple[float, float], level: float, origin: float) -> dict[str, float]:
    """Warm-up of a ramp that reaches `level`: from zero where it starts within two ticks."""
    start, slope = ramp
    if slope <= 0:
        return {"warmup": 1.0, "start_factor": 0.0, "origin": origin}
    zero, reach = -start / slope, (level - start) / slope
    if abs(zero - origin) <= 2.2:
        return {"warmup": reach - zero, "start_factor": 0.0, "origin": zero}
    first = (start + slope * origin) / level
    return {"warmup": reach - origin, "start_factor": max(first, 0.0), "origin": origin}


def _ramp_frees(head: Flat, *names: str) -> tuple[str, ...]:
    return (*names, "warmup", "start_factor" if head["start_factor"] else "origin")


def _ramp_then_fall(
    sample: Sample, ramp: tuple[float, float], begin: int, origin: float
) -> Iterator[Candidate]:
    """Linear warm-up, then a line, a cosine, an inverse root, a power or a decay."""
    tail = sample.part(begin)
    for found in lines(tail, tail.tick[0]):
        yield from _warmup_linear(ramp, found, origin)
        break
    for found in cosines(tail, tail.tick[0]):
        yield from _warmup_cosine(ramp, found, origin)
    for found in inverse_roots(tail, tail.tick[0]):
        yield from _inverse_sqrt(ramp, found, origin)
    for found in exponentials(tail, tail.tick[0]):
        yield from _ramp_exponential(ramp, found, origin)
    for found in polynomials(tail, tail.tick[0]):
        yield from _ramp_polynomial(ramp, found, origin)


def _warmup_linear(
    ramp: tuple[float, float], found: Candidate, origin: float
) -> Iterator[Candidate]:
    level, begin = found.flat["base_lr"], found.flat["origin"]
    fall = level * (found.flat["end_factor"] - 1) / max(found.flat["total_iters"], 1e-9)
    start, slope = ramp
    if fall >= 0 or slope == fall:
        return
    # Where the ramp and the falling line cross, and where the latter reaches zero.
    cross = (level - fall * begin - start) / (slope - fall)
    peak = start + slope * cross
    zero = begin - level / fall
    head = _start(ramp, peak, origin)
    flat = {"base_lr": peak, "total": zero - head["origin"], **head}
    yield Candidate("warmup_linear", flat, _ramp_frees(head, "base_lr", "total"))


def _warmup_cosine(
    ramp: tuple[float, float], found: Candidate, origin: float
) -> Iterator[Candidate]:
    level = found.flat["base_lr"]
    head = _start(ramp, level, origin)
    total = found.flat["origin"] + found.flat["T_max"] - head["origin"]
    eta = found.flat["eta_min"]
    flat: dict[str, Any] = {"base_lr": level, "total": total, "eta_min": eta, "clamp": True, **head}
    names = ("base_lr", "total", "eta_min") if eta else ("base_lr", "total")
    yield Candidate("warmup_cosine", flat, _ramp_frees(head, *names))


def _inverse_sqrt(
    ramp: tuple[float, float], found: Candidate, origin: float
) -> Iterator[Candidate]:
    """The ramp meets L / sqrt((t - zero) / timescale) where the warm-up ends."""
    begin, scale = found.flat["origin"], found.flat["timescale"]
    level = found.flat["base_lr"]
    zero, strength = begin - scale, level * scale**0.5
    start, slope = ramp
    if slope <= 0:
        return
    at = begin
    for _ in range(30):
        at = 0.5 * at + 0.5 * (strength / max(at - zero, 1e-9) ** 0.5 - start) / slope
        at = max(at, zero + 1e-6)
    shift = -start / slope
    if abs(shift - origin) > 2.2:
        shift = origin
    warmup = at - shift
    if abs(shift - zero) < 0.05 * warmup:
        flat = {"base_lr": strength / max(warmup, 1e-9) ** 0.5, "warmup": warmup, "origin": shift}
        yield Candidate("inverse_sqrt", flat, ("base_lr", "warmup", "origin"), _plain_inverse)
    flat = {
        "base_lr": strength / (at - zero) ** 0.5,
        "warmup": warmup,
        "timescale": at - zero,
        "origin": shift,
    }
    yield Candidate("inverse_sqrt", flat, ("base_lr", "warmup", "timescale", "origin"))


def _plain_inverse(flat: Flat) -> dict[str, Any]:
    return {"base_lr": flat["base_lr"], "warmup": flat["warmup"], "timescale": flat["warmup"]}


def _ramp_exponential(
    ramp: tuple[float, float], found: Candidate, origin: float
) -> Iterator[Candidate]:
    level, begin, gamma = found.flat["base_lr"], found.flat["origin"], found.flat["gamma"]
    start, slope = ramp
    if slope <= 0:
        return
    at = begin
    with np.errstate(over="ignore"):
        for _ in range(30):
            at = 0.5 * at + 0.5 * (level * np.float64(gamma) ** (at - begin) - start) / slope
        peak = float(level * np.float64(gamma) ** (at - begin))
    if not np.isfinite(peak) or peak <= 0:
        return
    bound = at - origin
    first = (start + slope * origin) / peak
    flat = {
        "base_lr": peak,
        "gamma": gamma,
        "bound": bound,
        "start_factor": first,
        "origin": origin,
    }
    free = ("base_lr", "gamma", "bound", "start_factor")
    yield Candidate("sequential", flat, free, _linear_then_exponential)
    with np.errstate(over="ignore"):
        full = float(level * np.float64(gamma) ** (origin - begin))
    if not np.isfinite(full):
        return
    flat = {
        "base_lr": full,
        "gamma": gamma,
        "warmup": bound,
        "start_factor": max(first * peak / full, 1e-3),
        "origin": origin,
    }
    yield Candidate(
        "chained", flat, ("base_lr", "gamma", "warmup", "start_factor"), _linear_times_exponential
    )


def _ramp_up_to(flat: Flat, bound: Any) -> dict[str, Any]:
    begin = {"base_lr": flat["base_lr"], "start_factor": flat["start_factor"]}
    return {**begin, "end_factor": 1.0, "total_iters": bound}


def _linear_then_exponential(flat: Flat) -> dict[str, Any]:
    level, bound = flat["base_lr"], flat["bound"]
    head = _ramp_up_to(flat, bound)
    tail = {"base_lr": level, "gamma": flat["gamma"]}
    return {
        "base_lr": level,
        "parts": [("linear", head), ("exponential", tail)],
        "milestones": [bound],
    }


def _linear_times_exponential(flat: Flat) -> dict[str, Any]:
    head = {"start_factor": flat["start_factor"], "end_factor": 1.0, "total_iters": flat["warmup"]}
    parts = [("linear", head), ("exponential", {"gamma": flat["gamma"]})]
    return {"base_lr": flat["base_lr"], "parts": parts}


def _ramp_polynomial(
    ramp: tuple[float, float], found: Candidate, origin: float
) -> Iterator[Candidate]:
    level = found.flat["base_lr"]
    head = _start(ramp, level, origin)
    total = found.flat["origin"] + found.flat["total_iters"] - head["origin"] - head["warmup"]
    flat = {"base_lr": level, "total_iters": total, "power": found.flat["power"], **head}
    free = _ramp_frees(head, "base_lr", "total_iters", "power")
    yield Candidate("sequential", flat, free, _linear_then_power)


def _linear_then_power(flat: Flat) -> dict[str, Any]:
    level, bound = flat["base_lr"], flat["warmup"]
    head = _ramp_up_to(flat, bound)
    tail = {"base_lr": level, "total_iters": flat["total_iters"], "power": flat["power"]}
    return {
        "base_lr": level,
        "parts": [("linear", head), ("polynomial", tail)],
        "milestones": [bound],
    }


def _stable(
    sample: Sample, ramp: tuple[float, float], last: int, origin: float
) -> Iterator[Candidate]:
    """Warm-up, constant, decay."""
    head = _start(ramp, float(sample.rate[last]), origin)
    for found in decays(sample, last + 1, {"base_lr": float(sample.rate[last]), **head}):
        ratio = found.flat["min_ratio"]
        flat = {**found.flat}
        if ratio:
            start, slope = ramp
            # The warm-up of this form starts at the floor, not at zero.
            low = ratio * flat["base_lr"]
            shift = (low - start) / slope if slope > 0 else origin
            reach = (flat["base_lr"] - start) / slope if slope > 0 else origin + 1
            stable = flat["origin"] + flat["warmup"] + flat["stable"] - reach
            flat |= {"origin": shift, "warmup": reach - shift, "stable": stable}
        yield Candidate("wsd", flat, (*found.free, "warmup", "origin"))
