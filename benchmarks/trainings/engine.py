"""Train many copies of one small network at once.

The logged run and its reruns with another schedule or rate differ in nothing else, so they train
together by batched matrix products. Copies of one seed share initialisation and batch order: their
differences are paired.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch.nn import functional

from benchmarks.trainings.recipe import Recipe, rates
from benchmarks.trainings.tasks import Task


@dataclass(frozen=True)
class Network:
    """Widths of the hidden layers, optimizer ("SGD" or "Adam") and batch size."""

    hidden: tuple[int, ...] = (32,)
    optimizer: str = "SGD"
    batch: int = 50
    naive_loss: bool = False


@dataclass(frozen=True)
class Trained:
    """Curves float64[recipes, seeds, epochs] by name, rates and losses of every iteration.

    Names: train_loss, train_accuracy, and for val and test: loss, accuracy, precision, recall
    (of class 1). `rate` and `iterations` are those of the first recipe and seed.
    """

    curves: dict[str, np.ndarray]
    rate: np.ndarray
    iterations: np.ndarray
    per_epoch: int


class Copies:
    """Parameters of all copies with their optimizer state: tensors [copies, rows, columns]."""

    def __init__(self, widths: Sequence[int], seeds: Sequence[int], recipes: int) -> None:
        self.parameters: list[torch.Tensor] = []
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        for layer, (rows, columns) in enumerate(pairwise(widths)):
            scale = math.sqrt((2.0 if layer < len(widths) - 2 else 1.0) / rows)
            weights = [torch.randn(rows, columns, generator=g) * scale for g in generators]
            self.parameters.append(torch.stack(weights).repeat(recipes, 1, 1).requires_grad_())
            bias = torch.zeros(recipes * len(seeds), 1, columns)
            self.parameters.append(bias.requires_grad_())
        self.first = [torch.zeros_like(p) for p in self.parameters]
        self.second = [torch.zeros_like(p) for p in self.parameters]
        self.steps = 0

    def outputs(self, inputs: torch.Tensor) -> torch.Tensor:
        """Scores [copies, rows, classes] of inputs [copies, rows, features]."""
        hidden = inputs
        layers = list(zip(self.parameters[::2], self.parameters[1::2], strict=True))
        for weight, bias in layers[:-1]:
            hidden = torch.baddbmm(bias, hidden, weight).relu()
        return torch.baddbmm(layers[-1][1], hidden, layers[-1][0])

    def update(
        self, adam: bool, lr: torch.Tensor, momentum: torch.Tensor, decay: torch.Tensor
    ) -> None:
        """One step of SGD with momentum, or of Adam; settings are [copies, 1, 1]."""
        self.steps += 1
        with torch.no_grad():
            for p, m, v in zip(self.parameters, self.first, self.second, strict=True):
                gradient = p.grad + decay * p
                if adam:
                    m.lerp_(gradient, 0.1)
                    v.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
                    size = (v / (1 - 0.999**self.steps)).sqrt() + 1e-8
                    p.sub_(lr * m / (1 - 0.9**self.steps) / size)
                else:
                    m.mul_(momentum).add_(gradient)
                    p.sub_(lr * m)
                p.grad = None


def losses(
    scores: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor, naive: bool
) -> torch.Tensor:
    """Mean cross-entropy of each copy; class 1 counts `weights` times."""
    if naive:
        each = -torch.log(torch.softmax(scores, -1).gather(2, labels.unsqueeze(2)).squeeze(2))
    else:
        flat = scores.reshape(-1, scores.shape[-1])
        each = functional.cross_entropy(flat, labels.reshape(-1), reduction="none")
        each = each.view(labels.shape)
    weight = torch.where(labels == 1, weights, torch.ones_like(weights))
    return (each * weight).sum(1) / weight.sum(1)


def evaluate(copies: Copies, part: tuple[torch.Tensor, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Loss, accuracy, precision and recall of each copy on one part of the task."""
    inputs, labels = part
    count = copies.parameters[0].shape[0]
    with torch.no_grad():
        scores = copies.outputs(inputs.expand(count, *inputs.shape))
        truth = labels.expand(count, -1)
        loss = losses(scores, truth, torch.ones(count, 1), naive=False)
    guess = scores.argmax(-1)
    hits = ((guess == 1) & (truth == 1)).sum(1).double()
    return {
        "loss": loss,
        "accuracy": (guess == truth).double().mean(1),
        "precision": hits / (guess == 1).sum(1).clamp(min=1),
        "recall": hits / (truth == 1).sum(1).clamp(min=1),
    }


