"""Likely drop points from the training loss alone, with a calibrated probability.

What is found is an LR drop or another change in mid-run: a larger batch, switched-off
augmentation or easier data make the same step in the loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.runs import FloatArray
from lrdiag.schedule.values import Change, ChangeSource
from lrdiag.statistics.distinct import distinct
from lrdiag.view import Curve

# The probability from which checks may use a found drop.
USED_FROM = 0.8
# Probabilities below this are not told.
_TOLD_FROM = 0.5
# No log can tell a drop from another change in mid-run: mimics look the same.
_CAP = 0.95
_WINDOWS = (4, 6)
_FEWEST_EPOCHS = 14
_MOST_BINS = 120
_APART = 3

# Logistic regression on the features of `features`, fitted on small real trainings (MLP, CNN,
# teacher, character model; SGD, Adam) with and without drops; see docs/schedules.md.
_MEAN = np.array([-0.0449, -0.1431, -0.0193, -0.0186, -0.694, 0.7368])
_SCALE = np.array([1.2103, 1.0893, 0.1254, 0.9839, 1.4286, 1.1117])
_WEIGHT = np.array([0.6563, 0.4821, -0.2786, 0.0693, -0.0458, -0.1442])
_BIAS = -3.7634


@dataclass(frozen=True, slots=True, eq=False)
class Binned:
    """Training loss by epoch (or by equal stretches).

    `step`: float64[n], first step of each. `level`: float64[n], logarithm of the mean loss.
    """

    step: FloatArray
    level: FloatArray


def likely_drops(loss: Curve, axis: EpochAxis) -> tuple[Change, ...]:
    """Likely drops of the rate, each with its probability, in order of step.

    Args:
        loss: training loss by step or by epoch. axis: how steps relate to epochs.

    Returns:
        Changes with source `from_loss` and NaN rates; empty where the loss is too short.
    """
    binned = binned_loss(loss, axis)
    if binned is None:
        return ()
    probability = probabilities(binned.level)
    out = []
    for place in peaks(probability):
        step = int(binned.step[place])
        out.append(
            Change(
                step,
                axis.epoch_at(step),
                float("nan"),
                float("nan"),
                "lr",
                ChangeSource.FROM_LOSS,
                round(float(probability[place]), 3),
            )
        )
    return tuple(sorted(out, key=lambda change: change.step))


def binned_loss(loss: Curve, axis: EpochAxis) -> Binned | None:
    """Mean loss an epoch, in logarithms; None below 14 epochs or with losses not positive."""
    finite = np.isfinite(loss.value)
    step, value = loss.step[finite].astype(np.float64), loss.value[finite]
    if len(value) < _FEWEST_EPOCHS or np.any(value <= 0):
        return None
    place = _bins(step, axis)
    numbers, first, inverse = np.unique(place, return_index=True, return_inverse=True)
    if len(numbers) < _FEWEST_EPOCHS:
        return None
    mean = np.bincount(inverse, weights=value) / np.bincount(inverse)
    return Binned(step[first], np.log(mean))


def _bins(step: FloatArray, axis: EpochAxis) -> FloatArray:
    """Number of the epoch of each point, or of one of 60 equal stretches."""
    epoch = np.floor(axis.epoch_of(step) + 1e-9)
    if np.all(np.isfinite(epoch)) and len(distinct(epoch)) <= _MOST_BINS:
        return np.asarray(epoch)
    count = min(len(step), 60)
    return np.asarray(np.floor(np.arange(len(step)) * count / len(step)))


def probabilities(level: FloatArray) -> FloatArray:
    """float64[n]: probability that a change in mid-run lies right before each epoch."""
    out = np.zeros(len(level))
    for place in range(_WINDOWS[0], len(level) - 2):
        score = (features(level, place) - _MEAN) / _SCALE @ _WEIGHT + _BIAS
        out[place] = min(_CAP, 1.0 / (1.0 + np.exp(-float(np.clip(score, -30, 30)))))
    return out


def peaks(probability: FloatArray) -> list[int]:
    """Places whose probability is the largest within three epochs and worth telling."""
    order = np.argsort(-probability)
    chosen: list[int] = []
    for place in order.tolist():
        if probability[place] < _TOLD_FROM:
            break
        if all(abs(place - other) > _APART for other in chosen):
            chosen.append(place)
    return chosen


def features(level: FloatArray, place: int) -> FloatArray:
    """float64[6] of a step in log loss before epoch `place`.

    Step over its error in windows of 4 and 6 epochs with a slope on both sides, the step
    itself, the fall against the falls around it, the fall below the extrapolated trend, and the
    steepness of the trend before.
    """
    t4, _ = _step(level, place, _WINDOWS[0])
    t6, size = _step(level, place, _WINDOWS[1])
    low, high = max(place - 7, 0), min(place + 7, len(level))
    moves = np.diff(level[low:high])
    here = place - 1 - low
    rest = np.delete(moves, [i for i in (here, here + 1) if i < len(moves)])
    spread = float(np.std(rest)) + 1e-3
    fall = (float(np.median(rest)) - float(moves[here])) / spread
    begin = max(place - 6, 0)
    slope, start = np.polyfit(np.arange(begin, place, dtype=np.float64), level[begin:place], 1)
    after = np.arange(place, min(place + 3, len(level)), dtype=np.float64)
    below = float(np.mean(start + slope * after - level[place : place + len(after)])) / spread
    return np.array([t4, t6, size, np.tanh(fall / 4) * 4, np.tanh(below / 8) * 8, -slope * 10])


def _step(level: FloatArray, place: int, window: int) -> tuple[float, float]:
    """Return t value and size of a fall before `place`, with a straight line on either side."""
    begin, end = max(place - window, 0), min(place + window, len(level))
    at = np.arange(begin, end, dtype=np.float64) - place + 0.5
    basis = np.stack([np.ones_like(at), at, (at > 0).astype(np.float64)], axis=1)
    solution, *_ = np.linalg.lstsq(basis, level[begin:end], rcond=None)
    rest = level[begin:end] - basis @ solution
    freedom = max(len(at) - 3, 1)
    variance = float(rest @ rest) / freedom + 1e-6
    error = np.sqrt(variance * np.linalg.inv(basis.T @ basis)[2, 2])
    value = -float(solution[2])
    return float(np.tanh(value / error / 12) * 12), value
