"""How much the logs hold: a classifier on generic features, trained on other bases.

`python -m benchmarks.accuracy.ceiling CORPUS [CORPUS ...]` cross-validates by base: no run is
judged by a classifier that saw a run of the same task and network. The decision threshold of each
label is chosen on the training folds only. Macro F1 of these predictions is an estimate from below
of what any judge of the logs can reach, and from above of nothing.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.accuracy.corpus import LABELS, Truth, load_corpus
from benchmarks.accuracy.features import features_of
from benchmarks.accuracy.scoring import Prediction, Score, score
from benchmarks.accuracy.tables import one_tool_table

FOLDS = 5
TREES = 150


def table_of(folders: Sequence[Path]) -> tuple[list[Truth], np.ndarray, list[str]]:
    """Truths, features float64[runs, features] (NaN where absent) and their names."""
    truths: list[Truth] = []
    rows: list[dict[str, float]] = []
    for folder in folders:
        corpus = load_corpus(folder)
        for truth in corpus.truths:
            rows.append(features_of(folder / truth.run_id))
            truths.append(truth)
    names = sorted({name for row in rows for name in row})
    names = [name for name in names if any(np.isfinite(row.get(name, np.nan)) for row in rows)]
    table = np.array([[row.get(name, np.nan) for name in names] for row in rows], float)
    return truths, np.where(np.isfinite(table), np.clip(table, -1e6, 1e6), np.nan), names


def classifier(seed: int):
    """Randomised trees: robust with few positives and many features."""
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    trees = ExtraTreesClassifier(
        TREES, min_samples_leaf=2, max_features=0.25, class_weight="balanced_subsample",
        random_state=seed,
    )  # fmt: skip
    missing = SimpleImputer(strategy="constant", fill_value=-99.0, keep_empty_features=True)
    return make_pipeline(missing, trees)


def probability(table: np.ndarray, wanted: np.ndarray, asked: np.ndarray, seed: int) -> np.ndarray:
    """P(label) of the rows `asked`, learned from `table` and `wanted`."""
    if wanted.sum() < 2:
        return np.zeros(len(asked))
    seen = np.isfinite(table).any(axis=0)
    model = classifier(seed).fit(table[:, seen], wanted)
    return model.predict_proba(asked[:, seen])[:, 1]


def folds(groups: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Fold of each row, int64[rows]; rows of one group share a fold."""
    names = np.unique(groups)
    order = np.random.default_rng(seed).permutation(len(names))
    fold = dict(zip(names, order % count, strict=True))
    return np.array([fold[g] for g in groups])


def out_of_fold(table: np.ndarray, wanted: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    """P(label) of every row from classifiers that saw none of its group."""
    fold = folds(groups, FOLDS, seed)
    result = np.zeros(len(wanted))
    for held in range(FOLDS):
        train, test = fold != held, fold == held
        result[test] = probability(table[train], wanted[train], table[test], seed)
    return result


def best_threshold(chance: np.ndarray, wanted: np.ndarray) -> float:
    """The threshold with the highest F1."""
    candidates = np.unique(np.round(chance, 3))
    scores = [
        2 * (wanted & (chance >= t)).sum() / max(1, wanted.sum() + (chance >= t).sum())
        for t in candidates
    ]
    return float(candidates[int(np.argmax(scores))])


def decide(chance: np.ndarray, wanted: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Threshold each fold with the best threshold of the other folds."""
    fold = folds(groups, FOLDS, seed=1)
    said = np.zeros(len(wanted), bool)
    for held in range(FOLDS):
        rest = fold != held
        said[~rest] = chance[~rest] >= best_threshold(chance[rest], wanted[rest])
    return said


def measure(truths: Sequence[Truth], table: np.ndarray) -> tuple[Score, dict[str, np.ndarray]]:
    """Cross-validated predictions of all labels, scored as any tool is."""
    groups = np.array([t.base for t in truths])
    said: list[set[str]] = [set() for _ in truths]
    chances = {}
    for label in LABELS:
        counted = np.array([label not in t.ignored for t in truths])
        wanted = np.array([label in t.labels for t in truths])
        chance = out_of_fold(table[counted], wanted[counted], groups[counted], seed=0)
        decided = decide(chance, wanted[counted], groups[counted])
        for row in np.flatnonzero(counted)[decided]:
            said[row].add(label)
        chances[label] = chance
    predictions = {
        t.run_id: Prediction(
            frozenset(s), errors=frozenset(s), fails=bool(s - t.ignored), warns=bool(s - t.ignored)
        )
        for t, s in zip(truths, said, strict=True)
    }
    return score(truths, predictions), chances


def informative(
    truths: Sequence[Truth], table: np.ndarray, names: Sequence[str], label: str, count: int = 12
) -> list[tuple[str, float]]:
    """The features the trees of one label use most (share of the impurity they remove)."""
    counted = np.array([label not in t.ignored for t in truths])
    wanted = np.array([label in t.labels for t in truths])[counted]
    if wanted.sum() < 2:
        return []
    trees = classifier(0).fit(table[counted], wanted).steps[-1][1]
    order = np.argsort(-trees.feature_importances_)[:count]
    return [(names[i], float(trees.feature_importances_[i])) for i in order]


def main() -> None:
    """Print the table, and the most informative features of each label."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--features", type=Path, help="keep the features in this file (npz)")
    chosen = parser.parse_args()
    warnings.filterwarnings("ignore")
    if chosen.features and chosen.features.is_file():
        kept = np.load(chosen.features, allow_pickle=False)
        truths = [t for folder in chosen.corpora for t in load_corpus(folder).truths]
        table, names = kept["table"], [str(n) for n in kept["names"]]
        if len(truths) != len(table):
            raise SystemExit(f"{chosen.features} holds other corpora; delete it")
    else:
        truths, table, names = table_of(chosen.corpora)
        if chosen.features:
            np.savez(chosen.features, table=table, names=np.array(names))
    print(one_tool_table("ceiling", measure(truths, table)[0]))
    for label in LABELS:
        print(label, json.dumps(informative(truths, table, names, label)))


if __name__ == "__main__":
    main()
