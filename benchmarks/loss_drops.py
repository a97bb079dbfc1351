#!/usr/bin/env python
"""Fit and measure the finder of changes in mid-run from the training loss alone.

    python -m benchmarks.loss_drops fit CURVES.jsonl … [--write]
    python -m benchmarks.loss_drops measure CURVES.jsonl … [--fitted-on CURVES.jsonl …]

A line of CURVES is one training: `loss` (every step), `epoch_start` (first step of each epoch),
`drop_epochs`, `mimic_epoch` (another change, or null), `task`. `fit` cross-validates boosted trees
by training and by task (needs lightgbm), prints what they reach, and with --write replaces
lrdiag/schedule/from_loss_trees.json. `measure` scores the package as it is: on trainings that were
not fitted on. With --fitted-on, each training is scored by trees that saw no training of its task.

A found place is right within one epoch of a change. A drop is *visible* where simple statistics at
its true place stand out (`is_visible`); about 1.6 % of the other epochs do so too.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.fleet.intervals import wilson
from lrdiag.schedule.from_loss import USED_FROM, binned_loss, peaks, probabilities
from lrdiag.schedule.from_loss_features import Binned, features
from lrdiag.schedule.from_loss_trees import FILE, Trees, fitted_trees, trees_from
from lrdiag.view import Curve

TARGET = Path(__file__).parent.parent / "lrdiag" / "schedule" / FILE
# Weight in the fit of drops that leave no visible trace.
INVISIBLE = 0.3
# Probabilities from which a place counts for the calibration.
LISTED_FROM = 0.05
# A tree without a branch: both ways lead to its only leaf.
_EMPTY = {"feature": 0, "threshold": 0.0, "left": -1, "right": -1, "unknown_left": True}
FORMS = ("per step", "every 10th step", "per epoch", "per step, epochs unknown")


@dataclass
class Training:
    """A training in one form of logging, with what truly happened."""

    task: str
    kind: str
    curve: Binned
    changes: list[int]
    visible: list[int]
    slack: int = 1
    signs: dict[str, np.ndarray] = field(default_factory=dict)


def stepped(level: np.ndarray, place: int, window: int) -> tuple[float, float]:
    """t value and size of a fall before `place` beside a straight line."""
    begin, end = max(place - window, 0), min(place + window, len(level))
    at = np.arange(begin, end) - place + 0.5
    basis = np.stack([np.ones_like(at), at, (at > 0) * 1.0], axis=1)
    solution = np.linalg.lstsq(basis, level[begin:end], rcond=None)[0]
    rest = level[begin:end] - basis @ solution
    variance = rest @ rest / max(len(at) - 3, 1) + 1e-6
    size = -float(solution[2])
    return size / float(np.sqrt(variance * np.linalg.inv(basis.T @ basis)[2, 2])), size


def is_visible(level: np.ndarray, place: int) -> bool:
    """0.6 of a rule set by hand: t of 3 and 2.5 in windows of 4 and 6 epochs, 6 %, 1.5 sd."""
    if place < 4 or place >= len(level) - 2:
        return False
    low = max(place - 7, 0)
    moves = np.diff(level[low : place + 7])
    here = place - 1 - low
    rest = np.delete(moves, [i for i in (here, here + 1) if i < len(moves)])
    fall = (np.median(rest) - moves[here]) / (np.std(rest) + 1e-3)
    (t4, _), (t6, size) = stepped(level, place, 4), stepped(level, place, 6)
    # The rule squashed its t values and falls: 12 tanh(t / 12), 4 tanh(fall / 4).
    squashed = 12 * np.tanh(t4 / 12), 12 * np.tanh(t6 / 12), 4 * np.tanh(fall / 4)
    return bool(squashed[0] >= 1.8 and squashed[1] >= 1.5 and size >= 0.036 and squashed[2] >= 0.9)


def curve_of(record: dict, form: str) -> Binned | None:
    """The loss as a log of that form would show it."""
    loss, start = np.array(record["loss"]), np.array(record["epoch_start"])
    step = np.arange(len(loss))
    axis = EpochAxis(start, np.arange(len(start), dtype=float), "epoch")
    if form == "per epoch":
        loss = np.add.reduceat(loss, start) / np.diff(np.append(start, len(loss)))
        step = np.arange(len(start))
        axis = EpochAxis(step, step.astype(float), "step is epoch")
    elif form == "every 10th step":
        loss, step = loss[9::10], step[9::10]
    elif form == "per step, epochs unknown":
        axis = EpochAxis()
    return binned_loss(
        Curve("train_loss", "loss", step, axis.epoch_of(step), loss, False, "loss"), axis
    )


def read(paths: Iterable[str], form: str) -> list[Training]:
    """Trainings that are long enough, in that form; places are rows of the binned curve."""
    out = []
    for path in paths:
        for line in Path(path).read_text().splitlines():
            record = json.loads(line)
            curve, whole = curve_of(record, form), curve_of(record, "per epoch")
            if curve is None or whole is None:
                continue
            mimic = record.get("mimic_epoch")
            changes = sorted({*record["drop_epochs"], *([] if mimic is None else [mimic])})
            visible = [c for c in changes if is_visible(whole.level, c)]
            row = _row_of(record, curve, form)
            out.append(
                Training(
                    record["task"],
                    record["kind"],
                    curve,
                    [row(c) for c in changes],
                    [row(c) for c in visible],
                )
            )
    return out


def _row_of(record: dict, curve: Binned, form: str) -> Callable[[int], int]:
    if form == "per epoch":
        return lambda epoch: epoch
    start = record["epoch_start"]
    return lambda epoch: int(np.searchsorted(curve.step, start[epoch], side="left"))


# --- scoring ---


def found(trainings: Sequence[Training], chances: Sequence[np.ndarray]) -> np.ndarray:
    """float64[k, 2]: probability of each told place and whether a change lies there."""
    rows = [
        (chance[p], any(abs(p - c) <= t.slack for c in t.changes))
        for t, chance in zip(trainings, chances, strict=True)
        for p in peaks(chance, LISTED_FROM)
    ]
    return np.array(rows, float).reshape(-1, 2)


def best_near_visible(trainings: Sequence[Training], chances: Sequence[np.ndarray]) -> np.ndarray:
    """float64[v]: probability of the told place at each visible change, 0 without one."""
    return np.array(
        [
            max((chance[p] for p in peaks(chance, LISTED_FROM) if abs(p - v) <= t.slack), default=0)
            for t, chance in zip(trainings, chances, strict=True)
            for v in t.visible
        ]
    )


def calibration_error(places: np.ndarray, bins: int = 10) -> float:
    """Mean distance of told probability and share of right places over equally filled bins."""
    order = places[np.argsort(places[:, 0])]
    parts = np.array_split(order, bins)
    return float(
        sum(len(p) * abs(np.diff(p.mean(axis=0))[0]) for p in parts if len(p)) / len(order)
    )


def ratio(hits: int, of: int) -> str:
    if of == 0:
        return "0 of 0"
    low, high = wilson(hits, of)
    return f"{hits} of {of}: {hits / of:.3f} [{low:.3f}, {high:.3f}]"


def show(name: str, trainings: Sequence[Training], chances: Sequence[np.ndarray]) -> None:
    places, near = found(trainings, chances), best_near_visible(trainings, chances)
    quiet = [c for t, c in zip(trainings, chances, strict=True) if not t.changes]
    print(f"{name}: {len(trainings)} trainings, {sum(len(t.changes) for t in trainings)} changes")
    for limit in (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9):
        told = places[places[:, 0] >= limit]
        alarmed = sum(bool(np.any(c >= limit)) for c in quiet)
        print(
            f"  from {limit:.2f}{' *' if limit == USED_FROM else '  '}"
            f" right {ratio(int(told[:, 1].sum()), len(told))}"
            f"   visible found {ratio(int(np.sum(near >= limit)), len(near))}"
            f"   trainings without change alarmed {ratio(alarmed, len(quiet))}"
        )
    error = calibration_error(places) if len(places) else float("nan")
    print(
        f"  calibration error {error:.3f} over {len(places)} places from {LISTED_FROM}", flush=True
    )


# --- fitting ---


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
    """Trees of six leaves with a small step, fitted on half of the signs each."""
    import lightgbm

    table, label, weight = rows_of(trainings)
    keep = weight > 0
    names = list(trainings[0].signs)
    model = lightgbm.LGBMClassifier(
        n_estimators=200, learning_rate=0.03, num_leaves=6, min_child_samples=30, subsample=0.8,
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
    return {"names": names, **columns, "slope": 1.0, "offset": 0.0}


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
    trainings, epochs = read(paths, "per step"), read(paths, "per epoch")
    by_training = np.random.default_rng(0).integers(0, 8, len(trainings)).tolist()
    print(f"{len(trainings)} trainings, {sum(len(t.visible) for t in trainings)} visible changes")
    told = crossed(trainings, by_training, (trainings, epochs))
    slope, offset = logistic(found(trainings, told[0]))
    print(f"calibration: slope {slope:.3f}, offset {offset:.3f}")
    for name, chances in zip(("per step", "per epoch"), told, strict=True):
        shown = [calibrated(c, slope, offset) for c in chances]
        show(f"cross-validated by training, {name}", trainings, shown)
    told = crossed(trainings, [t.task for t in trainings], (trainings, epochs))
    for name, chances in zip(("per step", "per epoch"), told, strict=True):
        shown = [calibrated(c, slope, offset) for c in chances]
        show(f"cross-validated by task, {name}", trainings, shown)
    if write:
        save(replace(boosted(trainings), slope=slope, offset=offset))


def save(trees: Trees) -> None:
    names = ("feature", "threshold", "left", "right", "unknown_left", "leaf")
    data = {
        "source": "benchmarks/loss_drops.py; see docs/schedules.md",
        "names": trees.names,
        "slope": round(trees.slope, 4),
        "offset": round(trees.offset, 4),
        **{name: getattr(trees, name).tolist() for name in names},
    }
    TARGET.write_text(json.dumps(data, separators=(",", ":")) + "\n")


def measure(paths: Sequence[str]) -> None:
    for form in FORMS:
        trainings = read(paths, form)
        chances = [probabilities(t.curve, fitted_trees()) for t in trainings]
        show(form, trainings, chances)


def measure_without_task(paths: Sequence[str], fitted_on: Sequence[str]) -> None:
    """Score each training by trees fitted on the other tasks, with the package's calibration."""
    known = read(fitted_on, "per step")
    for form in ("per step", "per epoch"):
        trainings = read(paths, form)
        chances = [np.zeros(0)] * len(trainings)
        for task in sorted({t.task for t in trainings}):
            trees = boosted([t for t in known if t.task != task])
            package = fitted_trees()
            trees = replace(trees, slope=package.slope, offset=package.offset)
            for i, t in enumerate(trainings):
                if t.task == task:
                    chances[i] = probabilities(t.curve, trees)
        show(f"{form}, task not fitted on", trainings, chances)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("action", choices=("fit", "measure"))
    parser.add_argument("curves", nargs="+")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--fitted-on", nargs="+", default=())
    given = parser.parse_args()
    if given.action == "fit":
        fit(given.curves, write=given.write)
    else:
        measure(given.curves)
        if given.fitted_on:
            measure_without_task(given.curves, given.fitted_on)


if __name__ == "__main__":
    main()
