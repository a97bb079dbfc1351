"""Candidate cases as YAML data, and the pieces their curves are made of."""

from __future__ import annotations

import random
from typing import Any


def case(name: str, settings: dict[str, Any] | None = None, **series: str) -> dict[str, Any]:
    tags = {tag.replace("__", "/"): curve for tag, curve in series.items() if curve}
    return {"name": name, "series": tags, **({"settings": settings} if settings else {})}


def pick(r: random.Random, *values: Any) -> Any:
    return r.choice(values)


def step_lr(r: random.Random, rows: int) -> tuple[str, list[int]]:
    """A rate with one or two drops by ten, and where they are."""
    cuts = sorted(r.sample(range(max(2, rows // 8), rows - 2), pick(r, 1, 1, 2)))
    edges = [0, *cuts, rows]
    rates = [pick(r, 0.1, 0.05)]
    for _ in cuts:
        rates.append(rates[-1] * pick(r, 0.1, 0.1, 0.2, 0.5))
    parts = [f"{rate:.6g}x{b - a}" for rate, a, b in zip(rates, edges, edges[1:], strict=False)]
    return " ".join(parts), cuts


def falling(r: random.Random, rows: int, noise: float, low: float | None = None) -> str:
    return f"2.3>>{low or pick(r, 0.1, 0.3, 0.6)}x{rows}~{noise}"
