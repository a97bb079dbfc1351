"""Precision, recall, F1, false alarms and verdicts, with intervals by bootstrap over bases.

The counting is that of the shared corpus' own scorer: ignored labels count neither way, a finding
without a label among `corpus.LABELS` counts only as an alarm on a healthy run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.corpus import LABELS, Truth

HIT, FALSE, MISSED, HEALTHY, ALARM, ERROR_ALARM, JUDGED, RIGHT, RIGHT_WARNING = range(9)
RESAMPLES = 1000


@dataclass(frozen=True)
class Prediction:
    """What a tool said of a run.

    `labels`: findings that map to a label, `quiet` those of them below severity warning.
    `others`: findings of severity warning or error that map to none. `errors`: those of severity
    error (by label, or by the tool's own name). `fails`: any error; `warns`: any warning or error.
    `confidence`: by label, where the tool states one.
    """

    labels: frozenset[str] = frozenset()
    quiet: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    errors: frozenset[str] = frozenset()
    fails: bool = False
    warns: bool = False
    confidence: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Estimate:
    """A point estimate with its 95 % interval; NaN where nothing was counted."""

    value: float
    low: float
    high: float
    count: int = 0


@dataclass(frozen=True)
class Score:
    """All figures of one tool on one corpus."""

    precision: Mapping[str, Estimate]
    recall: Mapping[str, Estimate]
    f1: Mapping[str, Estimate]
    macro_f1: Estimate
    micro_f1: Estimate
    alarms: Estimate
    error_alarms: Estimate
    verdicts: Estimate
    verdicts_by_warning: Estimate
    alarm_names: Mapping[str, int]


def counts_of(truth: Truth, said: Prediction) -> np.ndarray:
    """int64[labels, 9]: columns HIT, FALSE, MISSED a label; the others in row 0."""
    table = np.zeros((len(LABELS), 9), np.int64)
    for row, label in enumerate(LABELS):
        if label not in truth.ignored:
            there, found = label in truth.labels, label in said.labels
            table[row, :3] = there and found, found and not there, there and not found
    table[0, HEALTHY] = truth.healthy
    if truth.healthy:
        table[0, ALARM] = bool(alarms_of(truth, said))
        table[0, ERROR_ALARM] = bool(alarms_of(truth, said) & said.errors)
    if truth.verdict != "either":
        table[0, JUDGED] = 1
        table[0, RIGHT] = said.fails == (truth.verdict == "fail")
        table[0, RIGHT_WARNING] = said.warns == (truth.verdict == "fail")
    return table


def alarms_of(truth: Truth, said: Prediction) -> frozenset[str]:
    """Findings of a healthy run that count as alarms: with a label that is not open, or without."""
    return (said.labels - said.quiet - truth.ignored) | said.others


def ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Elementwise top / bottom, NaN where the bottom is 0."""
    return np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom > 0)


def f1_of(table: np.ndarray) -> np.ndarray:
    """F1 a label, float64[..., labels]; NaN where the label occurs nowhere."""
    hit, false, missed = (table[..., c].astype(float) for c in (HIT, FALSE, MISSED))
    f1 = ratio(2 * hit, 2 * hit + false + missed)
    return np.where(hit + missed > 0, f1, np.nan)


def macro(table: np.ndarray) -> np.ndarray:
    """Mean F1 over the labels that occur."""
    f1 = f1_of(table)
    known = np.isfinite(f1)
    return ratio(np.where(known, f1, 0.0).sum(axis=-1), known.sum(axis=-1))


def micro(table: np.ndarray) -> np.ndarray:
    """F1 of all findings pooled."""
    total = table.sum(axis=-2).astype(float)
    hit, false, missed = total[..., HIT], total[..., FALSE], total[..., MISSED]
    return ratio(2 * hit, 2 * hit + false + missed)


def share(top: int, bottom: int) -> Callable[[np.ndarray], np.ndarray]:
    """The ratio of two of the columns kept in row 0."""
    return lambda table: ratio(table[..., 0, top].astype(float), table[..., 0, bottom])


def resampled(per_base: np.ndarray, seed: int = 0) -> np.ndarray:
    """Sums over bases drawn with replacement: int64[RESAMPLES, labels, 9]."""
    generator = np.random.default_rng(seed)
    picks = generator.multinomial(
        len(per_base), np.full(len(per_base), 1 / len(per_base)), RESAMPLES
    )
    return np.tensordot(picks, per_base, axes=1)


def estimate(
    figure: Callable[[np.ndarray], np.ndarray], total: np.ndarray, draws: np.ndarray, count: int
) -> Estimate:
    """A figure on all bases, and the 2.5 % and 97.5 % quantiles over the resamples."""
    values = figure(draws)
    values = values[np.isfinite(values)]
    low, high = np.quantile(values, [0.025, 0.975]) if len(values) else (np.nan, np.nan)
    return Estimate(float(figure(total)), float(low), float(high), int(count))


def by_base(truths: Sequence[Truth], said: Mapping[str, Prediction]) -> np.ndarray:
    """Counts summed a base: int64[bases, labels, 9]. A run without a prediction is silent."""
    bases: dict[str, np.ndarray] = {}
    for truth in truths:
        table = counts_of(truth, said.get(truth.run_id, Prediction()))
        bases[truth.base] = bases.get(truth.base, 0) + table
    return np.stack(list(bases.values()))


def score(truths: Sequence[Truth], said: Mapping[str, Prediction]) -> Score:
    """All figures of one tool."""
    per_base = by_base(truths, said)
    total, draws = per_base.sum(0), resampled(per_base)
    figures: dict[str, dict[str, Estimate]] = {"precision": {}, "recall": {}, "f1": {}}
    for row, label in enumerate(LABELS):
        count = int(total[row, HIT] + total[row, MISSED])
        for name, figure in per_label(row).items():
            figures[name][label] = estimate(figure, total, draws, count)
    return Score(
        **figures,
        macro_f1=estimate(macro, total, draws, len(truths)),
        micro_f1=estimate(micro, total, draws, len(truths)),
        alarms=estimate(share(ALARM, HEALTHY), total, draws, total[0, HEALTHY]),
        error_alarms=estimate(share(ERROR_ALARM, HEALTHY), total, draws, total[0, HEALTHY]),
        verdicts=estimate(share(RIGHT, JUDGED), total, draws, total[0, JUDGED]),
        verdicts_by_warning=estimate(share(RIGHT_WARNING, JUDGED), total, draws, total[0, JUDGED]),
        alarm_names=alarm_names(truths, said),
    )


def per_label(row: int) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """The three figures of one label."""

    def precision(table: np.ndarray) -> np.ndarray:
        hit = table[..., row, HIT].astype(float)
        return ratio(hit, hit + table[..., row, FALSE])

    def recall(table: np.ndarray) -> np.ndarray:
        hit = table[..., row, HIT].astype(float)
        return ratio(hit, hit + table[..., row, MISSED])

    return {"precision": precision, "recall": recall, "f1": lambda table: f1_of(table)[..., row]}


def alarm_names(truths: Sequence[Truth], said: Mapping[str, Prediction]) -> dict[str, int]:
    """How often each finding alarmed on a healthy run, most often first."""
    names: dict[str, int] = {}
    for truth in truths:
        if truth.healthy and truth.run_id in said:
            for name in alarms_of(truth, said[truth.run_id]):
                names[name] = names.get(name, 0) + 1
    return dict(sorted(names.items(), key=lambda item: -item[1]))
