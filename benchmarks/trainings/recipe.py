"""One training as it is configured, faults included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch.optim import lr_scheduler


@dataclass(frozen=True)
class Schedule:
    """A torch scheduler and how the training loop calls it.

    `stepping`: "epoch", or the bugs "never", "batch" and "twice". `jumps`: (epoch, factor) pairs
    by which the rate is multiplied from an epoch on, as after a resume that lost its state.
    """

    name: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    stepping: str = "epoch"
    jumps: tuple[tuple[int, float], ...] = ()

    def drops(self, epochs: int) -> list[int]:
        """Milestones before the end, where the schedule has few of them; else none."""
        if self.name == "MultiStepLR":
            return [m for m in self.options["milestones"] if m < epochs]
        if self.name == "StepLR":
            marks = list(range(self.options["step_size"], epochs, self.options["step_size"]))
            return marks if len(marks) <= 4 else []
        return []

    def with_milestones(self, milestones: list[int]) -> Schedule:
        """The same gamma at other epochs."""
        options = {"milestones": milestones, "gamma": self.options["gamma"]}
        return replace(self, name="MultiStepLR", options=options)


@dataclass(frozen=True)
class Switch:
    """What else changes at an epoch: None keeps a setting."""

    epoch: int
    momentum: float | None = None
    augmentation: float | None = None
    weight_decay: float | None = None


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training, apart from task, network, length and seed."""

    lr: float
    schedule: Schedule
    weight_decay: float = 0.0
    momentum: float = 0.9
    augmentation: float = 0.0
    switch: Switch | None = None
    class_weight: float = 1.0

    def at(self, epoch: int) -> tuple[float, float, float]:
        """(momentum, augmentation, weight decay) in an epoch."""
        settings = [self.momentum, self.augmentation, self.weight_decay]
        if self.switch and epoch >= self.switch.epoch:
            new = (self.switch.momentum, self.switch.augmentation, self.switch.weight_decay)
            settings = [a if b is None else b for a, b in zip(settings, new, strict=True)]
        return settings[0], settings[1], settings[2]


def rates(recipe: Recipe, epochs: int, per_epoch: int) -> np.ndarray:
    """float64[epochs * per_epoch], the rate of every iteration, from the real scheduler."""
    schedule = recipe.schedule
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=recipe.lr)
    scheduler = None
    if schedule.name:
        scheduler = getattr(lr_scheduler, schedule.name)(optimizer, **schedule.options)
    jumps, factor, result = dict(schedule.jumps), 1.0, []
    calls = {"epoch": 1, "twice": 2}.get(schedule.stepping, 0)
    for epoch in range(epochs):
        factor *= jumps.get(epoch, 1.0)
        for _ in range(per_epoch):
            result.append(optimizer.param_groups[0]["lr"] * factor)
            optimizer.step()
            if scheduler and schedule.stepping == "batch":
                scheduler.step()
        for _ in range(calls if scheduler else 0):
            scheduler.step()
    return np.array(result)
