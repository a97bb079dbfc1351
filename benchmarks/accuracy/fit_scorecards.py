#!/usr/bin/env python
"""Fit the scorecards in lrdiag/statistics/scorecards.json on labelled corpora.

    python benchmarks/accuracy/fit_scorecards.py CORPUS [CORPUS ...] [--extra CORPUS ...]

CORPUS folders hold run folders and truth.jsonl (labels from counterfactual reruns). Each card is
an additive logistic model of monotone step functions (boosted stumps, scikit-learn), fitted on
all corpora; probabilities are calibrated and thresholds chosen on out-of-fold predictions over
the CORPUS folders only, because --extra corpora hold more faults than nature does. Folds keep
the runs of one base together. The threshold is the one of the best F1 that alarms at most
`budget` of the healthy runs.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from lrdiag.checks.plateau_after_drop import judged_drops
from lrdiag.checks.shape import shape_of
from lrdiag.checks.traits import traits_of, turn_traits
from lrdiag.config import Config
from lrdiag.diagnose import view_of
from lrdiag.sources.splits import merge_splits
from lrdiag.sources.tree import discover, read_location

# Card: label, traits with the direction the probability may move (0: free), healthy budget.
# The traits were chosen by the size of their contribution among some hundred (see traits.py).
CARDS = {
    "lr_too_low": (
        0.004,
        {
            "val_up": -1,
            "val_noise_early": -1,
            "gap_max": -1,
            "train_total": 0,
            "train_end_slope": -1,
            "train_left_half": 1,
            "accuracy_gain": 0,
            "first_position": 0,
            "rate_mean": 1,
        },
    ),
    "lr_too_high": (
        0.0095,
        {
            "val_up": 1,
            "gap_end": -1,
            "first_val_since_start": 1,
            "accuracy_noise": 1,
            "rate_end": 1,
            "rate_above_0.1": 1,
            "val_rise": 0,
            "train_up": 1,
            "train_end": 1,
        },
    ),
    "drop_too_early": (
        0.0075,
        {
            "rate_mean": -1,
            "rate_above_0.3": -1,
            "val_up": -1,
            "last_train_slope_left": -1,
            "gap_max": -1,
            "val_noise_early": -1,
        },
    ),
    "drop_too_late": (
        0.0145,
        {
            "val_up": 1,
            "accuracy_noise": 0,
            "first_accuracy_gain": 0,
            "val_noise_late": -1,
            "last_train_jump": -1,
            "first_val_late_progress": 0,
            "val_noise_early": 0,
            "last_val_noise_before": 1,
            "first_position": 1,
            "first_length": -1,
            "train_left_half": 0,
            "last_position": 0,
        },
    ),
    "data_leakage": (
        0.004,
        {
            "val_end": -1,
            "accuracy_gain": 1,
            "train_total": 0,
            "gap_end": -1,
            "val_best_at": 1,
            "val_noise_late": 0,
            "accuracy_max": 1,
        },
    ),
    "no_signal": (
        0.004,
        {
            "accuracy_gain": -1,
            "accuracy_max": -1,
            "val_best": 1,
            "gap_min": 0,
            "val_up": 0,
            "val_best_at": -1,
            "train_total": 1,
        },
    ),
    "overfitting": (
        0.0075,
        {
            "val_rise": 1,
            "train_up": 0,
            "gap_end": 1,
            "val_best_at": -1,
            "gap_half": 0,
            "val_left_half": 0,
        },
    ),
    "post_drop_oscillation": (
        0.004,
        {
            "last_val_noise_after": 1,
            "last_train_noise_after": 1,
            "last_train_left": 0,
            "last_val_jump": 0,
            "val_rise": 0,
        },
    ),
    "plateau_after_drop": (
        0.15,
        {
            "train_segment": 1,
            "accuracy_step": -1,
            "position": 1,
            "ratio": 0,
            "val_segment": 0,
            "val_noise_before": -1,
            "gap_end": 0,
            "before_rate": 0,
        },
    ),
}
EARLY = {"drop_too_early", "lr_too_low"}
PER_DROP = {"plateau_after_drop"}
ROUNDS = 160


def read(folders):
    """Truth, run traits and (row, traits) of each drop for the runs of some corpora."""
    found = []
    for folder in folders:
        for line in (Path(folder) / "truth.jsonl").read_text("utf-8").splitlines():
            truth = json.loads(line)
            truth["corpus"] = Path(folder).name
            place = Path(folder) / truth["run_id"]
            if place.is_dir():
                locations = merge_splits(discover([place])).locations
                found.append((truth, *traits_of_run(read_location(locations[0]))))
    return found


def traits_of_run(run):
    """Traits of a run and of each of its drops."""
    return traits_of_view(view_of(run, Config())[0])


def traits_of_view(view):
    """The same from a view."""
    shape = shape_of(view)
    if shape is None:
        return {}, []
    judged = judged_drops(view, shape)
    drops = [] if isinstance(judged, str) else judged
    return traits_of(view) or {}, [(d.row * shape.scale, turn_traits(shape, d)) for d in drops]


def run_samples(label, runs):
    """One sample a run: traits, is it so, does it count, where it is from."""
    for truth, traits, _ in runs:
        said, counts = answer(label, truth)
        yield traits, said, counts, truth


def answer(label, truth):
    """Whether a run has a label, and whether that is decided."""
    if (
        label == "lr_too_low"
        and set(truth["labels"]) | set(truth["ignore"]) >= EARLY
        and ("drop_too_early" in truth["labels"])
    ):  # the corpus calls both names right for a rate that is too low because it fell early
        return True, True
    open_question = label in set(truth["ignore"]) - set(truth["labels"])
    return label in truth["labels"], not (open_question or label in truth["unobservable"])


def drop_samples(runs):
    """One sample a drop that a counterfactual was run for (the corpus's own thresholds)."""
    for truth, traits, drops in runs:
        known = [d for d in truth["evidence"].get("drops", []) if "rel_F" in d]
        raised = truth["schedule_true"].get("events") or truth["schedule_true"].get("gamma", 0) > 1
        if raised or "asconf" in truth["variants"]:
            continue
        for row, own in drops:
            near = min(known, key=lambda d: abs(d["epoch"] - row), default=None)
            useless, decided = False, False
            if near is not None and abs(near["epoch"] - row) <= 1:
                useless, decided = useless_drop(truth, near)
            yield {**traits, **own}, useless, decided, truth


def useless_drop(truth, drop):
    """Whether the rerun without the drop ended the same, and whether that is clear."""
    level = float(np.mean(truth["variants"]["orig"]["F"]))
    noise = abs(drop["rel_F"] / drop["sigmas"]) if drop["sigmas"] else 0.0
    same = (
        abs(drop["rel_F"]) <= max(0.01, min(noise, 0.03))
        and abs(drop["rel_window"]) < 0.015
        and abs(drop["d_err"]) < 0.006
        and level > 0
    )
    useless = same and abs(drop["progress_after"]) < 0.03
    return useless, useless or not (same or abs(drop["rel_F"]) < 0.02 or abs(drop["sigmas"]) < 1.5)


def stumps(signs):
    """The model: additive, monotone where the sign of an effect is known."""
    return HistGradientBoostingClassifier(
        max_iter=ROUNDS,
        learning_rate=0.1,
        max_leaf_nodes=2,
        min_samples_leaf=10,
        l2_regularization=2.0,
        max_bins=20,
        monotonic_cst=signs,
    )


def fit(card, budget, signs, samples, natural):
    """A card as JSON and how it did out of fold."""
    names = list(signs)
    x = np.array([[s[0].get(n, np.nan) for n in names] for s in samples], float)
    y = np.array([s[1] for s in samples])
    ok = np.array([s[2] for s in samples])
    nature = ok & np.array([s[3]["corpus"] in natural for s in samples])
    healthy = np.array([s[3]["labels"] == ["healthy"] for s in samples]) & nature
    group = np.unique([f"{s[3]['corpus']}-{s[3]['base']}" for s in samples], return_inverse=True)[1]
    odds = out_of_fold(x, y, ok, group, list(signs.values()))
    slope, shift = calibration(odds[nature], y[nature])
    p = 1 / (1 + np.exp(-(slope * odds + shift)))
    if card in PER_DROP:
        threshold, told = choose(*by_run(card, samples, p, natural), budget)
    else:
        threshold, told = choose(p[nature], y[nature], healthy[nature], budget)
    model = stumps(list(signs.values())).fit(x[ok], y[ok])
    made = export(model, names, slope, shift)
    made["threshold"] = round(float(threshold), 3)
    made["fitted"] = {"samples": int(ok.sum()), "positive": int(y[ok].sum()), **told}
    return made


def by_run(label, samples, p, natural):
    """Highest probability of the drops of each run, its label, and whether it is healthy."""
    runs = {}
    for sample, probability in zip(samples, p, strict=True):
        truth = sample[3]
        said, counts = answer(label, truth)
        if counts and truth["corpus"] in natural:
            best = max(probability, runs.get(truth["run_id"], (0.0,))[0])
            runs[truth["run_id"]] = (best, said, truth["labels"] == ["healthy"])
    return tuple(np.array(column) for column in zip(*runs.values(), strict=True))


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


def choose(p, y, healthy, budget):
    """The threshold of the best F1 within the healthy budget, and the figures there."""
    best = None
    for threshold in np.unique(np.round(p, 3)):
        said = p >= threshold
        hit = int((said & y).sum())
        alarmed = float((said & healthy).sum() / max(healthy.sum(), 1))
        f1 = 2 * hit / max(said.sum() + y.sum(), 1)
        if alarmed <= budget and threshold >= 0.05 and (best is None or f1 > best[0]):
            best = (f1, threshold, hit / max(said.sum(), 1), hit / max(y.sum(), 1), alarmed)
    f1, threshold, precision, recall, alarmed = best
    told = {"f1": f1, "precision": precision, "recall": recall, "healthy_alarmed": alarmed}
    return threshold, {k: round(float(v), 3) for k, v in told.items()}


def export(model, names, slope, shift):
    """The stumps merged into bands, calibration folded in."""
    cuts = {n: [] for n in names}
    missing = dict.fromkeys(names, 0.0)
    bias = float(np.ravel(model._baseline_prediction)[0])
    for (tree,) in model._predictors:
        root = tree.nodes[0]
        if root["is_leaf"]:
            bias += float(root["value"])
            continue
        name = names[root["feature_idx"]]
        left, right = (float(tree.nodes[root[side]]["value"]) for side in ("left", "right"))
        cuts[name].append((float(root["num_threshold"]), left, right))
        missing[name] += left if root["missing_go_to_left"] else right
    traits = {n: bands(cuts[n], missing[n], slope) for n in names if cuts[n]}
    return {"bias": round(slope * bias + shift, 4), "traits": traits}


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


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", nargs="+")
    parser.add_argument("--extra", nargs="*", default=[])
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--out", default="lrdiag/statistics/scorecards.json")
    options = parser.parse_args()
    runs = read([*options.corpus, *options.extra])
    natural = {Path(c).name for c in options.corpus}
    out = Path(options.out)
    kept = json.loads(out.read_text("utf-8"))["cards"] if options.only and out.exists() else {}
    for card, (budget, signs) in CARDS.items():
        if options.only and card not in options.only:
            continue
        samples = list(drop_samples(runs) if card in PER_DROP else run_samples(card, runs))
        kept[card] = fit(card, budget, signs, samples, natural)
        print(f"{card:24s}", kept[card]["threshold"], kept[card]["fitted"])
    made_by = "python benchmarks/accuracy/fit_scorecards.py (corpora by the accuracy generator)"
    told = {
        "made_by": made_by,
        "natural": sorted(f"{n}" for n in natural),
        "extra": sorted(Path(c).name for c in options.extra),
        "runs": len(runs),
    }
    out.write_text(json.dumps({**told, "cards": kept}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
