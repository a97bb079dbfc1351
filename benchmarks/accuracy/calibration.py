"""Is a stated confidence the share of findings that are right?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.corpus import Truth
from benchmarks.accuracy.scoring import RESAMPLES, Estimate, Prediction

BANDS = ((0.0, 0.5), (0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 1.01))


@dataclass(frozen=True)
class Band:
    """Findings whose stated confidence lies in [low, high)."""

    low: float
    high: float
    stated: float
    precision: Estimate


def stated(
    truths: Sequence[Truth], said: Mapping[str, Prediction]
) -> list[tuple[str, float, bool]]:
    """(base, confidence, right) of every finding that is not open for its run."""
    return [
        (truth.base, confidence, label in truth.labels)
        for truth in truths
        for label, confidence in (said[truth.run_id].confidence or {}).items()
        if label not in truth.ignored
    ]


def bands(truths: Sequence[Truth], said: Mapping[str, Prediction], seed: int = 0) -> list[Band]:
    """Precision a band of confidence, with a 95 % interval by bootstrap over bases."""
    found = stated(truths, said)
    result = []
    for low, high in BANDS:
        inside = [(base, c, right) for base, c, right in found if low <= c < high]
        if inside:
            mean = float(np.mean([c for _, c, _ in inside]))
            result.append(Band(low, min(high, 1.0), mean, precision(inside, seed)))
    return result


def precision(inside: Sequence[tuple[str, float, bool]], seed: int) -> Estimate:
    """Share of right findings; bases are drawn with replacement."""
    names = sorted({base for base, _, _ in inside})
    counts = np.zeros((len(names), 2))
    for base, _, right in inside:
        counts[names.index(base)] += right, 1
    weights = np.full(len(names), 1 / len(names))
    draws = np.random.default_rng(seed).multinomial(len(names), weights, RESAMPLES) @ counts
    low, high = np.quantile(draws[:, 0] / draws[:, 1], [0.025, 0.975])
    return Estimate(float(counts[:, 0].sum() / counts[:, 1].sum()), low, high, len(inside))
