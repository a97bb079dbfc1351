"""Boosted trees that find changes from the loss alone: fit, cross-validation, calibration."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.loss_drops_scores import COARSE, FINE, FORMS, Training, found, read, show
from lrdiag.schedule.from_loss import probabilities
from lrdiag.schedule.from_loss_features import features
from lrdiag.schedule.from_loss_trees import CALIBRATION, FILE, Trees, trees_from

TARGET = Path(__file__).parent.parent / "lrdiag" / "schedule" / FILE
# Weight in the fit of drops that leave no visible trace; of 0.03 to 0.6 found best by
# cross-validation.
INVISIBLE = 0.1
# A tree without a branch: both ways lead to its only leaf.
_EMPTY = {"feature": 0, "threshold": 0.0, "left": -1, "right": -1, "unknown_left": True}


def table_of(training: Training, *, inside: bool = True) -> np.ndarray:
    """float64[n, features] at every place that is judged."""
    signs = training.signs or features(training.curve)
    training.signs = signs
    table = np.stack(list(signs.values()), axis=1)
    if not inside:
        table = table.copy()
        table[:, -6:] = np.nan
    return table


def rows_of(trainings: Sequence[Training]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Signs, label and weight; each place with and without what lies inside epochs."""
    tables, labels, weights = [], [], []
    for t in trainings:
        place = np.arange(4, len(t.curve.level) - 2)
        apart = np.min([np.abs(place - c) for c in t.changes] or [place + 99], axis=0)
        label = (apart == 0).astype(float)
        weight = np.where((apart == 0) & ~np.isin(place, t.visible), INVISIBLE, 1.0)
        weight[(apart > 0) & (apart <= 2)] = 0.0
        for inside in (True, False):
            tables.append(table_of(t, inside=inside)[4:-2])
            labels.append(label)
            weights.append(weight)
    return np.concatenate(tables), np.concatenate(labels), np.concatenate(weights)


# Signs that may only raise the probability as they grow, as a larger fall should.
RISING = frozenset(
    {
        "step_over_error", "approach_over_error", "step_beside_bend", "step_beside_bend_gain",
        "fall_among_neighbours", "fall_above_later", "approach_above_rest",
        "step_beside_bend_above_rest", "gap_of_3_over_noise", "gap_of_5", "step_in_parts_gain",
        "step_in_parts_beside_bend_gain", "approach_in_parts_over_error",
    }
)  # fmt: skip


def boosted(trainings: Sequence[Training]) -> Trees:
    """Trees of ten leaves with a small step, fitted on half of the signs each."""
    import lightgbm

    table, label, weight = rows_of(trainings)
    keep = weight > 0
    names = list(trainings[0].signs)
    model = lightgbm.LGBMClassifier(
        n_estimators=200, learning_rate=0.03, num_leaves=10, min_child_samples=30, subsample=0.8,
        subsample_freq=1, colsample_bytree=0.4, reg_lambda=5, n_jobs=1, verbose=-1, random_state=0,
        monotone_constraints=[int(name in RISING) for name in names],
    )  # fmt: skip
    model.fit(table[keep], label[keep], sample_weight=weight[keep])
    return trees_from(as_data(model.booster_.dump_model(), names))


def as_data(model: dict, names: list[str]) -> dict:
    """Arrays of equal length from the trees as lightgbm writes them."""
    columns: dict[str, list] = {
        k: [] for k in ("feature", "threshold", "left", "right", "unknown_left", "leaf")
    }
    for tree in model["tree_info"]:
        nodes: list[dict] = []
        leaves: list[float] = []
        _walk(tree["tree_structure"], nodes, leaves)
        if not nodes:
            nodes = [_EMPTY]
        for key in ("feature", "threshold", "left", "right", "unknown_left"):
            columns[key].append([n[key] for n in nodes])
        columns["leaf"].append(leaves)
    widest = max(map(len, columns["feature"]))
    for key, rows in columns.items():
        columns[key] = [row + [row[-1]] * (widest + (key == "leaf") - len(row)) for row in rows]
    return {"names": names, **columns, **dict(zip(CALIBRATION, (1.0, 0.0) * 2, strict=True))}


