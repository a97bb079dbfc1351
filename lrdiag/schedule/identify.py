"""Which family made a logged rate, and where its drops and rises lie."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.runs import IntArray
from lrdiag.schedule.candidate import NEARLY_EXACT, Fitted
from lrdiag.schedule.description_length import cost
from lrdiag.schedule.one_gamma import SURE_BITS
from lrdiag.schedule.points import BoolArray, Rates
from lrdiag.schedule.resolution import seen_width
from lrdiag.schedule.sample import Sample, row_sample, staircase_samples
from lrdiag.schedule.short_decimals import is_short_factor
from lrdiag.schedule.smooth_family import best_smooth
from lrdiag.schedule.smooth_with_jump import smooth_with_jump
from lrdiag.schedule.stepped import Stepped, stepped_family
from lrdiag.schedule.steps import Steps, steps_of
from lrdiag.schedule.values import Clock, Family
from lrdiag.schedule.written_warmup import with_whole_warmup

_NO_ROWS = np.zeros(0, np.int64)
# Up to this share of rows a hand-made schedule may change; beyond it the rate is smooth.
_MANUAL_SHARE = 0.4
# Fewer changes than this need no curve to explain them.
_FEW_CHANGES = 3
# Through so few rows some curve always passes: they are told as changes.
_FEWEST_FOR_CURVES = 6
_LONGEST_RUN = 4
# So many rows that change one after another are a curve, wherever they lie.
_LONG_RUN = 8
# One unit of the last printed place is two half-widths; a curve that moves by two beside rows
# that stay has jumped.
_LARGE_MOVE = 3.0
# A rate below this share of the highest trains nothing: what printing leaves of it is no sign.
_DEAD = 1e-9
# So few rows that change, and a misfit beyond this many half-widths: changes, no curve.
_FEW_SHARE = 0.1
_NO_CURVE = 1e3
# Random values turn at two of three rows; the shortest cycle that can be told, of four rows, turns
# at every second. With fewer rows than these a schedule may turn so by chance.
_MOST_TURNS = 0.55
_MANY_ROWS = 500
# A stepped family this short is believed even where changes follow one another.
_PLAIN_COST = 5


@dataclass(frozen=True, slots=True, eq=False)
class Identified:
    """A family and the rows at which a drop or rise shows (int64, each from 1)."""

    family: Family
    rows: IntArray


def identify(rates: Rates, axis: EpochAxis, epochs: int | None = None) -> Identified:
    """The simplest family that rebuilds the log, with its drops and rises."""
    if not rates.changed.any():
        family = Family("constant", {"base_lr": float(rates.rate[0])}, exact=True)
        return Identified(family, _NO_ROWS)
    if _turns_at_random(rates):
        return Identified(Family("unknown", {}), _NO_ROWS)
    samples = [*staircase_samples(rates, axis, epochs), row_sample(rates)]
    steps = steps_of(rates)
    stepped = _stepped(rates, steps, samples[0].clock, axis)
    smooth = _best_smooth(samples) if _may_be_smooth(rates, samples[0]) else None
    if stepped is not None and _is_what_nobody_writes(rates, steps, stepped):
        smooth, stepped = smooth or _best_smooth(samples), None
    if stepped is not None and not _smooth_wins(smooth, stepped, rates, steps):
        plain = (
            smooth is None
            or _believed(stepped, rates)
            or _few_changes(smooth, samples[0], rates)
            or _proves_nothing(smooth[0], stepped, len(steps.rows))
        )
        if plain or _by_hand(samples[0], rates, steps):
            return Identified(_stepped_value(stepped), steps.rows)
    if smooth is None:
        return Identified(Family("unknown", {}), _NO_ROWS)
    if smooth[0].misfit > NEARLY_EXACT:
        broken = _broken(samples)
        if broken is not None:
            return broken
    return Identified(_smooth_value(*smooth), _NO_ROWS)


def _stepped(rates: Rates, steps: Steps, clock: Clock, axis: EpochAxis) -> Stepped | None:
    if not len(steps.rows):
        return None
    known = clock.floor and axis.known and axis.steps_per_epoch == clock.tick
    return stepped_family(rates, steps, clock, in_epochs=known)


def _turns_at_random(rates: Rates) -> bool:
    """Whether so many rows go the other way than the row before that no schedule can be seen."""
    if len(rates) < _MANY_ROWS:
        return False
    move = np.diff(rates.rate)
    return bool(np.mean(move[1:] * move[:-1] < 0) > _MOST_TURNS)


def _broken(samples: list[Sample]) -> Identified | None:
    """A smooth family that rebuilds the rows before a jump and those after, with its row."""
    for sample in samples:
        found = smooth_with_jump(sample)
        if found is not None:
            rows = _NO_ROWS if found[1] is None else sample.row[[found[1]]]
            return Identified(_smooth_value(found[0], sample), rows)
    return None


def _is_what_nobody_writes(rates: Rates, steps: Steps, stepped: Stepped) -> bool:
    """Whether all changes come together at an end of the log and are no numbers to write.

    So the few rows look that a finely logged decay leaves at its end, or before a log without its
    start; a drop made by hand has a short factor, or leads from or to a short rate. Where no
    common factor explains the changes, each must be short: a decay may end at a round rate.
    """
    rows = steps.rows
    if not rates.how.fine or len(rates) < _FEWEST_FOR_CURVES:
        return False
    if np.any(steps.after == 0.0):
        # No factor leads to nothing at all: a decay has ended.
        return True
    last, first = rows[0] >= len(rates) - len(rows) - 1, rows[-1] <= len(rows) + 1
    if not last and not first:
        return False
    rate = steps.after if last else steps.before
    width = rates.half_width[steps.rows if last else steps.rows - 1]
    ratios = zip(steps.low, steps.high, strict=True)
    values = zip(rate - width, rate + width, strict=True)
    written = [
        is_short_factor(float(a), float(b)) or is_short_factor(float(c), float(d))
        for (a, b), (c, d) in zip(ratios, values, strict=True)
    ]
    return not (all(written) if stepped.family == "manual" else any(written))


def _believed(stepped: Stepped, rates: Rates) -> bool:
    """Whether a common factor of all drops is no chance: few numbers, or finely logged ones."""
    return stepped.cost <= _PLAIN_COST or stepped.bits >= SURE_BITS


def _proves_nothing(smooth: Fitted, stepped: Stepped, changes: int) -> bool:
    """Whether a curve has more numbers than there are moves, of which one factor explains all."""
    return stepped.family != "manual" and changes < cost(smooth.candidate)


def _few_changes(smooth: tuple[Fitted, Sample], sample: Sample, rates: Rates) -> bool:
    """Whether few rows of a rate that is no curve change, rarely in a row."""
    changed = np.diff(sample.rate) != 0
    if np.count_nonzero(changed) > _FEW_SHARE * len(sample):
        return False
    if not rates.how.fine:
        apart = _longest(changed) == 1
        return apart and not rates.how.certain and _only_by_blur(*smooth, rates)
    return bool(smooth[0].misfit > _NO_CURVE) and _longest(changed) < _LONG_RUN


def _by_hand(sample: Sample, rates: Rates, steps: Steps) -> bool:
    """Whether the changes after a warm-up are few, large, and rarely follow one another."""
    move = np.diff(sample.rate[sample.row >= steps.warmup])
    changed = move != 0
    if not changed.any() or changed.sum() > _MANUAL_SHARE * len(move) + 1:
        return False
    width = sample.width[sample.row >= steps.warmup]
    alive = changed & (sample.rate[sample.row >= steps.warmup][:-1] > _DEAD * rates.rate.max())
    size = (np.abs(move) / np.maximum(width[1:], width[:-1]))[alive if alive.any() else changed]
    return _longest(changed) < _LONGEST_RUN and float(np.median(size)) > _LARGE_MOVE


def _longest(changed: BoolArray) -> int:
    """Most rows in a row that change."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], changed.astype(int), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _may_be_smooth(rates: Rates, sample: Sample) -> bool:
    """Whether changes follow one another, or are so small that printing may hide some."""
    if len(rates) < _FEWEST_FOR_CURVES:
        return False
    changed = np.abs(np.diff(sample.rate)) > 0
    if changed.sum() < _FEW_CHANGES:
        return bool(np.any(np.diff(sample.rate) > 0)) and bool(np.any(changed[1:] & changed[:-1]))
    if np.any(changed[1:] & changed[:-1]):
        return True
    quantum = np.abs(np.diff(sample.rate))[changed].min()
    return bool(quantum < 4 * float(np.median(sample.width)))


