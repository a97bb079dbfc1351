"""Small runs and rules for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.checks.interface import Evidence
from lrdiag.findings import Severity, SourceSummary
from lrdiag.rulefile.values import Rule
from lrdiag.runs import Run, Series
from lrdiag.schedule.values import Change, Schedule, Segment
from lrdiag.view import Curve, RunView

FRACTIONS = ("accuracy", "recall", "precision", "f1", "auc")


@dataclass(frozen=True, slots=True)
class Scripted:
    """A check that yields what it was given, or what it is told to raise."""

    kind: ClassVar[str] = "scripted"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("val_loss",)

    answers: tuple[Evidence, ...] = ()
    error: Exception | None = None
    min_rise: float = 0.1

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        if self.error is not None:
            raise self.error
        yield from self.answers


@dataclass(frozen=True, slots=True)
class Counting:
    """Passes with the number of val_loss points as what it observed."""

    kind: ClassVar[str] = "counting"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = (("val_loss", "val_accuracy"),)

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        from lrdiag.findings import Status

        curve = view.curve("val_loss")
        seen = 0 if curve is None else len(curve)
        yield Evidence(Status.PASSED, observed=float(seen))


def rule(check: object, **fields: object) -> Rule:
    given: dict[str, object] = {"id": "r1", "severity": Severity.ERROR, "summary": "It happened"}
    return Rule(check=check, file="rules.yml", line=3, **{**given, **fields})  # type: ignore[arg-type]


def view(
    curves: Mapping[str, Sequence[float]],
    drops: Sequence[int] = (),
    *,
    epochs: bool = True,
    lines: bool = False,
    task: Mapping[str, object] | None = None,
) -> RunView:
    """A run with one row an epoch; each role is logged under `tag/<role>`."""
    length = max(len(v) for v in curves.values())
    step = np.arange(length, dtype=np.int64)
    axis = EpochAxis(step, step.astype(np.float64), "step is epoch") if epochs else EpochAxis()
    series = {f"tag/{r}": _series(f"tag/{r}", v, lines) for r, v in curves.items()}
    found = {role: _curve(role, values, axis) for role, values in curves.items()}
    run = Run("run7", series, (SourceSummary("logs/m.csv", "csv", length),))
    edges = [0, *drops, length]
    segments = tuple(Segment(a, b, 0.1**i, 0.1**i) for i, (a, b) in enumerate(pairwise(edges)))
    changes = tuple(Change(d, float(d), 0.1**i, 0.1 ** (i + 1)) for i, d in enumerate(drops))
    return RunView(run, found, axis, Schedule(drops=changes, segments=segments), task=task or {})


def _series(tag: str, values: Sequence[float], lines: bool) -> Series:
    n = len(values)
    line = np.arange(n, dtype=np.int64) + 2 if lines else None
    return Series(
        tag,
        np.arange(n, dtype=np.int64),
        np.full(n, np.nan),
        np.asarray(values, np.float64),
        line=line,
    )


def _curve(role: str, values: Sequence[float], axis: EpochAxis) -> Curve:
    step = np.arange(len(values), dtype=np.int64)
    fraction = any(f in role for f in FRACTIONS)
    unit = "fraction" if fraction else "loss"
    value = np.asarray(values, np.float64)
    return Curve(role, f"tag/{role}", step, axis.epoch_of(step), value, fraction, unit)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path
