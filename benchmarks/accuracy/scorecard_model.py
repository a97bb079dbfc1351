"""The model behind a scorecard: boosted stumps, calibrated out of fold, written as bands."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

ROUNDS, SLOW_ROUNDS = 160, 300
FEW_TRAITS = 20  # a card of more traits learns slower and looks at part of them each round


def stumps(signs):
    """The model: additive, monotone where the sign of an effect is known."""
    many = len(signs) > FEW_TRAITS
    return HistGradientBoostingClassifier(
        max_iter=SLOW_ROUNDS if many else ROUNDS,
        learning_rate=0.07 if many else 0.1,
        max_leaf_nodes=2,
        min_samples_leaf=10,
        l2_regularization=2.0,
        max_bins=100 if many else 20,
        max_features=0.4 if many else 1.0,
        monotonic_cst=signs,
        random_state=0,
    )


def out_of_fold(x, y, ok, group, signs):
    """Log-odds of each sample from a model that saw none of its base."""
    odds = np.zeros(len(y))
    for train, test in GroupKFold(5).split(x, y, group):
        keep = train[ok[train]]
        odds[test] = stumps(signs).fit(x[keep], y[keep]).decision_function(x[test])
    return odds


def calibration(odds, y):
    """Platt scaling: slope and shift of the log-odds."""
    model = LogisticRegression(C=10.0).fit(np.clip(odds, -8, 8)[:, None], y)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def export(model, names, slope, shift):
    """The stumps merged into bands, calibration folded in."""
    cuts = {n: [] for n in names}
    missing = dict.fromkeys(names, 0.0)
    bias = float(np.ravel(model._baseline_prediction)[0])
    for (tree,) in model._predictors:
        bias += add_stump(tree.nodes, names, cuts, missing)
    traits = {n: bands(cuts[n], missing[n], slope) for n in names if cuts[n]}
    return {"bias": round(slope * bias + shift, 4), "traits": traits}


def add_stump(nodes, names, cuts, missing):
    """Add the two sides of a stump to its trait; what a single leaf adds to all is returned."""
    root = nodes[0]
    if root["is_leaf"]:
        return float(root["value"])
    name = names[root["feature_idx"]]
    left, right = (float(nodes[root[side]]["value"]) for side in ("left", "right"))
    cuts[name].append((float(root["num_threshold"]), left, right))
    missing[name] += left if root["missing_go_to_left"] else right
    return 0.0


def bands(cuts, missing, slope):
    """Edges, points a band and points of a missing value."""
    edges = sorted({c[0] for c in cuts})
    inner = [*edges, np.inf]
    points = [sum(c[1] if e <= c[0] else c[2] for c in cuts) for e in inner]
    return {
        "edges": [float(f"{e:.6g}") for e in edges],
        "points": [round(slope * p, 4) for p in points],
        "missing": round(slope * missing, 4),
    }
