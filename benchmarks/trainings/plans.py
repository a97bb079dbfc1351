"""Which trainings a base has, and which reruns decide what is wrong with each.

A base is a task, a network and a rate that was tuned for them. Around that rate lie healthy
schedules and runs meant to be faulty; what they are called in the end is decided by `truth`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.trainings.recipe import Recipe, Schedule, Switch


@dataclass(frozen=True)
class Planned:
    """A training to log. `reruns` are its counterfactuals by name; `meant` is the intention.

    `configured` is the schedule that the sidecar file tells. `change` is the epoch of the rise or
    of the drop that came with something else, whose effect the rerun "unchanged" shows.
    """

    meant: str
    recipe: Recipe
    reruns: Mapping[str, Recipe] = field(default_factory=dict)
    configured: Schedule = field(default_factory=Schedule)
    change: int | None = None
    bug: str = ""
    naive_loss: bool = False


def step_like(generator: np.random.Generator, epochs: int, *parts: tuple[float, float]) -> Schedule:
    """MultiStepLR with a milestone in each (low, high) part of the training."""
    marks = sorted({max(1, round(generator.uniform(low, high) * epochs)) for low, high in parts})
    options = {"milestones": marks, "gamma": float(generator.choice([0.1, 0.1, 0.2]))}
    return Schedule("MultiStepLR", options)


def healthy_schedule(generator: np.random.Generator, epochs: int) -> Schedule:
    """One of the schedules that good trainings use."""
    size = max(2, round(epochs * generator.uniform(0.3, 0.45)))
    small = max(1, round(epochs * generator.uniform(0.12, 0.18)))
    return [
        lambda: step_like(generator, epochs, (0.4, 0.6), (0.7, 0.88)),
        lambda: step_like(generator, epochs, (0.5, 0.75)),
        lambda: Schedule("StepLR", {"step_size": size, "gamma": 0.2}),
        lambda: Schedule("StepLR", {"step_size": small, "gamma": 0.6}),
        lambda: Schedule("CosineAnnealingLR", {"T_max": epochs}),
        lambda: Schedule("ExponentialLR", {"gamma": float(0.03 ** (1 / epochs))}),
    ][int(generator.integers(6))]()


def panel(recipe: Recipe, epochs: int) -> dict[str, Recipe]:
    """The reruns that judge rate and drops."""
    schedule = recipe.schedule
    reruns = {
        "rate x3": replace(recipe, lr=recipe.lr * 3),
        "rate x10": replace(recipe, lr=recipe.lr * 10),
        "rate /6": replace(recipe, lr=recipe.lr / 6),
    }
    drops = schedule.drops(epochs)
    if drops:
        reruns |= drop_reruns(recipe, drops, epochs)
    elif not schedule.name:
        cosine = Schedule("CosineAnnealingLR", {"T_max": epochs})
        reruns["decayed"] = replace(recipe, schedule=cosine)
    return reruns


def drop_reruns(recipe: Recipe, drops: list[int], epochs: int) -> dict[str, Recipe]:
    """Drops later, earlier, left out, and followed by a tenth of the rate."""
    schedule, first = recipe.schedule, drops[0]
    start = min(first + 0.35 * epochs, first + 0.4 * (epochs - first))
    stretch = (0.93 * epochs - start) / max(1, epochs - first)
    moved = {
        "later": [round(start + (m - first) * stretch) for m in drops],
        "earlier": [max(1, round(0.4 * m)) for m in drops],
        "without first": drops[1:],
        "without last": drops[:-1],
    }
    reruns = {
        name: replace(recipe, schedule=schedule.with_milestones(marks))
        for name, marks in moved.items()
    }
    quiet = replace(schedule, jumps=((first, 0.1),))
    return reruns | {"quiet after drop": replace(recipe, schedule=quiet)}


def healthy(generator: np.random.Generator, tuned: Recipe, epochs: int) -> Planned:
    """A run at the tuned rate."""
    recipe = replace(tuned, schedule=healthy_schedule(generator, epochs))
    return Planned("healthy", recipe, panel(recipe, epochs), recipe.schedule)


def plain(meant: str, recipe: Recipe, epochs: int) -> Planned:
    """A run judged by the whole panel."""
    return Planned(meant, recipe, panel(recipe, epochs), recipe.schedule)


def too_early(generator: np.random.Generator, tuned: Recipe, epochs: int) -> Planned:
    """The rate falls while the loss still falls steeply."""
    schedule = step_like(generator, epochs, (0.04, 0.12), (0.13, 0.25))
    options = schedule.options | {"gamma": float(generator.choice([0.1, 0.05, 0.02]))}
    recipe = replace(tuned, schedule=replace(schedule, options=options))
    return plain("drop_too_early", recipe, epochs)


def too_late(generator: np.random.Generator, tuned: Recipe, epochs: int) -> Planned:
    """The only drop comes at the very end of a training that needed it long before."""
    schedule = step_like(generator, epochs, (0.85, 0.95))
    recipe = replace(tuned, lr=tuned.lr * generator.uniform(1.5, 4), schedule=schedule)
    return plain("drop_too_late", recipe, epochs)


def too_low(generator: np.random.Generator, tuned: Recipe, epochs: int) -> Planned:
    """A rate far below the tuned one."""
    schedule = Schedule() if generator.random() < 0.4 else healthy_schedule(generator, epochs)
    recipe = replace(tuned, lr=tuned.lr / generator.uniform(25, 120), schedule=schedule)
    return plain("lr_too_low", recipe, epochs)


def too_high(generator: np.random.Generator, tuned: Recipe, epochs: int) -> Planned:
    """A rate far above the tuned one."""
    schedule = Schedule() if generator.random() < 0.5 else healthy_schedule(generator, epochs)
    recipe = replace(tuned, lr=tuned.lr * generator.uniform(6, 20), schedule=schedule)
    return plain("lr_too_high", recipe, epochs)


def useless_drop(generator: np.random.Generator, tuned: Recipe, epochs: int) -> Planned:
    """A second drop after the first one left nothing to gain."""
    schedule = step_like(generator, epochs, (0.4, 0.5), (0.7, 0.85))
    options = schedule.options | {"gamma": float(generator.choice([0.01, 0.003]))}
    recipe = replace(tuned, schedule=replace(schedule, options=options))
    return plain("plateau_after_drop", recipe, epochs)


def oscillation(generator: np.random.Generator, tuned: Recipe, epochs: int) -> Planned:
    """Even the rate after the drop is too high to settle."""
    schedule = step_like(generator, epochs, (0.3, 0.5))
    options = schedule.options | {"gamma": 0.5}
    recipe = replace(tuned, lr=tuned.lr * generator.uniform(5, 15), momentum=0.95,
                     schedule=replace(schedule, options=options))  # fmt: skip
    return plain("post_drop_oscillation", recipe, epochs)


def raised(generator: np.random.Generator, tuned: Recipe, epochs: int) -> Planned:
    """The rate jumps back up, as after a resume without the scheduler's state."""
    at = int(epochs * generator.uniform(0.65, 0.88))
    schedule = step_like(generator, epochs, (0.35, 0.45), (0.5, 0.6))
    jumped = replace(schedule, jumps=((at, float(generator.choice([100.0, 300.0]))),))
    recipe = replace(tuned, schedule=jumped)
    before = replace(tuned, schedule=schedule)
    return Planned("post_drop_divergence", recipe, {"unchanged": before}, schedule, change=at)


