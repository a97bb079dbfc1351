"""Probability of a change in mid-run from its signs: boosted trees, kept as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from lrdiag.runs import FloatArray, IntArray

FILE = "from_loss_trees.json"
CALIBRATION = ("slope", "offset", "coarse_slope", "coarse_offset")


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Regression trees whose leaves add up to a log-odds, and how that becomes a probability.

    `names`: the features in the order of the columns. `feature`, `left`, `right`: int64[t, m],
    one row a tree; a child below 0 is leaf -1 - child. `threshold`: float64[t, m], left where
    the value is at most that. `unknown_left`: bool[t, m], where a NaN goes. `leaf`:
    float64[t, m + 1]. `slope`, `offset`: of the logistic calibration (Platt 1999);
    `coarse_slope`, `coarse_offset`: of that for curves whose epochs are unknown or hold few
    sampled steps, where the same signs prove less.
    """

    names: tuple[str, ...]
    feature: IntArray
    threshold: FloatArray
    left: IntArray
    right: IntArray
    unknown_left: np.typing.NDArray[np.bool_]
    leaf: FloatArray
    slope: float
    offset: float
    coarse_slope: float
    coarse_offset: float

    def log_odds(self, table: FloatArray) -> FloatArray:
        """float64[n] from float64[n, features], before the calibration."""
        trees = np.arange(len(self.feature))
        node = np.zeros((len(table), len(trees)), np.int64)
        rows = np.arange(len(table))[:, None]
        while np.any(node >= 0):
            at = np.maximum(node, 0)
            value = table[rows, self.feature[trees, at]]
            unknown = np.isnan(value)
            goes_left = np.where(
                unknown, self.unknown_left[trees, at], value <= self.threshold[trees, at]
            )
            child = np.where(goes_left, self.left[trees, at], self.right[trees, at])
            node = np.where(node >= 0, child, node)
        return np.asarray(self.leaf[trees, -1 - node].sum(axis=1))

    def probability(self, signs: Mapping[str, FloatArray], *, coarse: bool = False) -> FloatArray:
        """float64[n] in (0, 1): calibrated probability at each place of `signs`."""
        table = np.stack([signs[name] for name in self.names], axis=1)
        slope = self.coarse_slope if coarse else self.slope
        score = slope * self.log_odds(table) + (self.coarse_offset if coarse else self.offset)
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(score, -30.0, 30.0))))


def trees_from(data: Mapping[str, Any]) -> Trees:
    """Trees from what `python -m benchmarks.loss_drops fit --write` writes."""
    return Trees(
        tuple(data["names"]),
        np.array(data["feature"], np.int64),
        np.array(data["threshold"], np.float64),
        np.array(data["left"], np.int64),
        np.array(data["right"], np.int64),
        np.array(data["unknown_left"], bool),
        np.array(data["leaf"], np.float64),
        *(float(data[name]) for name in CALIBRATION),
    )


@cache
def fitted_trees() -> Trees:
    """The trees that are part of the package (fitted on small real trainings)."""
    text = files("lrdiag.schedule").joinpath(FILE).read_text(encoding="utf-8")
    return trees_from(json.loads(text))
