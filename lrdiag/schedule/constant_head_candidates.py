"""First parameters of SequentialLR: a constant head, a jump up, then a schedule of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lrdiag.schedule.candidate import Candidate, Flat
from lrdiag.schedule.monotone_candidates import cosines, exponentials, lines, polynomials
from lrdiag.schedule.sample import Sample


def after_constant(sample: Sample, top: int, origin: float) -> Iterator[Candidate]:
    """A constant head, a jump up, then a schedule of its own (SequentialLR after ConstantLR)."""
    tail = sample.part(top)
    head_lr, begin = float(sample.rate[0]), float(tail.tick[0])
    for make, family in (
        (cosines, "cosine"),
        (lines, "polynomial"),
        (exponentials, "exponential"),
        (polynomials, "polynomial"),
    ):
        for found in make(tail, begin):
            flat = _sequential_flat(found, family, head_lr, begin, origin)
            free = tuple(
                n
                for n in (*found.free, "bound")
                if n in flat and n not in ("end_factor", "eta_min", "origin")
            )
            free = free if family == "cosine" else tuple(n for n in free if n != "bound")
            yield Candidate("sequential", flat, free, _constant_then(family))


def _sequential_flat(
    found: Candidate, family: str, head_lr: float, begin: float, origin: float
) -> dict[str, Any]:
    flat = {
        "base_lr": found.flat["base_lr"],
        "head_lr": head_lr,
        "bound": begin - origin,
        "origin": origin,
    }
    if family == "cosine":
        return flat | {
            "T_max": found.flat["T_max"],
            "eta_min": 0.0,
            "bound": found.flat["origin"] - origin,
        }
    if family == "exponential":
        return flat | {"gamma": found.flat["gamma"]}
    power = found.flat.get("power", 1.0)
    return flat | {"total_iters": found.flat["total_iters"], "power": power}


def _constant_then(family: str) -> Any:
    def build(flat: Flat) -> dict[str, Any]:
        skip = ("origin", "bound", "head_lr")
        tail = {k: v for k, v in flat.items() if k not in skip}
        head = {"base_lr": flat["head_lr"]}
        return {
            "base_lr": flat["base_lr"],
            "parts": [("constant", head), (family, tail)],
            "milestones": [flat["bound"]],
        }

    return build
