#!/usr/bin/env python
"""Fit the scorecards in lrdiag/statistics/scorecards.json on labelled corpora.

    python -m benchmarks.accuracy.fit_scorecards CORPUS [CORPUS ...] [--extra CORPUS ...]
        [--prior CARDS.json]

CORPUS folders hold run folders and truth.jsonl (labels from counterfactual reruns). Each card is
an additive logistic model of step functions (bagged boosted stumps, scikit-learn). Probabilities
are calibrated and thresholds chosen on out-of-fold predictions over the CORPUS folders only,
because --extra corpora hold more faults than nature does. Folds keep the runs of one base together.
Cards of `--prior`, fitted on other runs, are averaged in with the weight of the best out-of-fold
likelihood (log-odds are summed, so the average is a card again). Thresholds are chosen together
(`joint_thresholds`), those of cards that judge drops by the best F1.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.accuracy.joint_thresholds import NAMES, Pool, choose, figures
from benchmarks.accuracy.scorecard_model import bag, blend, calibration, export, out_of_fold
from benchmarks.accuracy.scorecard_samples import answer, read, samples_of
from benchmarks.accuracy.scorecard_specs import CARDS, PER_DROP, signs_of
from lrdiag.config import Config
from lrdiag.diagnose import rules_for
from lrdiag.statistics.scorecard import read_card

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the prior card
EMPTY = {"bias": 0.0, "traits": {}}


def fit(card, samples, natural, signs, prior):
    """A card without threshold, and the out-of-fold probability of each sample."""
    names = list(signs)
    x = np.array([[s[0].get(n, np.nan) for n in names] for s in samples], float)
    y = np.array([s[1] for s in samples])
    ok = np.array([s[2] and bool(s[0]) for s in samples])
    nature = ok & np.array([s[3]["corpus"] in natural for s in samples])
    group = np.unique([f"{s[3]['corpus']}-{s[3]['base']}" for s in samples], return_inverse=True)[1]
    odds = out_of_fold(x, y, ok, group, list(signs.values()))
    slope, shift = calibration(odds[nature], y[nature])
    old = prior_odds(prior, samples)
    weight, p, a, b = best_blend(old, slope * odds + shift, y, nature)
    made = export(bag(x[ok], y[ok], group[ok], list(signs.values())), names)
    card_made = blend(
        [(a * weight, prior or EMPTY), (a * (1 - weight) * slope, made)],
        b + a * (1 - weight) * shift,
    )
    card_made["fitted"] = {
        "samples": int(ok.sum()), "positive": int(y[ok].sum()), "prior_weight": weight,
    }  # fmt: skip
    return card_made, p


def prior_odds(prior, samples):
    """Log-odds of a card fitted on other runs."""
    if prior is None:
        return None
    card = read_card({"threshold": 0.5, **prior})
    return np.array([card.bias + sum(card.contributions(s[0]).values()) for s in samples])


def best_blend(old, new, y, nature):
    """Weight of the prior, blended probabilities, and their calibration (slope and shift)."""
    tried = []
    for weight in WEIGHTS if old is not None else (0.0,):
        odds = (weight * old if weight else 0.0) + (1 - weight) * new
        slope, shift = calibration(odds[nature], y[nature])
        if weight == 1.0:
            slope, shift = 1.0, 0.0  # as it was
        sure = slope * odds + shift
        loss = np.logaddexp(0, np.where(y, -sure, sure))[nature].mean()
        tried.append((float(loss), weight, 1 / (1 + np.exp(-sure)), slope, shift))
    return min(tried, key=lambda t: t[0])[1:]


def threshold_by_f1(card, samples, p, natural):
    """The threshold of the best F1, by the most likely drop of each run."""
    runs = {}
    for sample, probability in zip(samples, p, strict=True):
        truth = sample[3]
        said, counts = answer(card, truth)
        if counts and truth["corpus"] in natural:
            runs[truth["run_id"]] = (max(probability, runs.get(truth["run_id"], (0.0,))[0]), said)
    best, there = (np.array(column) for column in zip(*runs.values(), strict=True))
    grid = np.unique(np.round(best, 2))
    f1 = [2 * (there & (best >= t)).sum() / ((best >= t).sum() + there.sum()) for t in grid]
    return float(grid[int(np.argmax(f1))]), {"f1": round(float(max(f1)), 3)}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", nargs="+")
    parser.add_argument("--extra", nargs="*", default=[])
    parser.add_argument("--prior")
    parser.add_argument("--out", default="lrdiag/statistics/scorecards.json")
    options = parser.parse_args()
    runs = read([*options.corpus, *options.extra], rules_for(Config()).rules)
    fit_all(runs, options)


def fit_all(runs, options) -> None:
    """Fit the cards, choose their thresholds and write them."""
    natural = {Path(c).name for c in options.corpus}
    known = {name for _, traits, *_ in runs for name in traits}
    prior = json.loads(Path(options.prior).read_text("utf-8"))["cards"] if options.prior else {}
    cards, chances = {}, {}
    for card in CARDS:
        samples = samples_of(card, runs)
        cards[card], p = fit(card, samples, natural, signs_of(card, known), prior.get(card))
        print(f"{card:24s}", cards[card]["fitted"], flush=True)
        if card in PER_DROP:
            cards[card]["threshold"], told = threshold_by_f1(card, samples, p, natural)
            cards[card]["fitted"] |= told
        else:
            chances[card] = p
    keep = np.array([r[0]["corpus"] in natural for r in runs])
    chances = {name: p[keep] for name, p in chances.items()}
    with_thresholds(cards, chances, [r for r, k in zip(runs, keep, strict=True) if k])
    made_by = "python -m benchmarks.accuracy.fit_scorecards (corpora by the accuracy generator)"
    told = {
        "made_by": made_by,
        "natural": sorted(natural),
        "extra": sorted(Path(c).name for c in options.extra),
        "runs": len(runs),
        "prior": "3,119 runs of seeds 4242, 6006, 9001, 31337, 777, 60606 and 8151723"
        if prior
        else "",
    }
    Path(options.out).write_text(json.dumps({**told, "cards": cards}, indent=1) + "\n", "utf-8")


def with_thresholds(cards, chances, runs) -> None:
    """Choose the thresholds of all cards that judge a run, and note how they did."""
    p = np.column_stack([chances[name] for name in NAMES])
    severe = {r.id.replace("-", "_") for r in rules_for(Config()).rules if r.severity == "error"}
    pool = Pool([r[3] for r in runs], p, frozenset(severe))
    chosen = choose(pool)
    found = figures(pool, np.array([chosen[name] for name in NAMES]))
    for at, name in enumerate(NAMES):
        cards[name]["threshold"] = chosen[name]
        cards[name]["fitted"] |= {
            key: round(float(found[key][at]), 3) for key in ("f1", "precision", "recall")
        }
    print({k: round(v, 4) for k, v in found.items() if isinstance(v, float)})


if __name__ == "__main__":
    main()
