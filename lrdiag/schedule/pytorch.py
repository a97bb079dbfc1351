"""A line of PyTorch that makes a schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Parameters = Mapping[str, Any]


def pytorch_line(family: str, parameters: Parameters, per: str = "epoch", lead: float = 0.0) -> str:
    """Lines to paste that make the schedule, with when to step it as a comment.

    Args:
        family: a name of `values.Family`. parameters: its parameters, in ticks.
        per: what a tick is, for the comment. lead: ticks that the schedule was ahead of a new
            scheduler at the log's first step; only a lambda can begin there.

    Returns:
        Python source; empty for a family that no scheduler makes.
    """
    write = _LINES.get(family)
    if write is None:
        return ""
    made = write({**parameters, "lead": _whole(lead)})
    return f"scheduler = {made}  # step() every {per}; base lr {_base(parameters)}"


def _base(p: Parameters) -> str:
    return number(p.get("max_lr") if "total_steps" in p else p.get("base_lr"))


def number(value: Any) -> str:
    """A number in as few digits as keep six significant ones; lists likewise."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(number(v) for v in value) + "]"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return repr(value)
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.6g}"


def _call(name: str, *pairs: tuple[str, Any]) -> str:
    inside = ", ".join(f"{key}={number(value)}" for key, value in pairs)
    return f"{name}(optimizer, {inside})" if inside else f"{name}(optimizer)"


def _whole(value: Any) -> Any:
    """Schedulers count in whole ticks; a fitted length next to one is that one."""
    return (
        round(value)
        if isinstance(value, int | float) and abs(value - round(value)) < 0.02
        else value
    )


def _named(p: Parameters, *names: str) -> list[tuple[str, Any]]:
    """Parameters with their values; a length in ticks next to a whole one is that one."""
    return [(n, _whole(p[n]) if n in _LENGTHS else p[n]) for n in names]


_LENGTHS = ("total_steps", "step_size_up", "step_size_down")


def _places(values: Any) -> list[Any]:
    return [_whole(v) for v in values]


def _constant(_: Parameters) -> str:
    return "ConstantLR(optimizer, factor=1, total_iters=1)"


def _multistep(p: Parameters) -> str:
    return _call("MultiStepLR", ("milestones", _places(p["milestones"])), ("gamma", p["gamma"]))


def _plateau(p: Parameters) -> str:
    lowest = (("min_lr", p["min_lr"]),) if p.get("min_lr") else ()
    return _call("ReduceLROnPlateau", ("factor", p["gamma"]), *lowest)


def _manual(p: Parameters) -> str:
    base = p["base_lr"] or 1.0
    factors = {_whole(t): v / base for t, v in zip(p["points"], p["values"], strict=True)}
    written = "{" + ", ".join(f"{number(t)}: {number(v)}" for t, v in factors.items()) + "}"
    last = f"next((v for m, v in reversed({written}.items()) if t >= m), 1)"
    return f"LambdaLR(optimizer, lambda t: {last})"


def _linear(p: Parameters) -> str:
    factors = (("start_factor", p["start_factor"]), ("end_factor", p["end_factor"]))
    return _call("LinearLR", *factors, ("total_iters", _whole(p["total_iters"])))


def _cosine(p: Parameters) -> str:
    return _call(
        "CosineAnnealingLR", ("T_max", _whole(p["T_max"])), ("eta_min", p.get("eta_min", 0))
    )


def _restarts(p: Parameters) -> str:
    return _call(
        "CosineAnnealingWarmRestarts",
        ("T_0", _whole(p["T_0"])), ("T_mult", p.get("T_mult", 1)), ("eta_min", p.get("eta_min", 0)),
    )  # fmt: skip


def _one_cycle(p: Parameters) -> str:
    return _call(
        "OneCycleLR",
        *_named(p, "max_lr", "total_steps", "pct_start", "div_factor", "final_div_factor"),
        ("anneal_strategy", p.get("anneal_strategy", "cos")),
        ("three_phase", p.get("three_phase", False)),
    )


def _cyclic(p: Parameters) -> str:
    more = (("gamma", p["gamma"]),) if p.get("mode") == "exp_range" else ()
    return _call(
        "CyclicLR",
        *_named(p, "base_lr", "max_lr", "step_size_up", "step_size_down"),
        ("mode", p.get("mode", "triangular")),
        *more,
    )


def _warmup(p: Parameters) -> str:
    return _call(
        "LinearLR",
        ("start_factor", p.get("start_factor") or 1e-8),
        ("total_iters", _whole(p["warmup"])),
    )


def _after_warmup(rest: Callable[[Parameters], str]) -> Callable[[Parameters], str]:
    def write(p: Parameters) -> str:
        return _in_turn([_warmup(p), rest(p)], [p["warmup"]])

    return write


