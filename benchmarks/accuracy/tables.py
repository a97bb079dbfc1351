"""Scores as Markdown tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from benchmarks.accuracy.calibration import Band
from benchmarks.accuracy.corpus import LABELS
from benchmarks.accuracy.scoring import Estimate, Score


def shown(estimate: Estimate, interval: bool = True) -> str:
    """`0.83 [0.71, 0.92]`, a dash where nothing was counted."""
    if math.isnan(estimate.value):
        return "–"
    text = f"{estimate.value:.2f}"
    if interval and not math.isnan(estimate.low):
        text += f" [{estimate.low:.2f}, {estimate.high:.2f}]"
    return text


def percent(estimate: Estimate) -> str:
    """`3.1 % [1.0, 5.2]`."""
    if math.isnan(estimate.value):
        return "–"
    low, high = 100 * estimate.low, 100 * estimate.high
    return f"{100 * estimate.value:.1f} % [{low:.1f}, {high:.1f}]"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def one_tool_table(name: str, score: Score) -> str:
    """Precision, recall and F1 of every label, then the sums."""
    rows = [
        [
            label, str(score.f1[label].count), shown(score.precision[label]),
            shown(score.recall[label]), shown(score.f1[label]),
        ]
        for label in LABELS
    ]  # fmt: skip
    head = markdown([name, "runs", "precision", "recall", "F1"], rows)
    return head + "\n" + summary_table({name: score})


def summary_table(scores: Mapping[str, Score]) -> str:
    """One row a tool: macro and micro F1, alarms on healthy runs, verdicts."""
    header = [
        "tool", "macro F1", "micro F1", "healthy runs alarmed (warning or error)",
        "healthy runs alarmed (error)", "verdict right (fail = error)",
        "verdict right (fail = warning or error)",
    ]  # fmt: skip
    rows = [
        [
            name, shown(s.macro_f1), shown(s.micro_f1), percent(s.alarms),
            percent(s.error_alarms), percent(s.verdicts), percent(s.verdicts_by_warning),
        ]
        for name, s in scores.items()
    ]  # fmt: skip
    return markdown(header, rows)


def side_by_side(scores: Mapping[str, Score]) -> str:
    """F1 of every label, one column a tool."""
    any_score = next(iter(scores.values()))
    rows = [
        [label, str(any_score.f1[label].count), *(shown(s.f1[label]) for s in scores.values())]
        for label in LABELS
    ]
    return markdown(["F1", "runs", *scores], rows)


def calibration_table(found: Sequence[Band]) -> str:
    """One row a band of stated confidence."""
    rows = [
        [f"{b.low:.2f} to {b.high:.2f}", str(b.precision.count), f"{b.stated:.2f}",
         shown(b.precision)]
        for b in found
    ]  # fmt: skip
    return markdown(["stated confidence", "findings", "mean stated", "right"], rows)


def alarms_line(score: Score) -> str:
    """Which findings alarmed on healthy runs."""
    names = ", ".join(f"{name} {count}" for name, count in score.alarm_names.items())
    return f"Alarms on {score.alarms.count} healthy runs: {names or 'none'}.\n"
