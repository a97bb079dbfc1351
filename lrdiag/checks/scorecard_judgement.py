"""Judge a run by a scorecard, or say why that cannot be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrdiag.checks.evidence import not_judged, tags_of
from lrdiag.checks.interface import Evidence
from lrdiag.checks.rows import rows_of
from lrdiag.checks.shape import NEEDED_ROWS, Shape, shape_of
from lrdiag.checks.trait_words import reasons
from lrdiag.checks.traits import traits_of
from lrdiag.statistics.scorecard import Scorecard, scorecard
from lrdiag.view import RunView

LOSSES = ("train_loss", "val_loss")


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """A card's answer. `probability` is calibrated; `failed` compares it with the threshold."""

    probability: float
    threshold: float
    traits: Mapping[str, float]
    shape: Shape
    told: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """Whether the finding is more likely than the card's threshold."""
        return self.probability >= self.threshold


def weigh(
    view: RunView, name: str, minimum: float = 0.0, extra: Mapping[str, float] | None = None
) -> Weighed | Evidence:
    """The answer of a card.

    Args:
        view: the run. name: the card's name.
        minimum: probability from which it fails; 0 takes the card's own.
        extra: traits of one drop, added to those of the run.

    Returns:
        The answer, or an Evidence "not judged" with the reason.
    """
    reason = why_not(view)
    shape, traits = shape_of(view), traits_of(view)
    if reason or shape is None or traits is None:
        return not_judged(reason or "Training and validation loss are needed.")
    traits = {**traits, **(extra or {})}
    card: Scorecard = scorecard(name)
    probability = card.probability(traits)
    threshold = minimum or card.threshold
    words = (
        f"Probability {probability:.2f} by {len(card.bands)} traits, reported from {threshold:.2f}."
    )
    return Weighed(probability, threshold, traits, shape, (words, *reasons(card, traits)))


def why_not(view: RunView) -> str:
    """Why the shape of a run cannot be weighed; empty if it can. Told once a run."""
    if "why_not" not in view.cache:
        view.cache["why_not"] = _why_not(view)
    reason: str = view.cache["why_not"]
    return reason


def _why_not(view: RunView) -> str:
    rows = rows_of(view)
    if len(rows) < NEEDED_ROWS:
        logged = "1 row was" if len(rows) == 1 else f"{len(rows)} rows were"
        return f"{logged} logged; at least {NEEDED_ROWS} are needed to tell."
    for role in LOSSES:
        curve = view.curve(role)
        if curve is None:
            return f"No {role} was logged."
        lost = int((~np.isfinite(curve.value)).sum())
        if lost:
            return f"{lost} of {len(curve)} points of {role} are not finite."
    shape = shape_of(view)
    if shape is not None and not shape.ratios:
        return "A loss that reaches zero or below has no ratios to judge by."
    return ""


def common(view: RunView, weighed: Weighed) -> dict[str, Any]:
    """The fields of an Evidence that every card fills alike."""
    rows = weighed.shape.rows
    return {
        "confidence": weighed.probability,
        "points": len(rows),
        "details": weighed.told,
        "tags": tags_of(view, "val_loss", "train_loss"),
        "first_step": int(rows.step[0]),
        "last_step": int(rows.step[-1]),
    }


def row_place(view: RunView, row: int) -> str:
    """A row in words: "epoch 12", or "step 3000" where epochs are unknown."""
    rows = rows_of(view)
    row = max(0, min(row, len(rows) - 1))
    if rows.unit == "epoch":
        return f"epoch {view.axis.shown(float(rows.position[row])):g}"
    return f"step {int(rows.step[row])}"


def drop_place(view: RunView, shape: Shape, row: int) -> str:
    """A row of the shape in words."""
    return row_place(view, row * shape.scale)