def momentum_at_drop(generator: np.random.Generator, tuned: Recipe, epochs: int) -> Planned:
    """The rate falls, but momentum rises with it: the effective rate grows several times."""
    at = int(epochs * generator.uniform(0.4, 0.65))
    schedule = Schedule("MultiStepLR", {"milestones": [at], "gamma": 0.5})
    recipe = replace(
        tuned,
        lr=tuned.lr * generator.uniform(1.0, 2.0),
        schedule=schedule,
        switch=Switch(at, momentum=float(generator.choice([0.99, 0.995]))),
    )
    return after_true_drop(recipe, at)


def memorising_at_drop(generator: np.random.Generator, tuned: Recipe, epochs: int) -> Planned:
    """Augmentation and weight decay end with the drop, and the network memorises."""
    at = int(epochs * generator.uniform(0.35, 0.6))
    schedule = Schedule("MultiStepLR", {"milestones": [at], "gamma": 0.5})
    recipe = replace(
        tuned,
        schedule=schedule,
        augmentation=float(generator.uniform(0.5, 0.9)),
        weight_decay=0.01,
        switch=Switch(at, augmentation=0.0, weight_decay=0.0),
    )
    return after_true_drop(recipe, at)


def after_true_drop(recipe: Recipe, at: int) -> Planned:
    """A run whose drop came with another change; the rerun has neither."""
    before = replace(recipe, schedule=Schedule(), switch=None)
    return Planned(
        "post_drop_divergence", recipe, {"unchanged": before}, recipe.schedule, change=at
    )


