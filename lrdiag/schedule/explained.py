"""Family and drops of a log that the configuration explains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lrdiag.runs import FloatArray
from lrdiag.schedule.agreement import Reconciled
from lrdiag.schedule.hypotheses import Hypothesis, disturbed_parameters, ticks
from lrdiag.schedule.identify import Identified
from lrdiag.schedule.points import Rates
from lrdiag.schedule.values import Clock, Family

_STEPPED = ("step", "multistep", "warmup_multistep")


def explained(answer: Reconciled, rates: Rates) -> Identified | None:
    """The configured family with the parameters really used; None if nothing was explained.

    Drops and rises are the rows at which the simulated schedule passes a milestone, jumps, or
    begins anew, and the logged value shows it.
    """
    h, q = answer.hypothesis, answer.question
    if h is None or len(q.compare) < len(rates):
        return None
    tick = ticks(h, q.frame, q.unit)
    if tick is None:
        return None
    if not rates.changed.any():
        family = Family("constant", {"base_lr": float(rates.rate[0])}, exact=True)
        return Identified(family, np.zeros(0, np.int64))
    used = disturbed_parameters(h, q.parameters)
    passed = np.diff(_drops_done(q.family, used, tick, h.k)) != 0
    rows = np.flatnonzero((passed | _broken_at(h, q.frame.step)) & rates.changed) + 1
    return Identified(Family(q.family, used, exact=True, clock=_clock(answer, h)), rows)


def _drops_done(family: str, used: Mapping[str, Any], tick: FloatArray, k: int) -> FloatArray:
    """float64[n]: milestones passed before each row; 0 for families without any."""
    if family not in _STEPPED:
        return np.zeros_like(tick)
    if family == "step":
        return np.asarray(np.floor(tick / float(used["step_size"]) + 1e-9))
    places = np.sort(np.asarray(used["milestones"], np.float64))
    if family == "warmup_multistep" and k > 1 and float(used["warmup"]) % k:
        # A scheduler stepped several times leaps past the end of the warm-up: a rise of its own.
        places = np.sort(np.append(places, float(used["warmup"])))
    return np.searchsorted(places, tick + 1e-9, side="right").astype(np.float64)


def _broken_at(h: Hypothesis, step: FloatArray) -> FloatArray:
    """bool[n-1]: whether the row after is the first past a jump or a reset."""
    if h.at is None:
        return np.zeros(len(step) - 1, bool)
    return np.asarray((step[:-1] < h.at) & (step[1:] >= h.at))


def _clock(answer: Reconciled, h: Hypothesis) -> Clock:
    """What a tick of the configured parameters is in logged steps."""
    q = answer.question
    per = h.per_epoch or q.frame.per_epoch
    counts_epochs = h.kind == "per_epoch" or (q.unit != "step" and h.kind != "per_batch")
    shift = h.base + h.delta
    if q.frame.rows_are_epochs:
        tick = 1.0 if counts_epochs or not per else 1.0 / per
        return Clock(tick / h.k, shift if counts_epochs else h.base - 1 + tick * (1 - h.sub))
    if counts_epochs and per:
        return Clock(per / h.k, h.base + (h.delta - h.sub) * per, floor=h.k == 1)
    return Clock(1.0 / h.k, shift - h.sub)


def scaled(found: Identified, factor: float) -> Identified:
    """The same schedule for a param group whose rate is a constant multiple."""
    return replace(
        found, family=replace(found.family, parameters=_times(found.family.parameters, factor))
    )


_RATE_NAMES = ("base_lr", "max_lr", "eta_min", "min_lr")


def _times(parameters: Mapping[str, Any], factor: float) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in parameters.items():
        if name in _RATE_NAMES and isinstance(value, int | float):
            out[name] = value * factor
        elif name == "values":
            out[name] = [v * factor for v in value]
        elif name == "parts":
            out[name] = [(f, _times(p, factor)) for f, p in value]
        else:
            out[name] = value
    return out


def multiple_of(rates: Rates, other: Rates) -> float | None:
    """The constant factor between two groups' rates, None if there is none."""
    if len(rates) != len(other) or not np.array_equal(rates.step, other.step):
        return None
    top = int(np.argmax(other.rate))
    if other.rate[top] <= 0:
        return None
    factor = float(rates.rate[top] / other.rate[top])
    room = rates.half_width + factor * other.half_width + rates.half_width[top]
    return factor if np.all(np.abs(rates.rate - factor * other.rate) <= 2 * room) else None