def settings(
    recipes: Sequence[Recipe], seeds: int, epoch: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Momentum, augmentation and weight decay of all copies: float32[copies, 1, 1] each."""
    rows = [recipe.at(epoch) for recipe in recipes for _ in range(seeds)]
    table = torch.tensor(rows, dtype=torch.float32).T.reshape(3, len(rows), 1, 1)
    return table[0], table[1], table[2]


def train(
    task: Task, network: Network, recipes: Sequence[Recipe], seeds: Sequence[int], epochs: int
) -> Trained:
    """Train every recipe with every seed; copy index is recipe * len(seeds) + seed."""
    torch.set_num_threads(1)
    per_epoch = len(task.train[1]) // network.batch
    copies = Copies((task.train[0].shape[1], *network.hidden, task.classes), seeds, len(recipes))
    lr = np.repeat([rates(r, epochs, per_epoch) for r in recipes], len(seeds), axis=0)
    weights = torch.tensor([[r.class_weight] for r in recipes for _ in seeds])
    generators = [torch.Generator().manual_seed(seed + 1) for seed in seeds]
    rows: list[dict[str, torch.Tensor]] = []
    first: list[float] = []
    for epoch in range(epochs):
        row = train_epoch(
            copies, task, network, lr[:, epoch * per_epoch : (epoch + 1) * per_epoch],
            settings(recipes, len(seeds), epoch), weights, generators, first,
        )  # fmt: skip
        for name, part in (("val", task.val), ("test", task.test)):
            row |= {f"{name}_{k}": v for k, v in evaluate(copies, part).items()}
        rows.append(row)
    shape = (len(recipes), len(seeds), epochs)
    curves = {k: torch.stack([r[k] for r in rows], 1).double().numpy().reshape(shape)
              for k in rows[0]}  # fmt: skip
    return Trained(curves, lr[0], np.array(first), per_epoch)


def train_epoch(
    copies: Copies,
    task: Task,
    network: Network,
    lr: np.ndarray,
    now: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
    weights: torch.Tensor,
    generators: Sequence[torch.Generator],
    first: list[float],
) -> dict[str, torch.Tensor]:
    """One epoch of all copies; appends the losses of copy 0 to `first`."""
    momentum, augmentation, decay = now
    inputs, labels = task.train
    order = torch.stack([torch.randperm(len(labels), generator=g) for g in generators])
    repeats = copies.parameters[0].shape[0] // len(generators)
    loss_sum, right = torch.zeros(len(lr)), torch.zeros(len(lr))
    for batch in range(lr.shape[1]):
        index = order[:, batch * network.batch : (batch + 1) * network.batch]
        x = inputs[index]
        jitter = torch.stack([torch.randn(x.shape[1:], generator=g) for g in generators])
        x = x.repeat(repeats, 1, 1) + augmentation * jitter.repeat(repeats, 1, 1)
        y = labels[index].repeat(repeats, 1)
        scores = copies.outputs(x)
        loss = losses(scores, y, weights, network.naive_loss)
        loss.sum().backward()
        rate = torch.tensor(lr[:, batch], dtype=torch.float32).view(-1, 1, 1)
        copies.update(network.optimizer == "Adam", rate, momentum, decay)
        loss_sum += loss.detach()
        right += (scores.argmax(-1) == y).float().mean(1)
        first.append(float(loss[0].detach()))
    count = lr.shape[1]
    return {"train_loss": loss_sum / count, "train_accuracy": right / count}
