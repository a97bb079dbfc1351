"""Likely drop points from the training loss alone, with a calibrated probability.

What is found is an LR drop or another change in mid-run: a larger batch, switched-off
augmentation or easier data make the same step in the loss.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.runs import FloatArray
from lrdiag.schedule.from_loss_features import Binned, binned, features
from lrdiag.schedule.from_loss_trees import Trees, fitted_trees
from lrdiag.schedule.values import Change, ChangeSource
from lrdiag.statistics.distinct import distinct
from lrdiag.view import Curve

# The probability from which checks may use a found drop; chosen on cross-validated small real
# trainings for a precision of 0.95 (docs/schedules.md).
USED_FROM = 0.85
# Probabilities below this are not told.
_TOLD_FROM = 0.5
# The fitting trainings hold too few sure changes to say more.
_CAP = 0.95
# Median points an epoch that are a sample of its steps, no mean and not all of them.
_SAMPLED_STEPS = (2, 9)
_FEWEST_EPOCHS = 14
_MOST_BINS = 120
_STRETCHES = 60
# Nothing is looked for before the fifth or after the third epoch from the end: too few points.
_FIRST_PLACE = 4
_LAST_PLACES = 2
_APART = 3


def likely_drops(loss: Curve, axis: EpochAxis) -> tuple[Change, ...]:
    """Likely drops of the rate, each with its probability, in order of step.

    Args:
        loss: training loss by step or by epoch. axis: how steps relate to epochs.

    Returns:
        Changes with source `from_loss` and NaN rates; empty where the loss is too short.
    """
    curve = binned_loss(loss, axis)
    if curve is None:
        return ()
    probability = probabilities(curve)
    places = sorted(peaks(probability))
    return tuple(_change(int(curve.step[p]), float(probability[p]), axis) for p in places)


def _change(step: int, probability: float, axis: EpochAxis) -> Change:
    unknown = float("nan")
    return Change(
        step,
        axis.epoch_at(step),
        unknown,
        unknown,
        source=ChangeSource.FROM_LOSS,
        probability=round(probability, 3),
    )


def binned_loss(loss: Curve, axis: EpochAxis) -> Binned | None:
    """Mean loss an epoch, in logarithms; None below 14 epochs or with losses not positive."""
    finite = np.isfinite(loss.value)
    step, value = loss.step[finite].astype(np.float64), loss.value[finite]
    if len(value) < _FEWEST_EPOCHS or np.any(value <= 0):
        return None
    number = _numbers(step, axis)
    if len(distinct(number)) < _FEWEST_EPOCHS:
        return None
    curve = binned(step, value, number)
    fewest, most = _SAMPLED_STEPS
    sampled = fewest <= float(np.median(curve.points)) <= most
    return replace(curve, coarse=not axis.known or (sampled and not axis.is_identity))


def _numbers(step: FloatArray, axis: EpochAxis) -> FloatArray:
    """Number of the epoch of each point, or of one of 60 equal stretches."""
    epoch = np.floor(axis.epoch_of(step) + 1e-9)
    if np.all(np.isfinite(epoch)) and len(distinct(epoch)) <= _MOST_BINS:
        return np.asarray(epoch)
    count = min(len(step), _STRETCHES)
    return np.asarray(np.floor(np.arange(len(step)) * count / len(step)))


def probabilities(curve: Binned, trees: Trees | None = None) -> FloatArray:
    """float64[n]: probability that a change in mid-run lies right before each epoch.

    Args:
        curve: training loss by epoch. trees: those of the package where not given.
    """
    out = np.zeros(len(curve.level))
    judged = slice(_FIRST_PLACE, len(out) - _LAST_PLACES)
    signs = {name: value[judged] for name, value in features(curve).items()}
    chance = (trees or fitted_trees()).probability(signs, coarse=curve.coarse)
    out[judged] = np.minimum(chance, _CAP)
    return out


def peaks(probability: FloatArray, told_from: float = _TOLD_FROM) -> list[int]:
    """Places whose probability is the largest within three epochs and worth telling."""
    chosen: list[int] = []
    for place in np.argsort(-probability, kind="stable").tolist():
        if probability[place] < told_from:
            break
        if all(abs(place - other) > _APART for other in chosen):
            chosen.append(place)
    return chosen