def _best_smooth(samples: list[Sample]) -> tuple[Fitted, Sample] | None:
    best: tuple[Fitted, Sample] | None = None
    for sample in samples:
        if len(sample) < 3:
            continue
        found = best_smooth(sample)
        if found is None:
            continue
        if best is None or found.misfit < best[0].misfit:
            best = (found, sample)
        if found.misfit <= NEARLY_EXACT:
            break
    return best


def _smooth_wins(
    smooth: tuple[Fitted, Sample] | None, stepped: Stepped, rates: Rates, steps: Steps
) -> bool:
    if smooth is None or smooth[0].misfit > NEARLY_EXACT:
        return False
    if not rates.how.certain and _only_by_blur(*smooth, rates):
        return False
    if _proves_nothing(smooth[0], stepped, len(steps.rows)):
        return False
    fine = rates.how.fine
    few = len(steps.rows) <= _FEW_SHARE * len(rates)
    if few and not fine and _by_hand(smooth[1], rates, steps):
        # A decay that is over after a few coarse rows: nobody leaves a run dead for the rest.
        return False
    return cost(smooth[0].candidate) <= stepped.cost


def _only_by_blur(smooth: Fitted, sample: Sample, rates: Rates) -> bool:
    """Whether a curve needs a coarser printing than the digits of the few values show."""
    shown = seen_width(rates.rate, rates.how)[sample.row]
    off = np.abs(smooth.candidate.rates(sample.tick) - sample.rate)
    return bool(np.any(off > NEARLY_EXACT * np.minimum(sample.width, shown)))


def _stepped_value(found: Stepped) -> Family:
    flat = dict(found.flat)
    origin = float(flat.pop("origin"))
    return Family(found.family, flat, exact=True, clock=_shifted(found.clock, origin))


def _shifted(clock: Clock, ticks: float) -> Clock:
    return Clock(clock.tick, clock.origin + ticks * clock.tick, clock.floor)


def _smooth_value(found: Fitted, sample: Sample) -> Family:
    candidate = found.candidate
    if "start_factor" in candidate.flat and "warmup" in candidate.flat:
        written = replace(candidate, flat=with_whole_warmup(candidate.flat, sample.tick[0]))
        if written.misfit(sample) <= max(found.misfit, NEARLY_EXACT):
            candidate = written
    shift = float(candidate.flat.get("origin", 0.0))
    return Family(
        candidate.family,
        candidate.build(candidate.flat),
        exact=found.misfit <= NEARLY_EXACT,
        clock=_shifted(sample.clock, shift),
    )
