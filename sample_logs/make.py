"""Train the small networks whose logs lie in this folder.

`python sample_logs/make.py` trains every recipe (torch on the CPU, about two minutes) and writes
its log with the writers that real code uses: torch's `SummaryWriter` and `csv.DictWriter`.
`python sample_logs/make.py --remedies` trains each faulty recipe again with the fault removed and
prints both ends, which is how README.md knows that the fault is one.

Every recipe is seeded: the same torch version gives the same numbers.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from recipes import RECIPES, TEACHING_TABLE, Recipe
from sklearn.datasets import load_digits, make_classification
from torch import nn
from torch.nn import functional
from torch.optim import lr_scheduler
from writers import WRITERS

HERE = Path(__file__).resolve().parent
Row = dict[str, float]


@dataclass(frozen=True)
class Data:
    """Inputs float32[n, features], labels int64[n]: what is trained on, what is validated on."""

    train_inputs: torch.Tensor
    train_labels: torch.Tensor
    val_inputs: torch.Tensor
    val_labels: torch.Tensor
    classes: int


@dataclass
class Training:
    """One training in progress, with the iterations logged so far."""

    recipe: Recipe
    data: Data
    model: nn.Module
    optimizer: torch.optim.SGD
    scheduler: lr_scheduler.LRScheduler | None
    noise: torch.Generator
    iterations: list[tuple[float, float]] = field(default_factory=list)


def digits(recipe: Recipe) -> Data:
    """scikit-learn's 8x8 digits with `label_noise` of the labels drawn anew."""
    inputs, labels = load_digits(return_X_y=True)
    generator = np.random.default_rng(recipe.seed)
    order = generator.permutation(len(labels))
    inputs, labels = inputs[order] / 8 - 1, labels[order].copy()
    wrong = generator.random(len(labels)) < recipe.label_noise
    labels[wrong] = generator.integers(0, 10, wrong.sum())
    return split(inputs, labels, recipe, classes=10)


def leaked_digits(recipe: Recipe) -> Data:
    """The digits, where the validation rows were trained on too (copies made before the split)."""
    honest = digits(recipe)
    return dataclasses.replace(
        honest,
        train_inputs=torch.cat([honest.train_inputs, honest.val_inputs]),
        train_labels=torch.cat([honest.train_labels, honest.val_labels]),
    )


def fraud(recipe: Recipe) -> Data:
    """Transactions of which about 2 % are fraud, hard to tell from the others."""
    inputs, labels = make_classification(
        9000, 20, n_informative=6, n_redundant=2, weights=[0.98], flip_y=0.0, class_sep=0.5,
        random_state=recipe.seed,
    )  # fmt: skip
    return split(inputs, labels, recipe, classes=2)


def split(inputs: np.ndarray, labels: np.ndarray, recipe: Recipe, classes: int) -> Data:
    """The first `train_rows` rows to train on, the next `val_rows` to validate on."""
    x = torch.tensor(inputs, dtype=torch.float32)
    y = torch.tensor(labels, dtype=torch.int64)
    cut, end = recipe.train_rows, recipe.train_rows + recipe.val_rows
    return Data(x[:cut], y[:cut], x[cut:end], y[cut:end], classes)


DATA: dict[str, Callable[[Recipe], Data]] = {
    "digits": digits, "leaked digits": leaked_digits, "fraud": fraud,
}  # fmt: skip


def start(recipe: Recipe) -> Training:
    """Seeded model, SGD with momentum and the configured scheduler."""
    torch.manual_seed(recipe.seed)
    data = DATA[recipe.data](recipe)
    widths = [data.train_inputs.shape[1], *recipe.hidden, data.classes]
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(
        model.parameters(), recipe.lr, momentum=recipe.momentum, weight_decay=recipe.weight_decay
    )
    scheduler = None
    if recipe.scheduler:
        scheduler = getattr(lr_scheduler, recipe.scheduler)(optimizer, **recipe.options)
    return Training(
        recipe, data, model, optimizer, scheduler, torch.Generator().manual_seed(recipe.seed)
    )