def bug(name: str, stepping: str) -> Callable[[np.random.Generator, Recipe, int], Planned]:
    """A schedule that the loop steps wrongly; the rerun steps it as configured."""

    def make(generator: np.random.Generator, tuned: Recipe, epochs: int) -> Planned:
        configured = step_like(generator, epochs, (0.4, 0.58), (0.7, 0.86))
        if stepping == "beyond":
            marks = [int(epochs * x) for x in generator.uniform((1.05, 1.5), (1.4, 2.0))]
            actual = configured = configured.with_milestones(marks)
            rerun = step_like(generator, epochs, (0.4, 0.6))
        else:
            actual, rerun = replace(configured, stepping=stepping), configured
        recipe = replace(tuned, schedule=actual)
        reruns = {"as configured": replace(tuned, schedule=rerun)}
        return Planned(name, recipe, reruns, configured, bug=name)

    return make


def not_a_number(generator: np.random.Generator, tuned: Recipe, epochs: int) -> Planned:
    """Hand-written log(softmax) at a high rate."""
    recipe = replace(tuned, lr=tuned.lr * generator.uniform(15, 60),
                     schedule=healthy_schedule(generator, epochs))  # fmt: skip
    return Planned("nan_divergence", recipe, {}, recipe.schedule, naive_loss=True)


FAULTS: tuple[Callable[[np.random.Generator, Recipe, int], Planned], ...] = (
    too_early, memorising_at_drop, too_high, bug("schedule_not_applied", "never"), too_late,
    oscillation, too_low, useless_drop, bug("schedule_stepped_per_batch", "batch"), not_a_number,
    momentum_at_drop, bug("schedule_double_stepped", "twice"), raised,
    bug("milestone_never_reached", "beyond"),
)  # fmt: skip


def plans(
    kind: str, generator: np.random.Generator, tuned: Recipe, epochs: int, turn: int
) -> Iterator[Planned]:
    """The trainings of one base; `turn` rotates through the faults from base to base."""
    if kind == "standard":
        yield from (healthy(generator, tuned, epochs) for _ in range(5))
        for offset in range(4):
            yield FAULTS[(4 * turn + offset) % len(FAULTS)](generator, tuned, epochs)
    elif kind == "small":
        yield from (replace(healthy(generator, tuned, epochs), meant="overfitting")
                    for _ in range(2))  # fmt: skip
        yield memorising_at_drop(generator, tuned, epochs)
    elif kind == "imbalanced":
        for weight in (1.0, 1.0, 12.0):
            run = healthy(generator, replace(tuned, class_weight=weight), epochs)
            yield replace(run, meant="accuracy_paradox")
    else:
        meant = {"leaked": "data_leakage", "random labels": "no_signal"}[kind]
        for _ in range(2):
            yield replace(healthy(generator, tuned, epochs), meant=meant, reruns={})


def describe(schedule: Schedule) -> dict[str, Any]:
    """A schedule as plain values."""
    return {"name": schedule.name, "stepping": schedule.stepping,
            "jumps": [list(j) for j in schedule.jumps], **schedule.options}  # fmt: skip
