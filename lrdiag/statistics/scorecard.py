"""Additive scorecards: each trait gives points by the band it falls into, the sum a probability.

An additive logistic model with step functions (Hastie & Tibshirani 1986; boosted stumps,
Friedman, Hastie & Tibshirani 2000): as exact as boosted trees on the accuracy corpus, yet every
answer can be taken apart into the points each trait gave.
"""

from __future__ import annotations

import bisect
import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

ROUNDING = 1e-6
"""Relative; edges are written with six digits. Rates have exact ratios (a tenth), at which edges
lie too: in another unit the same ratio may come out above or below them by its rounding."""


@dataclass(frozen=True, slots=True)
class Bands:
    """Points by band. `edges` increase; a value equal to an edge, but for rounding, lies below it.

    `points` has one entry more than `edges`; `missing` counts where a trait is NaN or absent.
    """

    edges: tuple[float, ...]
    points: tuple[float, ...]
    missing: float

    def of(self, value: float | None) -> float:
        """Points of a value."""
        if value is None or math.isnan(value):
            return self.missing
        return self.points[bisect.bisect_left(self.edges, value - ROUNDING * max(1.0, abs(value)))]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A fitted card.

    Attributes:
        bias: log-odds before any trait. bands: trait name to its bands.
        threshold: probability from which the finding is reported; chosen at fitting.
    """

    bias: float
    bands: Mapping[str, Bands]
    threshold: float

    def contributions(self, traits: Mapping[str, float]) -> dict[str, float]:
        """Points each trait gave (log-odds)."""
        return {name: bands.of(traits.get(name)) for name, bands in self.bands.items()}

    def probability(self, traits: Mapping[str, float]) -> float:
        """Calibrated probability that the finding is right."""
        odds = self.bias + sum(self.contributions(traits).values())
        return 1.0 / (1.0 + math.exp(-max(min(odds, 30.0), -30.0)))


@functools.cache
def scorecard(name: str) -> Scorecard:
    """A shipped card by name (`scorecards.json`; made by `benchmarks.accuracy.fit_scorecards`).

    Raises:
        KeyError: there is no card of this name.
    """
    return read_card(_shipped()[name])


def read_card(raw: Mapping[str, object]) -> Scorecard:
    """A card from its JSON object."""
    bands = {
        name: Bands(tuple(b["edges"]), tuple(b["points"]), float(b["missing"]))
        for name, b in raw["traits"].items()  # type: ignore[attr-defined]
    }
    return Scorecard(float(raw["bias"]), bands, float(raw["threshold"]))  # type: ignore[arg-type]


@functools.cache
def _shipped() -> Mapping[str, Mapping[str, object]]:
    text = (files("lrdiag.statistics") / "scorecards.json").read_text("utf-8")
    cards: Mapping[str, Mapping[str, object]] = json.loads(text)["cards"]
    return cards
