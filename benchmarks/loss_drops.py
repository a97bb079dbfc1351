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
its true place stand out (`loss_drops_scores.is_visible`); about 1.6 % of the other epochs do so
too.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.loss_drops_fit import boosted, fit
from benchmarks.loss_drops_scores import FORMS, read, show
from lrdiag.schedule.from_loss import probabilities
from lrdiag.schedule.from_loss_trees import fitted_trees


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
