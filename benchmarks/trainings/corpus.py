"""Make a corpus: bases one after the other, runs judged, kept or left out, and written."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.trainings import logs, truth
from benchmarks.trainings.comparison import Panel, capped
from benchmarks.trainings.engine import Network, train
from benchmarks.trainings.plans import Planned, describe, plans, step_like
from benchmarks.trainings.recipe import Recipe
from benchmarks.trainings.tasks import Task, TaskOptions, draw

CYCLE = (
    "standard", "small", "standard", "imbalanced", "standard", "leaked", "standard",
    "random labels", "standard",
)  # fmt: skip
SEEDS = 3
SGD_RATES = (0.003, 0.01, 0.03, 0.1, 0.3)
ADAM_RATES = (0.0003, 0.001, 0.003, 0.01, 0.03)
SCHEDULE_BUGS = frozenset(
    {"schedule_not_applied", "schedule_stepped_per_batch", "schedule_double_stepped"}
)


@dataclass(frozen=True)
class Base:
    """A task, a network and a tuned recipe; `best` is the test loss of the tuned rate."""

    kind: str
    task: Task
    network: Network
    epochs: int
    tuned: Recipe
    best: float | None


def task_options(generator: np.random.Generator, kind: str) -> TaskOptions:
    """What task a kind of base draws."""
    source = str(generator.choice(["teacher", "blobs"]))
    noise = float(generator.choice([0.0, 0.05, 0.1]))
    apart = float(generator.uniform(0.8, 1.5))
    if kind == "standard":
        return TaskOptions(source, int(generator.integers(600, 1000)), 300, 1000, noise,
                           separation=apart)  # fmt: skip
    if kind == "imbalanced":
        rare = float(generator.choice([0.01, 0.02, 0.03]))
        return TaskOptions("blobs", 1200, 500, 1500, positives=rare, separation=apart)
    return TaskOptions(
        str(generator.choice(["teacher", "blobs", "digits"])), int(generator.integers(150, 400)),
        150, 1000, float(generator.choice([0.1, 0.2, 0.3])),
        leak=1.0 if kind == "leaked" else 0.0, random_labels=kind == "random labels",
    )  # fmt: skip


def draw_base(generator: np.random.Generator, kind: str) -> Base:
    """Task and network; the rate is tuned by a sweep where the base is to give healthy runs."""
    task = draw(generator, task_options(generator, kind))
    roomy = kind in ("small", "leaked", "random labels")
    network = Network(
        hidden=(int(generator.choice([48, 64])),) * (2 if roomy else int(generator.integers(1, 3))),
        optimizer=str(generator.choice(["SGD", "SGD", "Adam"])),
        batch=25 if roomy else 50,
    )
    epochs = int(generator.integers(24, 44))
    adam = network.optimizer == "Adam"
    decay = float(generator.choice([1e-4, 2e-3])) if kind != "small" else 0.0
    recipe = Recipe(0.003 if adam else 0.03, step_like(generator, epochs, (0.5, 0.5), (0.78, 0.78)),
                    weight_decay=decay, augmentation=0.0 if roomy else 0.3)  # fmt: skip
    if kind not in ("standard", "imbalanced"):
        return Base(kind, task, network, epochs, recipe, None)
    grid = ADAM_RATES if adam else SGD_RATES
    swept = train(task, network, [replace(recipe, lr=x) for x in grid], [1, 2], epochs)
    ends = capped(swept.curves["test_loss"])[..., -3:].mean((1, 2))
    best = int(ends.argmin())
    return Base(kind, task, network, epochs, replace(recipe, lr=grid[best]), float(ends[best]))


def make_base(seed: int, index: int) -> Iterator[tuple[dict[str, Any], Any]]:
    """(truth, write) of each run of a base; `write(folder)` writes the log."""
    generator = np.random.default_rng([seed, index])
    kind = CYCLE[index % len(CYCLE)]
    base = draw_base(generator, kind)
    turn = sum(k == "standard" for k in (CYCLE * (index // len(CYCLE) + 1))[:index])
    for number, plan in enumerate(plans(kind, generator, base.tuned, base.epochs, turn)):
        yield make_run(base, plan, np.random.default_rng([seed, index, number]),
                       f"{seed}-{index:03d}-{number:02d}", index)  # fmt: skip


def make_run(
    base: Base, plan: Planned, generator: np.random.Generator, name: str, index: int
) -> tuple[dict[str, Any], Any]:
    """Train a run with its reruns and judge it."""
    network = replace(base.network, naive_loss=plan.naive_loss)
    names, recipes = ["run", *plan.reruns], [plan.recipe, *plan.reruns.values()]
    seeds = [int(x) for x in generator.integers(1 << 30, size=SEEDS)]
    trained = train(base.task, network, recipes, seeds, base.epochs)
    panel = Panel(names, trained)
    labels = truth.judge(plan, panel, {}, base.kind)
    gap = None if base.best is None else float(panel.final[0].mean() / base.best - 1)
    style = logs.draw_style(generator)
    entry = entry_of(base, plan, labels, panel, style, name, index)
    entry["dropped"] = truth.dropped(plan, labels, gap)

    def write(folder: Path) -> None:
        logs.write(folder, trained, plan, network, style, base.kind == "imbalanced")

    return entry, write


def entry_of(
    base: Base, plan: Planned, labels: truth.Labels, panel: Panel, style: logs.Style,
    name: str, index: int,
) -> dict[str, Any]:  # fmt: skip
    """One line of `truth.jsonl`."""
    harm = any(
        rerun in panel.row and panel.final_gain(rerun).material
        for rerun in ("earlier", "as configured")
    )
    hidden = set() if style.log_lr else labels.found & SCHEDULE_BUGS
    return {
        "run_id": name, "labels": sorted(labels.found) or ["healthy"],
        "ignore": sorted(labels.open), "unobservable": sorted(hidden),
        "verdict": truth.verdict(labels, harm), "intended": plan.meant, "base": index,
        "base_type": base.kind, "task": dict(base.task.about), "epochs": base.epochs,
        "hidden": list(base.network.hidden), "optimizer": base.network.optimizer,
        "lr": plan.recipe.lr, "schedule_true": describe(plan.recipe.schedule),
        "schedule_configured": describe(plan.configured), "change": plan.change,
        "evidence": labels.evidence,
        "final_test_loss": {k: round(float(panel.final[i].mean()), 4)
                            for k, i in panel.row.items()},
    }  # fmt: skip


def make_corpus(folder: Path, *, seed: int, runs: int) -> Counter[str]:
    """Write runs until `runs` are kept; returns how often each label occurs.

    What was left out, and why, is in `left_out.jsonl`.

    Raises:
        SystemExit: the folder exists and is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise SystemExit(f"{folder}: not empty; give a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    index = kept = 0
    with (folder / "truth.jsonl").open("w") as out, (folder / "left_out.jsonl").open("w") as rest:
        while kept < runs:
            for entry, write in make_base(seed, index):
                reason = entry.pop("dropped")
                if reason:
                    print(json.dumps(entry | {"reason": reason}), file=rest)
                elif kept < runs:
                    write(folder / entry["run_id"])
                    print(json.dumps(entry), file=out, flush=True)
                    counts.update(entry["labels"])
                    kept += 1
            index += 1
            print(f"base {index}: {kept} of {runs} runs", file=sys.stderr, flush=True)
    return counts
