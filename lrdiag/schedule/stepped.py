"""Families of constant stretches: StepLR, MultiStepLR, plateau, hand-made, after a warm-up."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lrdiag.runs import FloatArray, IntArray
from lrdiag.schedule.one_gamma import SURE_BITS, bits_of, common_gamma, powers_of_one_gamma
from lrdiag.schedule.points import Rates
from lrdiag.schedule.steps import Steps, steps_of
from lrdiag.schedule.values import Clock
from lrdiag.schedule.written_warmup import with_whole_warmup

# A drop may be seen up to two ticks from where it was made (step order, 1-based rows).
_SHIFT_TICKS = 2.0
# Merged drops are looked for where at most this share of rows changes.
_MOST_MERGED = 0.4
# Natural logarithm of how far the rate may have fallen before the log began: beyond it powers of
# gamma vanish, and no optimiser began at such a rate.
_FARTHEST = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Stepped:
    """A stepped family: flat parameters with `origin`, in logged steps, and its cost.

    `bits`: how surely one gamma explains all changes (0 for changes by hand).
    """

    family: str
    flat: dict[str, Any]
    cost: int
    clock: Clock = field(default_factory=Clock)
    bits: float = 0.0


def stepped_family(rates: Rates, steps: Steps, clock: Clock, *, in_epochs: bool = False) -> Stepped:
    """The stepped family with the fewest parameters for these changes.

    Args:
        rates: the log. steps: its changes. clock: of an epoch where rows are steps, else plain.
        in_epochs: the clock is that of known epochs, at which alone the rate changes: places
            are told in epochs.
    """
    fine = steps_of(rates, rates.fine_width)
    if not in_epochs:
        return _simplest(rates, steps, fine, clock)
    places = replace(rates, step=_in_ticks(rates.step.astype(float), clock).astype(np.int64))
    steps, fine = (
        replace(s, left=_in_ticks(s.left, clock), right=_in_ticks(s.right, clock))
        for s in (steps, fine)
    )
    return replace(_simplest(places, steps, fine, Clock()), clock=clock)


def _simplest(rates: Rates, steps: Steps, fine: Steps, clock: Clock) -> Stepped:
    """The same; `fine`: the changes with the finest widths that the values allow."""
    base = float(rates.rate[steps.warmup])
    per_tick = clock.tick
    common = common_gamma(fine, per_tick)
    common = common or common_gamma(steps, per_tick)
    if common is None and 2 < len(steps.rows) < _MOST_MERGED * len(rates):
        # Ratios that are surely powers of one number tell drops between logged steps.
        common = powers_of_one_gamma(steps)
    found: Stepped | None
    if common is None:
        found = _clipped(steps, per_tick, base) or _manual(steps, base)
    else:
        gamma, multiple = common
        bits = bits_of(steps, gamma, multiple)
        found = _regular(rates, steps, gamma, multiple, clock, base)
        found = found or _milestones(steps, gamma, multiple, base)
        by_hand = _manual(steps, base)
        sure = bits >= SURE_BITS or found.cost <= by_hand.cost
        found = replace(found, bits=bits) if sure else by_hand
    return _after_warmup(rates, steps, found) if steps.warmup else found


def _regular(  # noqa: PLR0917 - what is known of the changes
    rates: Rates, steps: Steps, gamma: float, multiple: IntArray, clock: Clock, base: float
) -> Stepped | None:
    """StepLR: the changes lie on a grid through the origin, and no grid point lacks a change.

    The grid is one of ticks: of epochs where rows are steps and changes come at epochs only.
    """
    done = np.concatenate([[0], np.cumsum(multiple)[:-1]]).astype(float)
    left, right = _in_ticks(steps.left, clock), _in_ticks(steps.right, clock)
    found = _grid(left, right, done, multiple)
    if found is None:
        return None
    size, first = found
    begin, end = _in_ticks(rates.step[[steps.warmup, -1]].astype(float), clock)
    missed_before = first - size > begin + _SHIFT_TICKS
    missed_after = first + size * float(multiple.sum()) <= end
    if missed_before or missed_after:
        return None
    number = max(1, round(first / size))
    origin = first - number * size
    if abs((number - 1) * math.log(gamma)) > _FARTHEST:
        return None
    if len(steps.rows) > 2 and abs(origin) > _SHIFT_TICKS + 0.5 + 0.02 * size:
        return None
    flat = {
        "base_lr": base / gamma ** (number - 1), "step_size": size, "gamma": gamma, "origin": origin
    }  # fmt: skip
    return Stepped("step", flat, 3, clock)


def _in_ticks(step: FloatArray, clock: Clock) -> FloatArray:
    tick = (step - clock.origin) / clock.tick
    return np.asarray(np.floor(tick + 1e-9) if clock.floor else tick)


def _grid(
    left: FloatArray, right: FloatArray, done: FloatArray, multiple: IntArray
) -> tuple[float, float] | None:
    """(size, first) with left < first + size * (done + 0 … multiple-1) <= right for all changes."""
    if len(left) == 1:
        middle = _roundest(left[0], right[0])
        return middle, middle
    lefts = np.concatenate([left, left])
    rights = np.concatenate([right, right])
    count = np.concatenate([done, done + multiple - 1])
    gap = count[None, :] - count[:, None]
    later = gap > 0
    if not later.any():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        low = ((lefts[None, :] - rights[:, None]) / gap)[later].max()
        high = ((rights[None, :] - lefts[:, None]) / gap)[later].min()
    if low >= high:
        return None
    for size in _sizes(float(low), float(high)):
        first_low = float((lefts - size * count).max())
        first_high = float((rights - size * count).min())
        if first_low < first_high:
            return size, _multiple_in(first_low, first_high, size)
    return None


def _sizes(low: float, high: float) -> list[float]:
    """Whole sizes strictly inside, the roundest first; the middle if there is none."""
    whole = np.arange(np.floor(low) + 1, min(np.ceil(high), np.floor(low) + 4000))
    if not len(whole):
        return [0.5 * (low + high)]
    middle = 0.5 * (low + high)
    ranked = sorted(whole.tolist(), key=lambda s: (-_zeros(s), abs(s - middle)))
    return [*(float(s) for s in ranked[:60]), middle]


def _zeros(number: float) -> int:
    """How round a whole number is: its power of ten."""
    power = 0
    while number and number % 10 == 0:
        number, power = number // 10, power + 1
    return power


def _multiple_in(low: float, high: float, size: float) -> float:
    """A multiple of `size` in (low, high], or the end that is closest to one."""
    number = np.floor(high / size + 1e-9)
    if number >= 1 and number * size > low:
        return float(number * size)
    return float(high)


def _roundest(low: float, high: float) -> float:
    """The roundest whole number in (low, high]."""
    whole = np.arange(np.floor(low) + 1, np.floor(high) + 1)
    if not len(whole) or len(whole) > 5000:
        return float(high)
    return float(max(whole.tolist(), key=lambda n: (_zeros(n), n)))


def _milestones(steps: Steps, gamma: float, multiple: IntArray, base: float) -> Stepped:
    """MultiStepLR; a change that merges several drops holds as many milestones."""
    places: list[float] = []
    for left, right, count in zip(steps.left, steps.right, multiple, strict=True):
        places += [float(max(right - k, left + 1e-3)) for k in range(int(count) - 1, -1, -1)]
    flat = {"base_lr": base, "milestones": places, "gamma": gamma, "origin": 0.0}
    return Stepped("multistep", flat, 2 + len(places))


def _clipped(steps: Steps, per_tick: float, base: float) -> Stepped | None:
    """ReduceLROnPlateau whose last drop ends at min_lr."""
    if len(steps.rows) < 2:
        return None
    head = Steps(
        steps.rows[:-1], steps.before[:-1], steps.after[:-1], steps.low[:-1], steps.high[:-1],
        steps.left[:-1], steps.right[:-1], steps.warmup,
    )  # fmt: skip
    common = common_gamma(head, per_tick)
    if common is None or not 1.0 > steps.low[-1] > common[0]:
        return None
    flat = _milestones(head, *common, base).flat
    places = [*flat["milestones"], float(steps.right[-1])]
    flat |= {"milestones": places, "min_lr": float(steps.after[-1])}
    return Stepped("plateau", flat, 3 + len(places))


def _manual(steps: Steps, base: float) -> Stepped:
    flat = {
        "base_lr": base,
        "points": steps.right.tolist(),
        "values": steps.after.tolist(),
        "origin": 0.0,
    }
    return Stepped("manual", flat, 1 + 2 * len(steps.rows))


def _after_warmup(rates: Rates, steps: Steps, found: Stepped) -> Stepped:
    """The same with the linear rise before it."""
    head_step = rates.step[: steps.warmup + 1].astype(float)
    head = rates.rate[: steps.warmup + 1]
    slope = (head[-1] - head[0]) / (head_step[-1] - head_step[0])
    top = found.flat["base_lr"] if found.family != "manual" else float(head[-1])
    zero = head_step[0] - head[0] / slope
    flat = dict(found.flat)
    if found.family in ("step", "multistep", "plateau"):
        places = flat.get("milestones") or steps.right.tolist()
        flat = {
            "base_lr": float(head[-1]),
            "gamma": flat["gamma"],
            "milestones": [p - zero for p in places],
            "warmup": float((head[-1] - head[0]) / slope + head[0] / slope),
            "start_factor": 0.0,
            "origin": float(zero),
        }
        cost = 3 + len(places)
        flat = with_whole_warmup(flat, float(head_step[0]))
        return Stepped("warmup_multistep", flat, cost, bits=found.bits)
    return Stepped("manual", {**flat, "base_lr": top}, found.cost + 2)
