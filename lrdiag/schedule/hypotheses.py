"""What the logged rate would be if the configured schedule had been run in a certain way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrdiag.runs import FloatArray
from lrdiag.schedule.forward import unguarded_rate_at
from lrdiag.schedule.values import ConfiguredSchedule


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Logged rows as places in the training.

    `step`: float64[n] logged index; `rows_are_epochs`: a step is an epoch; `per_epoch`: steps an
    epoch, None if unknown; `phase`: steps that may be the first of an epoch; `first`: the index
    of the log's first row, from which it may count instead of from 0 or 1.
    """

    step: FloatArray
    rows_are_epochs: bool
    per_epoch: float | None
    phase: tuple[float, ...] = (0.0, 1.0, -1.0)
    first: float = 0.0

    def at(self, rows: Any) -> Frame:
        """The frame of some rows only."""
        if len(rows) == len(self.step):
            return self
        return Frame(self.step[rows], self.rows_are_epochs, self.per_epoch, self.phase, self.first)

    def rows_late(self, base: float) -> float:
        """Rows by which a base lies after the log's own first index (0 or 1 for most logs)."""
        return base - self.first if self.first > 1 and base > 1 else base


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One way in which a configured schedule may have been run.

    `kind`: ok, offset (a constant shift of `delta` ticks), never_stepped, per_batch, per_epoch,
    rate_k (`k` steps for one), wrong_gamma, missed_drop, jump (times `factor` from step `at`),
    resume_reset (back to tick 0 at step `at`, which was tick `tick_at`), resumed (an epoch that
    was left at step `at` began anew there). `epoch_from`: the epoch that began at step `at`, for
    resumes in mid-epoch.
    `base`: the logged index of the first row, `sub`: ticks by which a row at the end of an epoch
    is late. `per_epoch`: steps an epoch, where the log had to tell.
    """

    kind: str
    base: float = 0.0
    sub: float = 0.0
    delta: float = 0.0
    k: int = 1
    gamma: float | None = None
    missed: int | None = None
    at: float | None = None
    tick_at: float = 0.0
    factor: float | None = None
    per_epoch: float | None = None
    epoch_from: float | None = None


def ticks(hypothesis: Hypothesis, frame: Frame, unit: str) -> FloatArray | None:
    """float64[n]: calls of `scheduler.step()` before each row; None without steps an epoch."""
    h, per = hypothesis, hypothesis.per_epoch or frame.per_epoch
    if h.kind == "never_stepped":
        return np.zeros_like(frame.step)
    at = frame.step - h.base
    counts_epochs = h.kind == "per_epoch" or (unit != "step" and h.kind != "per_batch")
    if frame.rows_are_epochs:
        if counts_epochs:
            tick = at
        elif per is None:
            return None
        else:
            tick = at * per + per - 1 + h.sub
    elif not counts_epochs:
        tick = at + h.sub
    elif per is None:
        return None
    else:
        tick = np.floor(at / per + 1e-9) + h.sub
    if h.epoch_from is not None and h.at is not None and per:
        again = np.floor((frame.step - h.at) / per + 1e-9) + h.epoch_from + h.sub
        return np.maximum(np.where(frame.step >= h.at, again, tick), 0.0)
    return np.asarray(_disturbed(h, frame.step, tick), np.float64)


def _disturbed(h: Hypothesis, step: FloatArray, tick: FloatArray) -> FloatArray:
    tick = np.maximum(tick - h.delta, 0.0) * h.k
    if h.kind == "resume_reset" and h.at is not None:
        return np.where(step >= h.at, np.maximum(tick - h.tick_at, 0.0), tick)
    return tick


def simulate(
    hypothesis: Hypothesis, family: str, parameters: Mapping[str, Any], frame: Frame, unit: str
) -> FloatArray | None:
    """float64[n]: rates of the rows under a hypothesis; None where it cannot be computed."""
    tick = ticks(hypothesis, frame, unit)
    if tick is None:
        return None
    rates = unguarded_rate_at(family, disturbed_parameters(hypothesis, parameters), tick)
    if hypothesis.kind == "jump" and hypothesis.factor is not None:
        rates = np.where(frame.step >= (hypothesis.at or 0.0), rates * hypothesis.factor, rates)
    return rates


def disturbed_parameters(h: Hypothesis, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters that were really used under a hypothesis."""
    if h.kind not in ("wrong_gamma", "missed_drop"):
        return parameters
    used = dict(parameters)
    if h.kind == "wrong_gamma":
        used["gamma"] = h.gamma
    if h.kind == "missed_drop":
        used["milestones"] = [m for m in used["milestones"] if m != h.missed]
    return used


_REQUIRED: dict[str, tuple[str, ...]] = {
    "constant": (),
    "step": ("step_size", "gamma"),
    "multistep": ("milestones", "gamma"),
    "exponential": ("gamma",),
    "polynomial": ("total_iters", "power"),
    "linear": ("start_factor", "end_factor", "total_iters"),
    "cosine": ("T_max",),
    "cosine_restarts": ("T_0",),
    "one_cycle": ("max_lr", "total_steps", "pct_start", "div_factor", "final_div_factor"),
    "cyclic": ("max_lr", "step_size_up", "step_size_down"),
    "warmup_multistep": ("warmup", "milestones", "gamma"),
    "warmup_cosine": ("warmup", "total"),
    "warmup_linear": ("warmup", "total"),
    "wsd": ("warmup", "stable", "decay", "decay_type"),
    "inverse_sqrt": ("warmup",),
}


def forward_parameters(configured: ConfiguredSchedule, first_rate: float) -> dict[str, Any] | None:
    """Parameters for `rate_at`, or None if the configuration does not say enough.

    Args:
        configured: as read.
        first_rate: the base rate where the configuration names none.
    """
    required = _REQUIRED.get(configured.family)
    if required is None:
        return None
    out = {k: v for k, v in configured.parameters.items() if k != "warmup_hint"}
    out.setdefault("base_lr", configured.base_lr if configured.base_lr is not None else first_rate)
    named = {
        "milestones": list(configured.milestones) or None,
        "step_size": configured.step_size,
        "gamma": configured.gamma,
    }
    out |= {k: v for k, v in named.items() if v is not None and k not in out}
    if configured.family == "cosine_restarts":
        out.setdefault("T_mult", 1)
    return out if all(out.get(k) is not None for k in required) else None
