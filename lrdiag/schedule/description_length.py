"""How many numbers a family needs: of two that rebuild a log, the shorter is believed."""

from __future__ import annotations

from typing import Any

from lrdiag.schedule.candidate import Candidate


def cost(candidate: Candidate) -> int:
    """Parameters of a candidate, the origin not counted."""
    return parameters_of(candidate.family, candidate.build(candidate.flat))


def parameters_of(family: str, p: dict[str, Any]) -> int:
    """Numbers that a person would have to write down for a schedule."""
    places = len(p.get("milestones", ()))
    counts: dict[str, int] = {
        "constant": 1, "step": 3, "multistep": 2 + places, "exponential": 2,
        "plateau": 2 + places + bool(p.get("min_lr")), "manual": 1 + 2 * len(p.get("points", ())),
        "polynomial": 3 if p.get("power", 1) != 1 else 2, "linear": _linear(p),
        "cosine": 2 + bool(p.get("eta_min")), "one_cycle": 5,
        "cosine_restarts": 2 + (p.get("T_mult", 1) != 1) + bool(p.get("eta_min")),
        "cyclic": 4 + (p.get("mode") == "exp_range"),
        "warmup_multistep": 3 + places + bool(p.get("start_factor")),
        "warmup_cosine": 3 + bool(p.get("start_factor")) + bool(p.get("eta_min")),
        "warmup_linear": 3 + bool(p.get("start_factor")),
        "wsd": 4 + bool(p.get("min_ratio")),
        "inverse_sqrt": 2 + (p.get("timescale", p.get("warmup")) != p.get("warmup")),
    }  # fmt: skip
    if family in ("sequential", "chained"):
        return places + sum(parameters_of(f, q) for f, q in p["parts"])
    return counts[family]


def _linear(p: dict[str, Any]) -> int:
    first, last = p.get("start_factor", 1), p.get("end_factor", 1)
    if first != 1 and last != 1:
        return 4
    return 2 if last == 0 else 3
