"""First parameters of families that only fall, or only rise, from the first row on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lrdiag.runs import FloatArray
from lrdiag.schedule.candidate import Candidate
from lrdiag.schedule.sample import Sample


def falling(sample: Sample, origin: float) -> Iterator[Candidate]:
    """Families for a sample that never rises, the plainest first."""
    yield from lines(sample, origin)
    yield from exponentials(sample, origin)
    yield from cosines(sample, origin)
    yield from plateaus_then_decay(sample, origin)
    yield from polynomials(sample, origin)
    yield from inverse_roots(sample, origin)


def slope_of(tick: FloatArray, value: FloatArray, weight: FloatArray) -> tuple[float, float]:
    """Weighted straight line: (value at tick 0, slope)."""
    middle = np.average(tick, weights=weight)
    mean = np.average(value, weights=weight)
    spread = np.average((tick - middle) ** 2, weights=weight)
    if spread <= 0:
        return float(mean), 0.0
    slope = np.average((tick - middle) * (value - mean), weights=weight) / spread
    return float(mean - slope * middle), float(slope)


def flat_tail(sample: Sample) -> int:
    """First point of the constant stretch at the end (n - 1 if there is none)."""
    away = np.abs(sample.rate - sample.rate[-1]) > 1.01 * (sample.width[-1] * 0.02 + 1e-12)
    where = np.flatnonzero(away)
    return int(where[-1]) + 1 if len(where) else 0


def lines(sample: Sample, origin: float) -> Iterator[Candidate]:
    """LinearLR: a line, then constant."""
    end = flat_tail(sample)
    if end < 2:
        return
    body = sample.part(0, end)
    weight = 1 / body.width**2
    start, slope = slope_of(body.tick, body.rate, weight)
    if slope == 0:
        return
    last = float(sample.rate[-1])
    finished = end < len(sample) - 1
    kink = (last - start) / slope if finished else sample.tick[-1]
    first = start + slope * origin
    if slope < 0:
        zero = -start / slope
        if not finished or last == 0.0:
            flat = {
                "base_lr": first,
                "start_factor": 1.0,
                "end_factor": 0.0,
                "total_iters": zero - origin,
                "origin": origin,
            }
            yield Candidate("linear", flat, ("base_lr", "total_iters"))
        flat = {
            "base_lr": first,
            "start_factor": 1.0,
            "end_factor": last / first,
            "total_iters": kink - origin,
            "origin": origin,
        }
        yield Candidate(
            "linear",
            flat,
            ("base_lr", "end_factor", "total_iters") if finished else ("base_lr", "end_factor"),
        )
        return
    flat = {
        "base_lr": last,
        "start_factor": first / last if last else 0.0,
        "end_factor": 1.0,
        "total_iters": kink - origin,
        "origin": origin,
    }
    free = ("base_lr", "start_factor", "total_iters")
    yield Candidate("linear", flat, free if finished else free[:2])


def exponentials(sample: Sample, origin: float) -> Iterator[Candidate]:
    """ExponentialLR: the logarithm is a line."""
    inside = sample.rate > 2 * sample.width
    if inside.sum() < 3:
        return
    rate = sample.rate[inside]
    weight = (rate / sample.width[inside]) ** 2
    start, slope = slope_of(sample.tick[inside], np.log(rate), weight)
    if slope >= 0:
        return
    flat = {
        "base_lr": float(np.exp(start + slope * origin)),
        "gamma": float(np.exp(slope)),
        "origin": origin,
    }
    yield Candidate("exponential", flat, ("base_lr", "gamma"))


def polynomials(sample: Sample, origin: float) -> Iterator[Candidate]:
    """PolynomialLR: (end - t) to a power; the power from a few tries."""
    inside = sample.rate > sample.width
    if inside.sum() < 4:
        return
    tick, rate = sample.tick[inside], sample.rate[inside]
    best: tuple[float, float, float, float] | None = None
    for power in (0.3, 0.5, 0.9, 1.3, 2.0, 3.0, 4.5):
        root = rate ** (1 / power)
        start, slope = slope_of(tick, root, np.ones_like(tick))
        if slope >= 0:
            continue
        model = np.maximum(start + slope * tick, 0.0) ** power
        off = float(np.abs(model - rate).mean())
        if best is None or off < best[0]:
            best = (off, power, start, slope)
    if best is None:
        return
    _, power, start, slope = best
    end = max(-start / slope, float(tick[-1]) + 1e-3)
    flat = {
        "base_lr": max(start + slope * origin, 1e-12) ** power,
        "total_iters": end - origin,
        "power": power,
        "origin": origin,
    }
    yield Candidate("polynomial", flat, ("base_lr", "total_iters", "power"))


def cosine_terms(
    sample: Sample, shortest: float, longest: float, count: int = 28
) -> tuple[float, FloatArray] | None:
    """Half-period T and (mean, cos, sin) of the best m + a cos(pi t/T) + b sin(pi t/T).

    Separable least squares over a grid of T (Golub and Pereyra 1973, doi:10.1137/0710036).
    """
    tick, rate = sample.tick[sample.probe], sample.rate[sample.probe]
    width = sample.width[sample.probe]
    if len(tick) < 4:
        return None
    halves = np.geomspace(shortest, longest, count)
    turn = np.pi * tick[None, :] / halves[:, None]
    basis = np.stack([np.ones_like(turn), np.cos(turn), np.sin(turn)], axis=-1)
    weight = 1 / np.maximum(width, width.max() * 1e-3)
    left = basis * weight[None, :, None]
    normal = np.einsum("tni,tnj->tij", left, left)
    normal += np.eye(3) * (1e-12 * np.trace(normal, axis1=1, axis2=2))[:, None, None]
    right = np.einsum("tni,n->ti", left, rate * weight)
    terms = np.linalg.solve(normal, right[..., None])[..., 0]
    off = ((np.einsum("tni,ti->tn", left, terms) - rate * weight) ** 2).sum(axis=1)
    at = int(np.argmin(off))
    return float(halves[at]), terms[at]


def cosines(sample: Sample, origin: float) -> Iterator[Candidate]:
    """CosineAnnealingLR, of less or more than half a period."""
    span = max(float(sample.tick[-1] - min(sample.tick[0], origin)), 1.0)
    found = cosine_terms(sample, 0.5 * span, 3.0 * span)
    if found is None:
        return
    yield from cosine_from(sample, found, origin)


def cosine_from(
    sample: Sample, found: tuple[float, FloatArray], origin: float
) -> Iterator[Candidate]:
    """CosineAnnealingLR from its terms, with its own phase: the crest next to the origin."""
    half, (mean, cos, sin) = found
    size = float(np.hypot(cos, sin))
    crest = float(np.arctan2(sin, cos)) / np.pi * half
    crest += 2 * half * round((origin - crest) / (2 * half))
    flat = {
        "base_lr": float(mean + size),
        "T_max": half,
        "eta_min": float(mean - size),
        "origin": crest,
    }
    free = ("base_lr", "T_max", "eta_min", "origin")
    if abs(mean - size) < 0.02 * size:
        yield Candidate("cosine", {**flat, "eta_min": 0.0}, ("base_lr", "T_max", "origin"))
    yield Candidate("cosine", flat, free)


def inverse_roots(sample: Sample, origin: float) -> Iterator[Candidate]:
    """Inverse square root of the tick: rate**-2 is a line."""
    inside = sample.rate > 3 * sample.width
    if inside.sum() < 4:
        return
    tick, rate = sample.tick[inside], sample.rate[inside]
    weight = (rate**3 / sample.width[inside]) ** 2
    start, slope = slope_of(tick, rate**-2.0, weight)
    if slope <= 0:
        return
    zero = -start / slope
    begin = float(sample.tick[0])
    scale = begin - zero
    if scale <= 0:
        return
    warmup = max(begin - origin, 0.0)
    flat = {
        "base_lr": float((slope * scale) ** -0.5),
        "warmup": warmup,
        "timescale": scale,
        "origin": origin,
    }
    yield Candidate("inverse_sqrt", flat, ("base_lr", "timescale"))


def plateaus_then_decay(sample: Sample, origin: float) -> Iterator[Candidate]:
    """Constant, then a decay (WSD whose warm-up was not logged)."""
    top = sample.rate[0]
    below = np.flatnonzero(sample.rate < top - 1e-12 * top)
    if not len(below) or below[0] < 2 or below[0] >= len(sample) - 2:
        return
    yield from decays(
        sample, int(below[0]), {"base_lr": float(top), "warmup": 0.0, "origin": origin}
    )


def decays(sample: Sample, first: int, head: dict[str, float]) -> Iterator[Candidate]:
    """The three decays of WSD from point `first` on; `head`: base_lr, warmup and origin."""
    end = flat_tail(sample)
    last = float(sample.rate[-1])
    top, begin = head["base_lr"], float(sample.tick[first - 1])
    tail = sample.part(first, max(end, first + 2))
    finished = end < len(sample) - 1
    low = last if finished else 0.0
    share = np.clip((tail.rate - low) / (top - low), 0.0, 1.0)
    lines_of = {
        "linear": 1 - share,
        "1-sqrt": (1 - share) ** 2,
        "cosine": np.arccos(2 * share - 1) / np.pi,
    }
    for kind, done in lines_of.items():
        start, slope = slope_of(tail.tick, done, np.ones_like(done))
        if slope <= 0:
            continue
        # Strictly after the last constant point: the square root has no slope at its start.
        at = min(max(-start / slope, begin), float(tail.tick[0]) - 1e-3)
        flat = {
            "base_lr": top,
            "warmup": head["warmup"],
            "stable": at - head["origin"] - head["warmup"],
            "decay": 1 / slope,
            "decay_type": kind,
            "min_ratio": low / top,
            "origin": head["origin"],
        }
        free = ("base_lr", "stable", "decay") + (("min_ratio",) if low > 0 else ())
        yield Candidate("wsd", flat, free)
        if not finished:
            yield Candidate(
                "wsd", {**flat, "min_ratio": max(last / top * 0.5, 0.0)}, (*free, "min_ratio")
            )
