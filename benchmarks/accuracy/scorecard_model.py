"""The model behind a scorecard: bagged boosted stumps, calibrated out of fold, as bands."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

ROUNDS = 300
BAGS = 10  # of bases drawn with replacement (Breiman 1996): what few cases tell varies less
FOLDS = 5


def stumps(signs, seed=0):
    """One member: additive, monotone where the sign of an effect is known."""
    return HistGradientBoostingClassifier(
        max_iter=ROUNDS,
        learning_rate=0.07,
        max_leaf_nodes=2,
        min_samples_leaf=10,
        l2_regularization=2.0,
        max_bins=100,
        max_features=0.4,
        monotonic_cst=signs,
        random_state=seed,
        early_stopping=False,
    )


def bag(x, y, group, signs):
    """The members of a card, each fitted on bases drawn with replacement."""
    generator = np.random.default_rng(0)
    bases, place = np.unique(group, return_inverse=True)
    members = []
    for seed in range(BAGS):
        drawn = generator.multinomial(len(bases), np.full(len(bases), 1 / len(bases)))
        rows = np.repeat(np.arange(len(y)), drawn[place])
        members.append(stumps(signs, seed).fit(x[rows], y[rows]))
    return members


def out_of_fold(x, y, ok, group, signs):
    """Log-odds of each sample from members that saw none of its base."""
    odds = np.zeros(len(y))
    for train, test in GroupKFold(FOLDS).split(x, y, group):
        keep = train[ok[train]]
        members = bag(x[keep], y[keep], group[keep], signs)
        odds[test] = np.mean([m.decision_function(x[test]) for m in members], axis=0)
    return odds


def calibration(odds, y):
    """Platt scaling: slope and shift of the log-odds."""
    model = LogisticRegression(C=10.0).fit(np.clip(odds, -8, 8)[:, None], y)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def export(members, names):
    """The mean of the members, their stumps merged into bands."""
    cuts = {n: [] for n in names}
    missing = dict.fromkeys(names, 0.0)
    bias = 0.0
    for member in members:
        bias += float(np.ravel(member._baseline_prediction)[0])
        for (tree,) in member._predictors:
            bias += add_stump(tree.nodes, names, cuts, missing)
    share = 1 / len(members)
    traits = {n: bands(cuts[n], missing[n] * share, share) for n in names if cuts[n]}
    return {"bias": bias * share, "traits": traits}


def add_stump(nodes, names, cuts, missing):
    """Add the two sides of a stump to its trait; what a single leaf adds to all is returned."""
    root = nodes[0]
    if root["is_leaf"]:
        return float(root["value"])
    name = names[root["feature_idx"]]
    left, right = (float(nodes[root[side]]["value"]) for side in ("left", "right"))
    cuts[name].append((float(f"{root['num_threshold']:.6g}"), left, right))
    missing[name] += left if root["missing_go_to_left"] else right
    return 0.0


def bands(cuts, missing, share):
    """Edges, points a band and points of a missing value."""
    edges = sorted({c[0] for c in cuts})
    points = [share * sum(c[1] if e <= c[0] else c[2] for c in cuts) for e in [*edges, np.inf]]
    return {"edges": edges, "points": points, "missing": missing}


def blend(parts, shift=0.0):
    """The weighted sum of some cards, (weight, card) each, as one card."""
    names = sorted({name for _, card in parts for name in card["traits"]})
    return {
        "bias": round(shift + sum(w * card["bias"] for w, card in parts), 4),
        "traits": {
            name: blended([(w, c["traits"][name]) for w, c in parts if name in c["traits"]])
            for name in names
        },
    }


def blended(parts):
    """The weighted sum of step functions."""
    edges = sorted({e for _, b in parts for e in b["edges"]})
    points = [
        sum(w * b["points"][np.searchsorted(b["edges"], e)] for w, b in parts)
        for e in [*edges, np.inf]
    ]
    return {
        **thinned(edges, points),
        "missing": round(sum(w * b["missing"] for w, b in parts), 4),
    }


STEP = 0.01  # log-odds; a finer step of a card is no evidence, only length


def thinned(edges, points):
    """The same step function without its smallest steps."""
    kept, values = [], [points[0]]
    for edge, point in zip(edges, points[1:], strict=True):
        if abs(point - values[-1]) >= STEP:
            kept.append(edge)
            values.append(point)
    return {"edges": kept, "points": [round(float(p), 4) for p in values]}
