"""Learning rates of every family in closed form, as the classes of `torch.optim` give them.

Ticks are calls of `scheduler.step()`; parameters carry PyTorch's names (see
https://docs.pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate), `base_lr` is the
optimizer's rate. Real ticks are allowed, so that a curve can be placed on any logged axis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lrdiag.runs import FloatArray

Parameters = Mapping[str, Any]

# A tick that falls short of a milestone by rounding alone has reached it.
_TICK_SLACK = 1e-9


def rate_at(family: str, parameters: Parameters, tick: FloatArray) -> FloatArray:
    """Rates of a family at ticks.

    Args:
        family: a name of `FORWARD`.
        parameters: PyTorch's names, in ticks.
        tick: float64[n]; negative ticks count as 0.

    Returns:
        float64[n].

    Raises:
        KeyError: an unknown family or a missing parameter.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        return unguarded_rate_at(family, parameters, tick)


def unguarded_rate_at(family: str, parameters: Parameters, tick: FloatArray) -> FloatArray:
    """The same for callers in a loop that have told numpy already to ignore overflow."""
    at = np.maximum(np.asarray(tick, np.float64), 0.0)
    return np.asarray(FORWARD[family](parameters, at), np.float64)


def _constant(p: Parameters, t: FloatArray) -> FloatArray:
    return np.full_like(t, p["base_lr"])


def _step(p: Parameters, t: FloatArray) -> FloatArray:
    done = np.floor(t / p["step_size"] + _TICK_SLACK)
    return np.asarray(p["base_lr"] * p["gamma"] ** done)


def _count(milestones: Any, t: FloatArray) -> FloatArray:
    places = np.asarray(sorted(milestones), np.float64)
    return np.searchsorted(places, t + _TICK_SLACK, side="right").astype(np.float64)


def _multistep(p: Parameters, t: FloatArray) -> FloatArray:
    return np.asarray(p["base_lr"] * p["gamma"] ** _count(p["milestones"], t))


def _plateau(p: Parameters, t: FloatArray) -> FloatArray:
    return np.maximum(_multistep(p, t), p.get("min_lr") or 0.0)


def _manual(p: Parameters, t: FloatArray) -> FloatArray:
    levels = np.concatenate([[p["base_lr"]], np.asarray(p["values"], np.float64)])
    return np.asarray(levels[_count(p["points"], t).astype(int)])


def _exponential(p: Parameters, t: FloatArray) -> FloatArray:
    return np.asarray(p["base_lr"] * p["gamma"] ** t)


def _polynomial(p: Parameters, t: FloatArray) -> FloatArray:
    left = np.maximum(0.0, 1.0 - np.minimum(t, p["total_iters"]) / p["total_iters"])
    return np.asarray(p["base_lr"] * left ** p["power"])


def _linear(p: Parameters, t: FloatArray) -> FloatArray:
    done = np.minimum(t, p["total_iters"]) / p["total_iters"]
    first = p["start_factor"]
    return np.asarray(p["base_lr"] * (first + (p["end_factor"] - first) * done))


def _cosine_arc(first: float, last: float, done: FloatArray) -> FloatArray:
    return np.asarray(last + (first - last) * 0.5 * (1.0 + np.cos(np.pi * done)))


def _cosine(p: Parameters, t: FloatArray) -> FloatArray:
    return _cosine_arc(p["base_lr"], p.get("eta_min") or 0.0, t / p["T_max"])


def _cosine_restarts(p: Parameters, t: FloatArray) -> FloatArray:
    first, growth = p["T_0"], p.get("T_mult", 1)
    if growth == 1:
        inside, length = np.mod(t + _TICK_SLACK, first) - _TICK_SLACK, first
    else:
        cycle = np.log(np.maximum(t / first * (growth - 1) + 1, 1) + 1e-12) / np.log(growth)
        scale = growth ** np.floor(cycle)
        inside, length = t - first * (scale - 1) / (growth - 1), first * scale
    return _cosine_arc(p["base_lr"], p.get("eta_min") or 0.0, inside / length)


def one_cycle_phases(p: Parameters) -> list[tuple[float, float, float]]:
    """(end tick, first rate, last rate) of each phase of OneCycleLR."""
    top, total, rise = p["max_lr"], p["total_steps"], p["pct_start"]
    first = top / p["div_factor"]
    last = first / p["final_div_factor"]
    if p.get("three_phase"):
        ends = [(rise * total - 1, first, top), (2 * rise * total - 2, top, first)]
        return [*ends, (total - 1, first, last)]
    return [(rise * total - 1, first, top), (total - 1, top, last)]


