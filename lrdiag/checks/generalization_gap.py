"""The gap between validation and training loss widens after a drop."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lrdiag.checks.evidence import finite, not_judged, tags_of, verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.scorecard_judgement import drop_place, why_not
from lrdiag.checks.shape import shape_of
from lrdiag.checks.stages import MOST_DROPS
from lrdiag.statistics.change import level_change
from lrdiag.statistics.discoveries import adjusted_p_values
from lrdiag.view import RunView

UNIT = "growth of val_loss / train_loss across the drop"


@dataclass(frozen=True, slots=True)
class GeneralizationGap:
    """Ratio of validation to training loss before each drop and at the end of its segment.

    Attributes:
        min_growth: smallest growth of the ratio (1.5: half as large again).
        max_p_value: largest p-value after Benjamini-Hochberg over the drops of the run.
    """

    kind: ClassVar[str] = "generalization_gap"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("train_loss", "val_loss")

    min_growth: float = 1.5
    max_p_value: float = 0.01

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge each drop."""
        reason, shape = why_not(view), shape_of(view)
        if reason or shape is None:
            yield not_judged(reason or "Training and validation loss are needed.")
            return
        if not shape.drops or len(shape.drops) > MOST_DROPS:
            yield verdict(False, threshold=self.min_growth, unit=UNIT)
            return
        gap = shape.val - shape.train
        changes = [level_change(gap, d.since, d.row, d.until) for d in shape.drops]
        adjusted = adjusted_p_values([c.p_value for c in changes])
        for drop, change, p_value in zip(shape.drops, changes, adjusted, strict=True):
            growth = math.exp(change.value)
            failed = growth >= self.min_growth and p_value <= self.max_p_value
            yield verdict(
                failed,
                observed=growth,
                threshold=self.min_growth,
                unit=UNIT,
                interval=finite((math.exp(change.low), math.exp(min(change.high, 20.0)))),
                p_value=p_value,
                points=len(shape.rows),
                first_step=drop.placed.change.step,
                last_step=int(shape.rows.step[min(drop.until * shape.scale, len(shape.rows)) - 1]),
                drop=drop.placed.number,
                tags=tags_of(view, "val_loss", "train_loss"),
                facts={"where": drop_place(view, shape, drop.row)},
            )
