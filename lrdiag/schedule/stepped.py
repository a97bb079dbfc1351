"""Families of constant stretches: StepLR, MultiStepLR, plateau, hand-made, after a warm-up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrdiag.runs import FloatArray, IntArray
from lrdiag.schedule.points import Rates
from lrdiag.schedule.short_decimals import shortest_between
from lrdiag.schedule.values import Clock
from lrdiag.schedule.warmup import warmup_rows

# A drop may be seen up to two ticks from where it was made (step order, 1-based rows).
_SHIFT_TICKS = 2.0
_MAX_MULTIPLE = 6
# Merged drops are looked for where at most this share of rows changes.
_MOST_MERGED = 0.4
# A factor above this is no drop that anyone configures.
_LARGEST_GAMMA = 0.985


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Where a rate changes and by how much.

    Attributes:
        rows: int64[k] rows with a new rate. before, after: float64[k] rates.
        low, high: float64[k] interval of each ratio after/before.
        left, right: float64[k] logged steps between which each change lies (left, right].
        warmup: rows of an initial rise, which are no changes.
    """

    rows: IntArray
    before: FloatArray
    after: FloatArray
    low: FloatArray
    high: FloatArray
    left: FloatArray
    right: FloatArray
    warmup: int


def steps_of(rates: Rates, width: FloatArray | None = None) -> Steps:
    """The changes of a log after its warm-up; `width`: half-widths, the log's if not given."""
    width = rates.half_width if width is None else width
    warmup = warmup_rows(rates)
    rows = np.flatnonzero(rates.changed) + 1
    rows = rows[rows > warmup]
    before, after = rates.rate[rows - 1], rates.rate[rows]
    wide_before, wide_after = width[rows - 1], width[rows]
    low = np.maximum(after - wide_after, 0.0) / (before + wide_before)
    high = (after + wide_after) / np.maximum(before - wide_before, 1e-300)
    left, right = rates.step[rows - 1].astype(float), rates.step[rows].astype(float)
    return Steps(rows, before, after, low, high, left, right, warmup)


@dataclass(frozen=True, slots=True, eq=False)
class Stepped:
    """A stepped family: flat parameters with `origin`, in logged steps, and its cost."""

    family: str
    flat: dict[str, Any]
    cost: int
    clock: Clock = field(default_factory=Clock)


def stepped_family(rates: Rates, steps: Steps, clock: Clock) -> Stepped:
    """The stepped family with the fewest parameters for these changes.

    Args:
        rates: the log. steps: its changes. clock: of an epoch where rows are steps, else plain.
    """
    base = float(rates.rate[steps.warmup])
    per_tick = clock.tick
    common = _common_gamma(steps_of(rates, rates.fine_width), per_tick)
    common = common or _common_gamma(steps, per_tick)
    fine = rates.how.kind in ("double", "float32")
    if common is None and fine and 2 < len(steps.rows) < _MOST_MERGED * len(rates):
        # Finely logged ratios that are powers of one number tell drops between logged steps.
        common = _common_gamma(steps, 1.0)
    found: Stepped | None
    if common is None:
        found = _clipped(steps, per_tick, base) or _manual(steps, base)
    else:
        gamma, multiple = common
        found = _regular(rates, steps, gamma, multiple, clock, base)
        found = found or min(
            (_milestones(steps, gamma, multiple, base), _manual(steps, base)), key=lambda f: f.cost
        )
    return _after_warmup(rates, steps, found) if steps.warmup else found


def _common_gamma(steps: Steps, per_tick: float) -> tuple[float, IntArray] | None:
    """Gamma below 1 that explains every change, with how many drops each change merges."""
    if not len(steps.rows) or np.any(steps.low >= _LARGEST_GAMMA):
        return None
    ones = np.ones(len(steps.rows), np.int64)
    low, high = float(steps.low.max()), float(steps.high.min())
    if low <= high:
        return _gamma_between(low, high), ones
    return _merged_gamma(steps, per_tick)


def _merged_gamma(steps: Steps, per_tick: float) -> tuple[float, IntArray] | None:
    """As above where rows are missing, so that two drops may show as one."""
    middle = np.sqrt(np.maximum(steps.low, 1e-12) * np.maximum(steps.high, 1e-12))
    smallest = float(np.log(middle.max()))
    if smallest >= -1e-9:
        return None
    room = np.floor((steps.right - steps.left) / per_tick + 1e-9)
    for divisor in (1, 2, 3):
        multiple = np.maximum(np.round(np.log(middle) / smallest * divisor), 1).astype(np.int64)
        if np.any(multiple > np.minimum(np.maximum(room, 1), _MAX_MULTIPLE)):
            continue
        low = float((steps.low ** (1 / multiple)).max())
        high = float((steps.high ** (1 / multiple)).min())
        if low <= min(high, _LARGEST_GAMMA):
            return _gamma_between(low, high), multiple
    return None


def _gamma_between(low: float, high: float) -> float:
    return shortest_between(max(low, 1e-12), min(high, _LARGEST_GAMMA))


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
    if missed_before or missed_after or (len(steps.rows) == 1 and first < size - _SHIFT_TICKS):
        return None
    number = max(1, round(first / size))
    origin = first - number * size
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
    while number and number % 10 == 0 and power < 9:
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
    common = _common_gamma(head, per_tick)
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
        return Stepped("warmup_multistep", flat, 3 + len(places))
    return Stepped("manual", {**flat, "base_lr": top}, found.cost + 2)