def _walk(node: dict, nodes: list[dict], leaves: list[float]) -> int:
    if "leaf_value" in node:
        leaves.append(float(f"{node['leaf_value']:.6g}"))
        return -len(leaves)
    here = len(nodes)
    nodes.append({})
    nodes[here] = {
        "feature": node["split_feature"],
        "threshold": float(f"{node['threshold']:.6g}"),
        "unknown_left": bool(node["default_left"]),
        "left": _walk(node["left_child"], nodes, leaves),
        "right": _walk(node["right_child"], nodes, leaves),
    }
    return here


def crossed(
    trainings: Sequence[Training], group: Sequence[object], forms: Sequence[Sequence[Training]]
) -> list[list[np.ndarray]]:
    """Probabilities of each training, in each form, by trees that did not see its group."""
    out: list[list[np.ndarray]] = [[np.zeros(0)] * len(trainings) for _ in forms]
    for held in sorted(set(group), key=str):
        trees = boosted([t for t, g in zip(trainings, group, strict=True) if g != held])
        for chances, shown in zip(out, forms, strict=True):
            for i, (t, g) in enumerate(zip(shown, group, strict=True)):
                if g == held:
                    chances[i] = probabilities(t.curve, trees)
    return out


def logistic(places: np.ndarray) -> tuple[float, float]:
    """Slope and offset of a logistic calibration (Platt 1999), by Newton's method."""
    log_odds = np.log(places[:, 0] / (1 - places[:, 0]))
    basis = np.stack([log_odds, np.ones_like(log_odds)], axis=1)
    weight = np.array([1.0, 0.0])
    for _ in range(30):
        p = 1 / (1 + np.exp(-basis @ weight))
        hessian = (basis * (p * (1 - p))[:, None]).T @ basis
        weight -= np.linalg.solve(hessian, basis.T @ (p - places[:, 1]))
    return float(weight[0]), float(weight[1])


def calibrated(chance: np.ndarray, slope: float, offset: float) -> np.ndarray:
    safe = np.clip(chance, 1e-9, 1 - 1e-9)
    out = 1 / (1 + np.exp(-(slope * np.log(safe / (1 - safe)) + offset)))
    return np.where(chance > 0, np.minimum(out, 0.95), 0.0)


def fit(paths: Sequence[str], *, write: bool) -> None:
    forms = {form: read(paths, form) for form in FORMS}
    trainings = forms[FORMS[0]]
    by_training = np.random.default_rng(0).integers(0, 8, len(trainings)).tolist()
    print(f"{len(trainings)} trainings, {sum(len(t.visible) for t in trainings)} visible changes")
    told = crossed(trainings, by_training, list(forms.values()))
    places = {f: found(forms[f], chances) for f, chances in zip(FORMS, told, strict=True)}
    fine, coarse = (np.concatenate([places[f] for f in group]) for group in (FINE, COARSE))
    calibration = (*logistic(fine), *logistic(coarse))
    print("calibration:", dict(zip(CALIBRATION, calibration, strict=True)))
    _show("training", forms, told, calibration)
    told = crossed(trainings, [t.task for t in trainings], list(forms.values()))
    _show("task", forms, told, calibration)
    if write:
        named = dict(zip(CALIBRATION, calibration, strict=True))
        save(replace(boosted(trainings), **named))


def _show(
    held_out: str,
    forms: Mapping[str, Sequence[Training]],
    told: Sequence[Sequence[np.ndarray]],
    calibration: Sequence[float],
) -> None:
    for form, chances in zip(forms, told, strict=True):
        slope, offset = calibration[2:] if form in COARSE else calibration[:2]
        shown = [calibrated(c, slope, offset) for c in chances]
        show(f"cross-validated by {held_out}, {form}", forms[form], shown)


def save(trees: Trees) -> None:
    names = ("feature", "threshold", "left", "right", "unknown_left", "leaf")
    data = {
        "source": "benchmarks/loss_drops.py; see docs/schedules.md",
        "names": trees.names,
        **{name: round(getattr(trees, name), 4) for name in CALIBRATION},
        **{name: getattr(trees, name).tolist() for name in names},
    }
    TARGET.write_text(json.dumps(data, separators=(",", ":")) + "\n")
