"""Plateau after a drop: the drop brought nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from lrdiag.checks.answers import finite, not_judged, verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.shape import Shape, Turn, shape_of
from lrdiag.checks.stages import MOST_DROPS
from lrdiag.checks.traits import turn_traits
from lrdiag.checks.weighing import common, drop_place, weigh, why_not
from lrdiag.statistics.change import level_change
from lrdiag.view import RunView


@dataclass(frozen=True, slots=True)
class PlateauAfterDrop:
    """Judges each drop: without it the run would very likely have ended the same.

    Attributes:
        min_probability: probability from which it is reported; 0 takes that of the fitted card.
        max_change: largest relative change of the validation loss from before the drop to the
            end of its segment (fraction, either way).
        min_rows: rows a drop's segment must have.
    """

    kind: ClassVar[str] = "plateau_after_drop"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("train_loss", "val_loss")

    min_probability: float = 0.0
    max_change: float = 0.1
    min_rows: int = 2

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge each drop."""
        reason, shape = why_not(view), shape_of(view)
        if reason or shape is None:
            yield not_judged(reason or "Training and validation loss are needed.")
        elif not shape.drops:
            yield verdict(False, threshold=self.max_change, unit=UNIT)
        elif len(view.schedule.drops) > MOST_DROPS:
            yield not_judged(
                f"The rate falls in {len(view.schedule.drops)} steps; more than {MOST_DROPS} "
                "are one gradual decay whose single steps cannot be told apart."
            )
        else:
            yield from (self._judge(view, shape, drop) for drop in shape.drops)

    def _judge(self, view: RunView, shape: Shape, drop: Turn) -> Evidence:
        number = drop.placed.number
        if drop.until - drop.row < self.min_rows:
            rows = drop.until - drop.row
            return not_judged(
                f"{rows} rows after drop {number}; at least {self.min_rows} are needed.",
                drop=number,
            )
        weighed = weigh(view, "plateau_after_drop", self.min_probability, turn_traits(shape, drop))
        if isinstance(weighed, Evidence):
            return weighed
        change = level_change(shape.val, drop.since, drop.row, drop.until)
        observed = math.expm1(change.value)
        fields: dict[str, Any] = common(view, weighed)
        fields["first_step"] = drop.placed.change.step
        return verdict(
            weighed.failed and abs(observed) <= self.max_change,
            observed=observed,
            threshold=self.max_change,
            unit=UNIT,
            interval=finite((math.expm1(change.low), math.expm1(min(change.high, 20.0)))),
            drop=number,
            facts=_facts(view, shape, drop, weighed.traits),
            **fields,
        )


UNIT = "relative change of val_loss across the drop"


def _facts(view: RunView, shape: Shape, drop: Turn, traits: Any) -> dict[str, Any]:
    return {
        "where": drop_place(view, shape, drop.row),
        "number": drop.placed.number,
        "train_change": math.expm1(traits["train_segment"]),
        "before": drop.placed.change.before,
        "after": drop.placed.change.after,
        "rows_after": (drop.until - drop.row) * shape.scale,
    }
