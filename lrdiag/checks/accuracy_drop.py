"""Validation accuracy falls after a drop of the rate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lrdiag.checks.evidence import finite, not_judged, tags_of, verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.rows import rows_of
from lrdiag.checks.scorecard_judgement import row_place
from lrdiag.checks.stages import MOST_DROPS, place_drops
from lrdiag.statistics.change import level_change
from lrdiag.statistics.discoveries import adjusted_p_values
from lrdiag.view import RunView

UNIT = "fall of accuracy from before the drop to the segment's end"


@dataclass(frozen=True, slots=True)
class AccuracyDrop:
    """Level of a score before each drop against the end of the drop's segment.

    Attributes:
        role: score that is judged. min_fall: smallest fall that counts (fraction, absolute).
        max_p_value: largest p-value after Benjamini-Hochberg over the drops of the run.
        min_rows: rows that must lie on both sides of the drop.
    """

    kind: ClassVar[str] = "accuracy_drop"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ()

    role: str = "val_accuracy"
    min_fall: float = 0.03
    max_p_value: float = 0.002
    min_rows: int = 4

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge each drop."""
        rows = rows_of(view)
        curve = rows.get(self.role)
        drops = place_drops(view)
        if curve is None:
            yield not_judged(f"No {self.role} was logged.")
            return
        wide = [d for d in drops if min(d.row - d.since, d.until - d.row) >= self.min_rows]
        if len(drops) > MOST_DROPS or not wide:
            yield self._nothing(len(drops))
            return
        changes = [level_change(-curve, d.since, d.row, d.until) for d in wide]
        adjusted = adjusted_p_values([c.p_value for c in changes])
        for drop, change, p_value in zip(wide, changes, adjusted, strict=True):
            failed = change.value >= self.min_fall and p_value <= self.max_p_value
            yield verdict(
                failed,
                observed=change.value,
                threshold=self.min_fall,
                unit=UNIT,
                interval=finite((change.low, change.high)),
                p_value=p_value,
                confidence=_confidence(p_value) if failed else None,
                points=drop.until - drop.since,
                first_step=drop.change.step,
                last_step=int(rows.step[drop.until - 1]),
                drop=drop.number,
                tags=tags_of(view, self.role),
                facts={
                    "role": self.role,
                    "where": row_place(view, drop.row),
                    "level_before": float(curve[max(0, drop.row - 3) : drop.row].mean()),
                    "level_after": float(curve[max(drop.row, drop.until - 3) : drop.until].mean()),
                },
            )

    def _nothing(self, drops: int) -> Evidence:
        if not drops:
            return verdict(False, threshold=self.min_fall, unit=UNIT)
        if drops > MOST_DROPS:
            return not_judged(f"The rate falls in {drops} steps, one gradual decay.")
        return not_judged(f"No drop has {self.min_rows} rows on both sides.")


def _confidence(p_value: float) -> float:
    """Largest probability of a fall that a p-value allows where as many falls as not are expected.

    1 / (1 - e p ln p) (Sellke, Bayarri and Berger 2001); no labelled training had this fault.
    """
    p_value = max(p_value, 1e-12)
    return 1.0 / (1.0 - math.e * p_value * math.log(p_value))
