"""First parameters of OneCycleLR."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lrdiag.schedule.candidate import Candidate
from lrdiag.schedule.monotone_candidates import cosine_terms, flat_tail, slope_of
from lrdiag.schedule.sample import Sample


def one_cycles(sample: Sample, top: int, origin: float) -> Iterator[Candidate]:
    """OneCycleLR: cosine (or line) up, cosine (or line) down to almost nothing."""
    peak, at = float(sample.rate[top]), float(sample.tick[top])
    if at <= origin:
        return
    tail = sample.part(top)
    head = sample.part(0, top + 1)
    fall = cosine_terms(tail, 0.5 * (tail.tick[-1] - at + 1), 3 * (tail.tick[-1] - at + 1))
    low = _line_or_cosine_start(head, at, origin, peak)
    for anneal in ("cos", "linear"):
        total = _fall_end(tail, anneal, fall)
        if total is None:
            continue
        span = total - origin + 1
        flat: dict[str, Any] = {
            "max_lr": peak, "total_steps": span, "pct_start": (at - origin + 1) / span,
            "div_factor": max(peak / max(low, 1e-12), 1.01), "final_div_factor": 1e4,
            "anneal_strategy": anneal, "three_phase": False, "origin": origin,
        }  # fmt: skip
        free = ("max_lr", "total_steps", "pct_start", "div_factor", "origin")
        yield Candidate("one_cycle", flat, free)
        yield Candidate("one_cycle", {**flat, "final_div_factor": 100.0}, free)
        yield from _three_phases(sample, flat, free, at, origin)


def _line_or_cosine_start(head: Sample, at: float, origin: float, peak: float) -> float:
    """Rate at the origin of a cosine rise, from the first point that has risen little."""
    first, tick = float(head.rate[0]), float(head.tick[0])
    done = 0.5 * (1 - np.cos(np.pi * np.clip((tick - origin) / max(at - origin, 1e-9), 0, 1)))
    return (first - peak * done) / (1 - done) if done < 0.95 else peak / 25


def _fall_end(tail: Sample, anneal: str, fall: Any) -> float | None:
    if anneal == "cos":
        if fall is None:
            return None
        half, (_, cos, sin) = fall
        crest = float(np.arctan2(sin, cos)) / np.pi * half
        crest += 2 * half * round((float(tail.tick[0]) - crest) / (2 * half))
        return float(crest + half)
    start, slope = slope_of(tail.tick, tail.rate, np.ones(len(tail)))
    return -start / slope if slope < 0 else None


def _three_phases(
    sample: Sample, flat: dict[str, Any], free: tuple[str, ...], at: float, origin: float
) -> Iterator[Candidate]:
    """Up, down symmetrically, then down to almost nothing."""
    end = float(sample.tick[flat_tail(sample)])
    span = max(end - origin + 1, 2 * (at - origin) + 3)
    three = {
        **flat,
        "total_steps": span,
        "pct_start": (at - origin + 1) / span,
        "three_phase": True,
    }
    yield Candidate("one_cycle", three, free)
