"""Write a training the way users have it on disk; nothing here knows the labels."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.trainings.engine import Network, Trained
from benchmarks.trainings.plans import Planned

START = 1_760_000_000.0
NAMES = (
    {"train_loss": "Loss/train", "val_loss": "Loss/val", "train_accuracy": "Accuracy/train",
     "val_accuracy": "Accuracy/val", "lr": "lr", "val_recall": "Recall/val",
     "val_precision": "Precision/val"},
    {"train_loss": "train/loss", "val_loss": "val/loss", "train_accuracy": "train/acc",
     "val_accuracy": "val/acc", "lr": "train/learning_rate", "val_recall": "val/recall",
     "val_precision": "val/precision"},
    {"train_loss": "train_loss", "val_loss": "valid_loss", "train_accuracy": "train_acc",
     "val_accuracy": "valid_acc", "lr": "learning_rate", "val_recall": "valid_recall",
     "val_precision": "valid_precision"},
    {"train_loss": "loss", "val_loss": "val_loss", "train_accuracy": "accuracy",
     "val_accuracy": "val_accuracy", "lr": "lr", "val_recall": "val_recall",
     "val_precision": "val_precision"},
)  # fmt: skip


@dataclass(frozen=True)
class Style:
    """How one project logs. `every`: iterations between two logged losses, 0 for epochs only."""

    writer: str
    names: int
    one_based: bool
    percent: bool
    log_lr: bool
    after_step: bool
    every: int
    sidecar: str
    train_accuracy: bool


def draw_style(generator: np.random.Generator) -> Style:
    """A random style; the rate is logged in 90 % of them."""
    writer = str(generator.choice(["tensorboard", "table", "lightning"], p=[0.5, 0.3, 0.2]))
    return Style(
        writer=writer,
        names=int(generator.integers(len(NAMES))),
        one_based=bool(generator.random() < 0.5),
        percent=bool(generator.random() < 0.3),
        log_lr=bool(generator.random() < 0.9),
        after_step=bool(generator.random() < 0.25),
        every=int(generator.choice([0, 0, 1, 5])) if writer == "tensorboard" else 0,
        sidecar=str(generator.choice(["hparams.yaml", "args.json"])),
        train_accuracy=bool(generator.random() < 0.7),
    )


def epoch_rows(trained: Trained, style: Style, recall: bool) -> list[dict[str, float]]:
    """One row an epoch of the logged run: metric to value."""
    size, epochs = trained.per_epoch, trained.curves["train_loss"].shape[-1]
    at = np.arange(epochs) * size + (size if style.after_step else 0)
    columns = {"lr": trained.rate[np.minimum(at, len(trained.rate) - 1)]} if style.log_lr else {}
    wanted = ["train_loss", "val_loss", "val_accuracy"]
    wanted += ["train_accuracy"] if style.train_accuracy else []
    wanted += ["val_recall", "val_precision"] if recall else []
    for name in wanted:
        values = trained.curves[name][0, 0]
        columns[name] = values if name.endswith("loss") else values * (100 if style.percent else 1)
    return [{k: float(v[e]) for k, v in columns.items()} for e in range(epochs)]


def parameters(plan: Planned, network: Network, epochs: int) -> dict[str, Any]:
    """The configuration as its script would save it."""
    values: dict[str, Any] = {
        "epochs": epochs, "batch_size": network.batch, "optimizer": network.optimizer,
        "lr": plan.recipe.lr, "weight_decay": plan.recipe.weight_decay,
    }  # fmt: skip
    if plan.configured.name:
        values |= {"scheduler": plan.configured.name, **plan.configured.options}
    return values


def write(
    folder: Path, trained: Trained, plan: Planned, network: Network, style: Style, recall: bool
) -> None:
    """The log and its sidecar."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = epoch_rows(trained, style, recall)
    WRITERS[style.writer](folder, rows, trained, style)
    values = parameters(plan, network, len(rows))
    if style.sidecar.endswith("json"):
        (folder / style.sidecar).write_text(json.dumps(values, indent=2))
    else:
        lines = [f"{k}: {json.dumps(v)}" for k, v in values.items()]
        (folder / style.sidecar).write_text("\n".join(lines) + "\n")


def tensorboard(folder: Path, rows: list[dict[str, float]], trained: Trained, style: Style) -> None:
    """torch's SummaryWriter, losses and rates by iteration where the style has them."""
    from torch.utils.tensorboard import SummaryWriter

    names, size = NAMES[style.names], trained.per_epoch
    by_iteration = {"train_loss", "lr"} if style.every else set()
    writer = SummaryWriter(str(folder), max_queue=100_000)
    for step in range(0, len(trained.iterations), style.every) if style.every else ():
        wall = START + 20 * step / size
        writer.add_scalar(names["train_loss"], trained.iterations[step], step, wall)
        if style.log_lr:
            writer.add_scalar(names["lr"], trained.rate[step], step, wall)
    for epoch, row in enumerate(rows):
        step = (epoch + 1) * size - 1 if style.every else epoch + style.one_based
        for name in row.keys() - by_iteration:
            writer.add_scalar(names[name], row[name], step, START + 20 * (epoch + 1))
    writer.close()


def table(folder: Path, rows: list[dict[str, float]], trained: Trained, style: Style) -> None:
    """One CSV row an epoch."""
    names = NAMES[style.names]
    cells = [
        {"epoch": epoch + style.one_based} | {names[k]: f"{v:.6g}" for k, v in row.items()}
        for epoch, row in enumerate(rows)
    ]
    write_cells(folder / "log.csv", cells, list(cells[0]))


def lightning(folder: Path, rows: list[dict[str, float]], trained: Trained, style: Style) -> None:
    """Lightning's sparse metrics.csv."""
    cells: list[dict[str, Any]] = []
    for epoch, row in enumerate(rows):
        here = {"epoch": epoch, "step": (epoch + 1) * trained.per_epoch - 1}
        if "lr" in row:
            cells.append({"step": epoch * trained.per_epoch, "lr-" + "opt": row["lr"]})
        cells.append(here | {k: v for k, v in row.items() if k.startswith("val")})
        cells.append(here | {k: v for k, v in row.items() if k.startswith("train")})
    columns = ["epoch", "step", *sorted({k for c in cells for k in c} - {"epoch", "step"})]
    write_cells(folder / "metrics.csv", cells, columns)


def write_cells(path: Path, cells: Iterable[Mapping[str, Any]], columns: list[str]) -> None:
    """A CSV file; missing cells are empty."""
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(cells)


WRITERS: dict[str, Callable[[Path, list[dict[str, float]], Trained, Style], None]] = {
    "tensorboard": tensorboard, "table": table, "lightning": lightning,
}  # fmt: skip