def loss_of(training: Training, outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy; with `naive_loss` as log(softmax), which overflows like hand-written code."""
    if training.recipe.naive_loss:
        return -torch.log(torch.softmax(outputs, 1))[range(len(labels)), labels].mean()
    return functional.cross_entropy(outputs, labels)


def batches(training: Training) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """One epoch of shuffled batches, with `augmentation` (input noise) on each."""
    data, recipe = training.data, training.recipe
    order = torch.randperm(len(data.train_labels), generator=training.noise)
    for first in range(0, len(order) - recipe.batch + 1, recipe.batch):
        index = order[first : first + recipe.batch]
        inputs = data.train_inputs[index]
        jitter = torch.randn(inputs.shape, generator=training.noise) * recipe.augmentation
        yield inputs + jitter, data.train_labels[index]


def train_epoch(training: Training) -> Row:
    """One pass over the training rows: mean loss and accuracy of its batches."""
    losses, right, rows = [], 0, 0
    for inputs, labels in batches(training):
        lr = training.optimizer.param_groups[0]["lr"]
        outputs = training.model(inputs)
        loss = loss_of(training, outputs, labels)
        training.optimizer.zero_grad()
        loss.backward()
        training.optimizer.step()
        losses.append(loss.item())
        training.iterations.append((loss.item(), lr))
        right += int((outputs.argmax(1) == labels).sum())
        rows += len(labels)
        if training.scheduler and training.recipe.stepping == "batch":
            training.scheduler.step()
    return {"train_loss": float(np.mean(losses)), "train_accuracy": right / rows}


def validate(training: Training) -> Row:
    """Loss, accuracy and (with two classes) the recall of class 1 on the validation rows."""
    data = training.data
    with torch.no_grad():
        outputs = training.model(data.val_inputs)
        loss = loss_of(training, outputs, data.val_labels).item()
    guess = outputs.argmax(1)
    row = {"val_loss": loss, "val_accuracy": float((guess == data.val_labels).float().mean())}
    if data.classes == 2:
        positive = data.val_labels == 1
        row["val_recall"] = float((guess[positive] == 1).float().mean())
    return row


def resume(training: Training) -> None:
    """Go on from a checkpoint that kept the weights only: fresh optimizer, fresh schedule."""
    fresh = start(dataclasses.replace(training.recipe, scheduler=""))
    fresh.model.load_state_dict(training.model.state_dict())
    training.model, training.optimizer, training.scheduler = fresh.model, fresh.optimizer, None


def train(recipe: Recipe) -> tuple[list[Row], list[tuple[float, float]]]:
    """Run a recipe: one row an epoch (epoch counts from 1) and (loss, lr) of every iteration."""
    training = start(recipe)
    rows = []
    for epoch in range(1, recipe.epochs + 1):
        if epoch == recipe.resumed_at:
            resume(training)
        row = {"epoch": float(epoch), "lr": training.optimizer.param_groups[0]["lr"]}
        row |= train_epoch(training) | validate(training)
        for _ in range({"epoch": 1, "twice": 2}.get(recipe.stepping, 0)):
            if training.scheduler:
                training.scheduler.step()
        rows.append(row)
    return rows, training.iterations


def end(rows: list[Row]) -> str:
    """Best and last values in words."""
    losses = [r["val_loss"] for r in rows]
    finite = [x for x in losses if math.isfinite(x)] or [math.nan]
    best = min(finite)
    text = f"train {rows[-1]['train_loss']:.3f} val {np.mean(losses[-3:]):.3f}"
    text += f" (best {best:.3f} at {losses.index(best) + 1 if best in losses else '-'})"
    text += f" train acc {rows[-1]['train_accuracy']:.3f} val acc {rows[-1]['val_accuracy']:.3f}"
    return text + (f" recall {rows[-1]['val_recall']:.3f}" if "val_recall" in rows[-1] else "")


def make(recipe: Recipe, target: Path) -> list[Row]:
    """Train a recipe and write its log below `target`."""
    rows, iterations = train(recipe)
    kept = [{k: v for k, v in row.items() if k not in recipe.hidden_columns} for row in rows]
    for folder, writer in recipe.logs.items():
        (target / folder).mkdir(parents=True, exist_ok=True)
        WRITERS[writer](target / folder, recipe, kept, iterations)
    return rows


def main() -> None:
    """Write every sample log, or train the remedies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=HERE)
    parser.add_argument("--only", default="", help="recipes whose name holds this")
    parser.add_argument("--remedies", action="store_true", help="also train without the fault")
    chosen: Any = parser.parse_args()
    torch.set_num_threads(1)
    chosen.output.mkdir(parents=True, exist_ok=True)
    (chosen.output / "teaching_table.csv").write_text(TEACHING_TABLE)
    for recipe in RECIPES:
        if chosen.only not in recipe.name:
            continue
        print(f"{recipe.name:28} {end(make(recipe, chosen.output))}", flush=True)
        if chosen.remedies and recipe.remedy:
            cured = dataclasses.replace(recipe, **recipe.remedy)
            print(f"{'  without the fault':28} {end(train(cured)[0])}", flush=True)


if __name__ == "__main__":
    main()
