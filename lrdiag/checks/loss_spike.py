"""A spike of the training loss inside a segment, never at a change of the rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrdiag.checks.evidence import not_judged, tags_of, verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.rows import Rows, rows_of
from lrdiag.checks.scorecard_judgement import row_place
from lrdiag.checks.stages import place_drops, place_rises
from lrdiag.runs import FloatArray
from lrdiag.statistics.noise import MAD_TO_SIGMA
from lrdiag.view import RunView

UNIT = "training loss over the running median, in robust standard deviations"
FAULTY = 0.91
"""Confidence of a spike: 31 of the 34 runs with one in 3,119 labelled trainings had a proved fault
(docs/accuracy.md). That the loss jumped is certain; the confidence is that something is wrong."""
HALF_WIDTH = 3  # rows on either side of the running median


@dataclass(frozen=True, slots=True)
class LossSpike:
    """Rows far above the running median of their own segment.

    Not judged are the rows around a change, where the loss moves because the rate did: the one
    before it (logs written after `scheduler.step()` show a drop one row early) and the first two
    of the new rate.

    Attributes:
        min_sigmas: robust standard deviations above the median (10: never by normal
            noise; heavy tails of real losses reach 5 to 6).
        min_rise: smallest rise over the median, relative to it (to the range where a loss is
            not positive).
        settle: share of the run at its start that is left out.
        min_rows: rows needed to judge.
    """

    kind: ClassVar[str] = "loss_spike"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("train_loss",)

    min_sigmas: float = 10.0
    min_rise: float = 1.0
    settle: float = 0.1
    min_rows: int = 12

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        rows = rows_of(view)
        curve = rows.get("train_loss")
        if curve is None or len(rows) < self.min_rows:
            yield not_judged(f"{len(rows)} rows; at least {self.min_rows} are needed.")
            return
        score, rise = self._scores(view, rows, curve)
        found = np.flatnonzero((score >= self.min_sigmas) & (rise >= self.min_rise))
        at = int(found[np.argmax(score[found])]) if len(found) else int(np.argmax(score))
        yield verdict(
            bool(len(found)),
            observed=float(min(score[at], 1e6)),
            threshold=self.min_sigmas,
            unit=UNIT,
            confidence=FAULTY if len(found) else None,
            points=len(rows),
            first_step=int(rows.step[found[0]]) if len(found) else int(rows.step[0]),
            last_step=int(rows.step[found[-1]]) if len(found) else int(rows.step[-1]),
            tags=tags_of(view, "train_loss"),
            facts={
                "where": row_place(view, at),
                "rise": float(rise[at]),
                "value": float(curve[at]),
                "count": len(found),
            },
        )

    def _scores(
        self, view: RunView, rows: Rows, curve: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Robust z-score and relative rise of each row; 0 where a row is not judged."""
        score, rise = np.zeros(len(curve)), np.zeros(len(curve))
        scale = None if curve.min() > 0 else float(np.ptp(running_median(curve))) or 1.0
        for first, end in _segments(view, len(curve), self.settle):
            part = curve[first:end]
            if len(part) < 2 * HALF_WIDTH + 2:
                continue
            over = part - running_median(part)
            over[:HALF_WIDTH] = np.minimum(over[:HALF_WIDTH], _over_rows_before(curve, first))
            sigma = MAD_TO_SIGMA * float(np.median(np.abs(over))) or float(np.std(over))
            base = running_median(part) if scale is None else scale
            score[first:end] = over / sigma if sigma > 0 else 0.0
            rise[first:end] = over / base
        return score, rise


def running_median(value: FloatArray) -> FloatArray:
    """Median over `HALF_WIDTH` rows on either side.

    Edges are mirrored: repeated, an edge row would be most of its own window, and a spike there
    its own median.
    """
    padded = np.pad(value, HALF_WIDTH, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * HALF_WIDTH + 1)
    return np.asarray(np.median(windows, axis=1))


def _over_rows_before(curve: FloatArray, first: int) -> FloatArray:
    """How far the first rows of a segment stand above the rows before each, to its first included.

    The mirrored median lies below a curve that still falls: that is the work of the change.
    """
    rows = range(first, first + HALF_WIDTH)
    return np.array([curve[r] - np.median(curve[max(0, r - HALF_WIDTH) : r]) for r in rows])


def _segments(view: RunView, rows: int, settle: float) -> list[tuple[int, int]]:
    """Stretches between changes, without the two rows that follow a change."""
    cuts = sorted({p.row for p in (*place_drops(view), *place_rises(view))})
    starts = [max(2, int(settle * rows)), *(c + 2 for c in cuts)]
    ends = [*(c - 1 for c in cuts), rows]
    return [(s, e) for s, e in zip(starts, ends, strict=True) if e > s]
