"""Plateau after a drop: the drop brought nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from lrdiag.checks.evidence import finite, not_judged, verdict
from lrdiag.checks.interface import Evidence
from lrdiag.checks.scorecard_judgement import common, drop_place, weigh, why_not
from lrdiag.checks.shape import Shape, Turn, shape_of
from lrdiag.checks.stages import MOST_DROPS
from lrdiag.checks.traits import turn_traits
from lrdiag.statistics.change import level_change
from lrdiag.view import RunView


@dataclass(frozen=True, slots=True)
class PlateauAfterDrop:
    """Judges each drop: without it the run would very likely have ended the same.

    Attributes:
        min_probability: probability from which it is reported; 0 takes that of the fitted card.
        max_change: largest relative change of the validation loss from before the drop to the
            end of its segment (fraction, either way).
        max_train_fall: largest relative fall of the training loss over the same rows; more than
            that is something brought.
        max_ratio: largest ratio of new to old rate; a smaller step belongs to a gradual decay
            whose single steps cannot be told apart.
        min_rows: rows a drop's segment must have.
    """

    kind: ClassVar[str] = "plateau_after_drop"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("train_loss", "val_loss")

    min_probability: float = 0.0
    max_change: float = 0.1
    max_train_fall: float = 0.1
    max_ratio: float = 0.4
    min_rows: int = 2

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge each drop."""
        reason, shape = why_not(view), shape_of(view)
        if reason or shape is None:
            yield not_judged(reason or "Training and validation loss are needed.")
        elif not shape.drops:
            yield verdict(False, threshold=self.max_change, unit=UNIT)
        else:
            drops = judged_drops(view, shape, self.max_ratio)
            if isinstance(drops, str):
                yield not_judged(drops)
            else:
                yield from (self._judge(view, shape, drop) for drop in drops)

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
        still = -math.expm1(weighed.traits["train_segment"]) <= self.max_train_fall
        return verdict(
            weighed.failed and still and abs(observed) <= self.max_change,
            observed=observed,
            threshold=self.max_change,
            unit=UNIT,
            interval=finite((math.expm1(change.low), math.expm1(min(change.high, 20.0)))),
            drop=number,
            facts=_facts(view, shape, drop, weighed.traits),
            **fields,
        )


def judged_drops(view: RunView, shape: Shape, max_ratio: float = 0.4) -> list[Turn] | str:
    """The drops that can have been useless, or why none can be judged."""
    configured = view.schedule.configured
    if "plateau" in (view.schedule.family.name, configured.family if configured else ""):
        return "The scheduler lowers the rate when it meets a plateau: its drops are its answer."
    if len(view.schedule.drops) > MOST_DROPS:
        return (
            f"The rate falls in {len(view.schedule.drops)} steps; more than {MOST_DROPS} are one "
            "gradual decay whose single steps cannot be told apart."
        )
    drops = [d for d in shape.drops if not d.ratio > max_ratio]
    return drops or f"No drop is larger than to {max_ratio:g} of the rate before it."


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
