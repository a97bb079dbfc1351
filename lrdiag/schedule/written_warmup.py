"""A linear warm-up in the form in which a person would write it: whole ticks from a whole one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

# A fitted tick this close to a whole one is that one; a whole one misses it by rounding alone.
_WHOLE = 0.02
_ROUNDING = 1e-3


def with_whole_warmup(flat: Mapping[str, Any], first_tick: float) -> dict[str, Any]:
    """The same schedule with a start factor, where a ramp from nothing needs broken ticks.

    A ramp of LinearLR from a tenth of the rate in 5 ticks lies on the line of one from nothing in
    5.56 ticks that began 0.56 ticks before; nobody writes the latter.

    Args:
        flat: parameters with `warmup`, `start_factor` and `origin` in ticks; others that count
            ticks from the origin are `total` and `milestones`.
        first_tick: of the log; a training begins at tick 0, or at 1 where rows count from 1.

    Returns:
        The parameters with whole `warmup` and `origin`, unchanged where they are whole already
        or where the ramp does not end at a whole tick.
    """
    out = dict(flat)
    zero, length = float(flat.get("origin", 0.0)), float(flat.get("warmup") or 0.0)
    end = zero + length
    begin = max(math.ceil(zero - _ROUNDING), 0 if first_tick < 1.0 else 1)
    if flat.get("start_factor") != 0.0 or (_apart(zero) < _ROUNDING and _apart(length) < _ROUNDING):
        return out
    if _apart(end) > _WHOLE or round(end) - begin < 1:
        return out
    out |= {
        "warmup": float(round(end) - begin),
        "start_factor": (begin - zero) / length,
        "origin": float(begin),
    }
    shift = zero - begin
    if "total" in out:
        out["total"] = _nearly(out["total"] + shift)
    if "milestones" in out:
        out["milestones"] = [_nearly(m + shift) for m in out["milestones"]]
    return out


def _apart(tick: float) -> float:
    return abs(tick - round(tick))


def _nearly(tick: float) -> float:
    """A tick that differs from a whole one by rounding alone as that one."""
    return float(round(tick)) if _apart(tick) < _ROUNDING else tick