def _later_milestones(p: Parameters) -> str:
    return _multistep({**p, "milestones": [m - p["warmup"] for m in p["milestones"]]})


def _later_cosine(p: Parameters) -> str:
    return _cosine({**p, "T_max": p["total"] - p["warmup"]})


def _later_linear(p: Parameters) -> str:
    return _linear({"start_factor": 1, "end_factor": 0, "total_iters": p["total"] - p["warmup"]})


def _inverse_sqrt(p: Parameters) -> str:
    t, warmup, scale = _tick(p), _whole(p["warmup"]), _whole(p.get("timescale", p["warmup"]))
    since = t if scale == warmup else f"({t} + {number(scale)} - {number(warmup)})"
    return (
        f"LambdaLR(optimizer, lambda t: {t} / {number(warmup)} if {t} < {number(warmup)} "
        f"else ({number(scale)} / {since}) ** 0.5)"
    )


def _tick(p: Parameters) -> str:
    """The tick in a lambda, which counts from 0 where the schedule may have been further on."""
    lead = p.get("lead", 0.0)
    return f"(t + {number(lead)})" if lead > 0 else "t"


def _counted_from_one(p: Parameters) -> bool:
    """A warm-up of `(t + 1) / warmup` straight into the decay: the peak stands for two ticks."""
    plain = p["decay_type"] in ("linear", "cosine") and not p.get("min_ratio")
    return plain and p["stable"] == 1 and p.get("lead") == 1 and _whole(p["warmup"]) > 1


def _wsd(p: Parameters) -> str:
    if _counted_from_one(p):
        warmup, decay = _whole(p["warmup"]), _whole(p["decay"])
        rise = _call("LinearLR", ("start_factor", 1 / warmup), ("total_iters", warmup - 1))
        fall = {
            "linear": _linear({"start_factor": 1, "end_factor": 0, "total_iters": decay}),
            "cosine": _cosine({"T_max": decay}),
        }[p["decay_type"]]
        return _in_turn([rise, fall], [warmup])
    t, stop = _tick(p), number(_whole(p["warmup"] + p["stable"]))
    decay, low = number(_whole(p["decay"])), number(p.get("min_ratio") or 0)
    left = {
        "linear": "1 - d", "cosine": "(1 + math.cos(math.pi * d)) / 2", "1-sqrt": "1 - d ** 0.5",
    }[p["decay_type"]]  # fmt: skip
    rise = (
        f"{t} / {number(_whole(p['warmup']))} if {t} < {number(_whole(p['warmup']))} else "
        if p["warmup"]
        else ""
    )
    level = f"{rise}(lambda d: {left})(min(max({t} - {stop}, 0) / {decay}, 1))"
    raised = level if low == "0" else f"{low} + (1 - {low}) * ({level})"
    return f"LambdaLR(optimizer, lambda t: {raised})"


def _sequential(p: Parameters) -> str:
    base = p["base_lr"] or 1.0
    parts = [_part(family, inner, base) for family, inner in p["parts"]]
    return _in_turn(parts, p["milestones"])


def _in_turn(parts: list[str], milestones: Any) -> str:
    places = number(_places(milestones))
    return f"SequentialLR(optimizer, [{', '.join(parts)}], milestones={places})"


def _part(family: str, inner: Parameters, base: float) -> str:
    if family == "constant":
        return _call("ConstantLR", ("factor", inner["base_lr"] / base), ("total_iters", 10**9))
    return _LINES[family](inner)


def _chained(p: Parameters) -> str:
    parts = ", ".join(_LINES[family]({"base_lr": 1.0, **inner}) for family, inner in p["parts"])
    return f"ChainedScheduler([{parts}])"


_LINES: dict[str, Callable[[Parameters], str]] = {
    "constant": _constant,
    "step": lambda p: _call("StepLR", ("step_size", _whole(p["step_size"])), ("gamma", p["gamma"])),
    "multistep": _multistep,
    "plateau": _plateau,
    "manual": _manual,
    "exponential": lambda p: _call("ExponentialLR", ("gamma", p["gamma"])),
    "polynomial": lambda p: _call(
        "PolynomialLR", ("total_iters", _whole(p["total_iters"])), ("power", p["power"])
    ),
    "linear": _linear,
    "cosine": _cosine,
    "cosine_restarts": _restarts,
    "one_cycle": _one_cycle,
    "cyclic": _cyclic,
    "warmup_multistep": _after_warmup(_later_milestones),
    "warmup_cosine": _after_warmup(_later_cosine),
    "warmup_linear": _after_warmup(_later_linear),
    "inverse_sqrt": _inverse_sqrt,
    "wsd": _wsd,
    "sequential": _sequential,
    "chained": _chained,
}
