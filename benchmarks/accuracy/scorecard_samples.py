"""Samples for the scorecards from labelled corpora: traits, whether it is so, whether it counts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from benchmarks.accuracy.corpus import truth_of
from benchmarks.accuracy.joint_thresholds import asked
from benchmarks.accuracy.scorecard_specs import EARLY, PER_DROP
from lrdiag.checks.plateau_after_drop import judged_drops
from lrdiag.checks.shape import shape_of
from lrdiag.checks.traits import traits_of, turn_traits
from lrdiag.config import Config
from lrdiag.diagnose import view_of
from lrdiag.sources.splits import merge_splits
from lrdiag.sources.tree import discover, read_location


def samples_of(card, runs):
    """The samples of a card: one a run, or one a drop."""
    return list(drop_samples(runs) if card in PER_DROP else run_samples(card, runs))


def read(folders, rules):
    """Truth, run traits, (row, traits) of each drop and the rules' answers, by run."""
    found = []
    for folder in folders:
        for line in (Path(folder) / "truth.jsonl").read_text("utf-8").splitlines():
            truth = json.loads(line)
            truth["corpus"] = Path(folder).name
            place = Path(folder) / truth["run_id"]
            if place.is_dir():
                (location,) = merge_splits(discover([place])).locations
                view = view_of(read_location(location), Config())[0]
                answers = asked(view, truth_of(truth, truth["corpus"]), rules)
                found.append((truth, *traits_of_view(view), answers))
    return found


def traits_of_view(view):
    """Traits of a run and of each of its drops."""
    shape = shape_of(view)
    if shape is None:
        return {}, []
    judged = judged_drops(view, shape)
    drops = [] if isinstance(judged, str) else judged
    return traits_of(view) or {}, [(d.row * shape.scale, turn_traits(shape, d)) for d in drops]


def run_samples(label, runs):
    """One sample a run: traits, is it so, does it count, where it is from."""
    for truth, traits, *_ in runs:
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
    for truth, traits, drops, *_ in runs:
        if "variants" not in truth:  # the project's own generator keeps no reruns of drops
            continue
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