def _one_cycle(p: Parameters, t: FloatArray) -> FloatArray:
    out, begin = np.zeros_like(t), 0.0
    for end, first, last in one_cycle_phases(p):
        done = (t - begin) / (end - begin)
        linear = p.get("anneal_strategy") == "linear"
        arc = first + (last - first) * done if linear else _cosine_arc(first, last, done)
        out = np.where((t > begin) | (begin == 0.0), arc, out)
        begin = end
    return out


def _cyclic(p: Parameters, t: FloatArray) -> FloatArray:
    up, down = p["step_size_up"], p["step_size_down"]
    cycle = np.floor(1 + t / (up + down) + 1e-12)
    inside = (1 + t / (up + down) - cycle) * (up + down)
    height = np.where(inside <= up, inside / up, 1 - (inside - up) / down)
    scale = {"triangular": 1.0, "triangular2": 0.5 ** (cycle - 1)}.get(p.get("mode", ""))
    if scale is None:
        scale = p["gamma"] ** t
    return np.asarray(p["base_lr"] + (p["max_lr"] - p["base_lr"]) * height * scale)


def _ramp(p: Parameters, t: FloatArray) -> FloatArray:
    """Linear warm-up as a factor: start_factor at 0, 1 from tick `warmup`."""
    length, first = p["warmup"], p.get("start_factor") or 0.0
    return np.asarray(first + (1 - first) * np.minimum(t, length) / max(length, 1e-12))


def _warmup_multistep(p: Parameters, t: FloatArray) -> FloatArray:
    return np.asarray(_ramp(p, t) * _multistep(p, t))


def _warmup_cosine(p: Parameters, t: FloatArray) -> FloatArray:
    done = (t - p["warmup"]) / (p["total"] - p["warmup"])
    if p.get("clamp", True):
        done = np.minimum(done, 1.0)
    arc = _cosine_arc(p["base_lr"], p.get("eta_min") or 0.0, done)
    return np.where(t < p["warmup"], p["base_lr"] * _ramp(p, t), arc)


def _warmup_linear(p: Parameters, t: FloatArray) -> FloatArray:
    left = np.maximum(0.0, (p["total"] - t) / (p["total"] - p["warmup"]))
    return np.asarray(p["base_lr"] * np.where(t < p["warmup"], _ramp(p, t), left))


def _wsd(p: Parameters, t: FloatArray) -> FloatArray:
    floor, start = p.get("min_ratio") or 0.0, p["warmup"] + p["stable"]
    done = np.clip((t - start) / p["decay"], 0.0, 1.0)
    left = {
        "linear": lambda: 1 - done,
        "cosine": lambda: 0.5 * (1 + np.cos(np.pi * done)),
        "1-sqrt": lambda: 1 - np.sqrt(done),
    }[p["decay_type"]]()
    rise = np.minimum(t / max(p["warmup"], 1e-12), 1.0)
    return np.asarray(p["base_lr"] * (np.where(t < p["warmup"], rise, left) * (1 - floor) + floor))


def _inverse_sqrt(p: Parameters, t: FloatArray) -> FloatArray:
    warmup = p["warmup"]
    scale = p.get("timescale", warmup)
    rise = t / max(warmup, 1e-12)
    fall = 1 / np.sqrt(np.maximum(t + scale - warmup, 1e-12) / max(scale, 1e-12))
    return np.asarray(p["base_lr"] * np.where(t < warmup, rise, fall))


def _sequential(p: Parameters, t: FloatArray) -> FloatArray:
    out = np.zeros_like(t)
    bounds = [0.0, *p["milestones"]]
    for (family, part), begin in zip(p["parts"], bounds, strict=True):
        inside = t + _TICK_SLACK >= begin
        out[inside] = rate_at(family, part, t[inside] - begin)
    return out


def _chained(p: Parameters, t: FloatArray) -> FloatArray:
    out = np.full_like(t, p["base_lr"])
    for family, part in p["parts"]:
        out = out * rate_at(family, {**part, "base_lr": 1.0}, t)
    return out


FORWARD: dict[str, Callable[[Parameters, FloatArray], FloatArray]] = {
    "constant": _constant,
    "step": _step,
    "multistep": _multistep,
    "plateau": _plateau,
    "manual": _manual,
    "exponential": _exponential,
    "polynomial": _polynomial,
    "linear": _linear,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "one_cycle": _one_cycle,
    "cyclic": _cyclic,
    "warmup_multistep": _warmup_multistep,
    "warmup_cosine": _warmup_cosine,
    "warmup_linear": _warmup_linear,
    "wsd": _wsd,
    "inverse_sqrt": _inverse_sqrt,
    "sequential": _sequential,
    "chained": _chained,
}
