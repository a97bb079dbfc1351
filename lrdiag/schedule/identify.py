"""Which family made a logged rate, and where its drops and rises lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.runs import IntArray
from lrdiag.schedule.candidate import NEARLY_EXACT, Fitted
from lrdiag.schedule.description_length import cost
from lrdiag.schedule.points import Rates
from lrdiag.schedule.sample import Sample, row_sample, staircase_samples
from lrdiag.schedule.smooth_family import best_smooth
from lrdiag.schedule.smooth_with_jump import smooth_with_jump
from lrdiag.schedule.stepped import Stepped, Steps, stepped_family, steps_of
from lrdiag.schedule.values import Clock, Family

_NO_ROWS = np.zeros(0, np.int64)
# Up to this share of rows a hand-made schedule may change; beyond it the rate is smooth.
_MANUAL_SHARE = 0.4
# Fewer changes than this need no curve to explain them.
_FEW_CHANGES = 3
# Through so few rows some curve always passes: they are told as changes.
_FEWEST_FOR_CURVES = 6
_LONGEST_RUN = 4
# A move by this many half-widths is no rounding.
_LARGE_MOVE = 4.0
# So few rows that change, and a misfit beyond this many half-widths: changes, no curve.
_FEW_SHARE = 0.1
_NO_CURVE = 1e3
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
    samples = [*staircase_samples(rates, axis, epochs), row_sample(rates)]
    steps = steps_of(rates)
    stepped = stepped_family(rates, steps, samples[0].clock) if len(steps.rows) else None
    smooth = _best_smooth(samples) if _may_be_smooth(rates, samples[0]) else None
    if stepped is not None and not _smooth_wins(smooth, stepped, len(steps.rows)):
        plain = (
            smooth is None
            or _believed(stepped, rates)
            or _few_and_fine(smooth, samples[0], rates)
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


def _broken(samples: list[Sample]) -> Identified | None:
    """A smooth family that jumps once, with the row of the jump."""
    for sample in samples:
        found = smooth_with_jump(sample)
        if found is not None:
            row = sample.row[[found[1]]]
            return Identified(_smooth_value(found[0], sample), row)
    return None


def _believed(stepped: Stepped, rates: Rates) -> bool:
    """Whether a common factor of all drops is no chance: few numbers, or finely logged ones."""
    fine = rates.how.kind in ("double", "float32") and stepped.family != "manual"
    return stepped.cost <= _PLAIN_COST or fine


def _proves_nothing(smooth: Fitted, stepped: Stepped, changes: int) -> bool:
    """Whether a curve has more numbers than there are moves, of which one factor explains all."""
    return stepped.family != "manual" and changes < cost(smooth.candidate)


def _few_and_fine(smooth: tuple[Fitted, Sample], sample: Sample, rates: Rates) -> bool:
    """Whether few rows change in a finely logged rate that is no curve at all."""
    few = int(np.count_nonzero(np.diff(sample.rate))) <= _FEW_SHARE * len(sample)
    fine = rates.how.kind in ("double", "float32")
    return bool(few and fine and smooth[0].misfit > _NO_CURVE)


def _by_hand(sample: Sample, rates: Rates, steps: Steps) -> bool:
    """Whether the changes after a warm-up are few, large, and rarely follow one another."""
    move = np.diff(sample.rate[sample.row >= steps.warmup])
    changed = np.abs(move) > 0
    if not changed.any() or changed.sum() > _MANUAL_SHARE * len(move) + 1:
        return False
    edges = np.flatnonzero(np.diff(np.concatenate([[0], changed.astype(int), [0]])))
    longest = int((edges[1::2] - edges[::2]).max(initial=0))
    width = sample.width[sample.row >= steps.warmup]
    quantum = float(np.median((np.abs(move) / np.maximum(width[1:], width[:-1]))[changed]))
    return longest < _LONGEST_RUN and quantum > _LARGE_MOVE


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


def _smooth_wins(smooth: tuple[Fitted, Sample] | None, stepped: Stepped, changes: int) -> bool:
    if smooth is None or smooth[0].misfit > NEARLY_EXACT:
        return False
    if _proves_nothing(smooth[0], stepped, changes):
        return False
    return cost(smooth[0].candidate) <= stepped.cost


def _stepped_value(found: Stepped) -> Family:
    flat = dict(found.flat)
    origin = float(flat.pop("origin"))
    return Family(found.family, flat, exact=True, clock=_shifted(found.clock, origin))


def _shifted(clock: Clock, ticks: float) -> Clock:
    return Clock(clock.tick, clock.origin + ticks * clock.tick, clock.floor)


def _smooth_value(found: Fitted, sample: Sample) -> Family:
    candidate = found.candidate
    shift = float(candidate.flat.get("origin", 0.0))
    return Family(
        candidate.family,
        candidate.build(candidate.flat),
        exact=found.misfit <= NEARLY_EXACT,
        clock=_shifted(sample.clock, shift),
    )


__all__ = ["Identified", "Steps", "identify"]
