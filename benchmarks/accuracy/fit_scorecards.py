#!/usr/bin/env python
"""Fit the scorecards in lrdiag/statistics/scorecards.json on labelled corpora.

    python -m benchmarks.accuracy.fit_scorecards CORPUS [CORPUS ...] [--extra CORPUS ...]

CORPUS folders hold run folders and truth.jsonl (labels from counterfactual reruns). Each card is
an additive logistic model of step functions (boosted stumps, scikit-learn), fitted on all
corpora; probabilities are calibrated and thresholds chosen on out-of-fold predictions over the
CORPUS folders only, because --extra corpora hold more faults than nature does. Folds keep the
runs of one base together. The threshold is the one of the best F1 that alarms at most a budget
of the healthy runs (`scorecard_specs`).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.accuracy.scorecard_model import calibration, export, out_of_fold, stumps
from benchmarks.accuracy.scorecard_samples import answer, read, samples_of
from benchmarks.accuracy.scorecard_specs import CARDS, PER_DROP, guarded, signs_of


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
    p = np.where([guarded(card, s[0]) for s in samples], p, 0.0)
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


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", nargs="+")
    parser.add_argument("--extra", nargs="*", default=[])
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--out", default="lrdiag/statistics/scorecards.json")
    options = parser.parse_args()
    runs = read([*options.corpus, *options.extra])
    fit_all(runs, options)


def fit_all(runs, options) -> None:
    """Fit the cards and write them; cards not asked for are kept."""
    natural = {Path(c).name for c in options.corpus}
    known = {name for _, traits, _ in runs for name in traits}
    out = Path(options.out)
    kept = json.loads(out.read_text("utf-8"))["cards"] if options.only and out.exists() else {}
    for card, (budget, _) in CARDS.items():
        if options.only and card not in options.only:
            continue
        samples = samples_of(card, runs)
        kept[card] = fit(card, budget, signs_of(card, known), samples, natural)
        print(f"{card:24s}", kept[card]["threshold"], kept[card]["fitted"])
    made_by = "python -m benchmarks.accuracy.fit_scorecards (corpora by the accuracy generator)"
    told = {
        "made_by": made_by,
        "natural": sorted(f"{n}" for n in natural),
        "extra": sorted(Path(c).name for c in options.extra),
        "runs": len(runs),
    }
    out.write_text(json.dumps({**told, "cards": kept}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
