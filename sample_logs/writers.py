"""Write a training's numbers the way real training code does."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recipes import Recipe

Rows = list[dict[str, float]]
Iterations = list[tuple[float, float]]
START = 1_760_000_000.0  # a fixed wall clock, so that a rerun gives the same files
SECONDS_AN_EPOCH = 20.0
TAGS = {
    "train_loss": "Loss/train",
    "val_loss": "Loss/val",
    "train_accuracy": "Accuracy/train",
    "val_accuracy": "Accuracy/val",
    "val_recall": "Recall/val",
    "lr": "lr",
}


def hparams(recipe: Recipe) -> dict[str, Any]:
    """The configuration as the training script would save it."""
    settings: dict[str, Any] = {
        "epochs": recipe.epochs,
        "batch_size": recipe.batch,
        "optimizer": "SGD",
        "lr": recipe.lr,
        "momentum": recipe.momentum,
        "weight_decay": recipe.weight_decay,
        "seed": recipe.seed,
    }
    if recipe.scheduler:
        settings |= {"scheduler": recipe.scheduler, **recipe.options}
    return settings


def write_yaml(folder: Path, recipe: Recipe) -> None:
    """`hparams.yaml`, flat, as Lightning saves it."""
    lines = [f"{name}: {json.dumps(value)}" for name, value in hparams(recipe).items()]
    (folder / "hparams.yaml").write_text("\n".join(lines) + "\n")


def write_json(folder: Path, recipe: Recipe) -> None:
    """`args.json`, as `json.dump(vars(args))` saves it."""
    (folder / "args.json").write_text(json.dumps(hparams(recipe), indent=2) + "\n")


def write_table(path: Path, rows: Iterable[Mapping[str, Any]], columns: list[str]) -> None:
    """Any mapping rows as CSV; a missing cell is empty."""
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def rounded(row: Mapping[str, float]) -> dict[str, str]:
    """Cells with six significant digits, the epoch as a whole number."""
    return {k: str(int(v)) if k in ("epoch", "step") else f"{v:.6g}" for k, v in row.items()}


def table(folder: Path, recipe: Recipe, rows: Rows, iterations: Iterations) -> None:
    """One CSV row an epoch, `args.json` beside it."""
    write_table(folder / "log.csv", [rounded(row) for row in rows], list(rows[0]))
    write_json(folder, recipe)


def keras(folder: Path, recipe: Recipe, rows: Rows, iterations: Iterations) -> None:
    """The columns of Keras' CSVLogger: epochs from 0, alphabetical."""
    names = {
        "train_accuracy": "accuracy", "train_loss": "loss", "lr": "learning_rate",
        "val_accuracy": "val_accuracy", "val_loss": "val_loss",
    }  # fmt: skip
    columns = ["epoch", *(names[k] for k in names if k in rows[0])]
    cells = [
        {"epoch": str(int(row["epoch"]) - 1)}
        | {names[k]: repr(v) for k, v in row.items() if k in names}
        for row in rows
    ]
    write_table(folder / "training.log", cells, columns)


def lightning(folder: Path, recipe: Recipe, rows: Rows, iterations: Iterations) -> None:
    """Lightning's sparse `metrics.csv`: rate, validation and training in rows of their own."""
    per_epoch = len(iterations) // len(rows)
    cells: list[dict[str, Any]] = []
    for row in rows:
        epoch = int(row["epoch"]) - 1
        step = (epoch + 1) * per_epoch - 1
        here = {"epoch": epoch, "step": step}
        cells.append({"step": epoch * per_epoch, "lr-SGD": row["lr"]})
        cells.append(here | {k: v for k, v in row.items() if k.startswith("val_")})
        cells.append(here | {k: v for k, v in row.items() if k.startswith("train_")})
    columns = ["epoch", "step", "lr-SGD", *sorted(k for k in rows[0] if "_" in k)]
    write_table(folder / "metrics.csv", cells, columns)
    write_yaml(folder, recipe)


def event_file(folder: Path, points: Iterable[tuple[str, float, int, float]]) -> None:
    """Scalars (tag, value, step, epoch) through torch's SummaryWriter into one event file."""
    from torch.utils.tensorboard import SummaryWriter

    for old in folder.glob("events.out.tfevents.*"):
        old.unlink()
    writer = SummaryWriter(str(folder), max_queue=100_000)
    for tag, value, step, epoch in points:
        writer.add_scalar(tag, value, step, walltime=START + SECONDS_AN_EPOCH * epoch)
    writer.close()
    (written,) = folder.glob("events.out.tfevents.*")
    written.rename(folder / f"events.out.tfevents.{START:.0f}.lab.1.0")


def tensorboard(folder: Path, recipe: Recipe, rows: Rows, iterations: Iterations) -> None:
    """One event file, one point an epoch, `hparams.yaml` beside it."""
    event_file(folder, ((TAGS[k], row[k], int(row["epoch"]), row["epoch"])
                        for row in rows for k in TAGS if k in row))  # fmt: skip
    write_yaml(folder, recipe)


def tensorboard_steps(folder: Path, recipe: Recipe, rows: Rows, iterations: Iterations) -> None:
    """One event file on the axis of iterations: loss and rate each tenth, the rest an epoch."""
    size = len(iterations) // len(rows)
    points = [
        (tag, value, step, step / size)
        for step, pair in enumerate(iterations) if step % 10 == 0
        for tag, value in zip(("train/loss", "train/lr"), pair, strict=True)
    ]  # fmt: skip
    points += [
        (k.replace("_", "/"), row[k], int(row["epoch"]) * size - 1, row["epoch"])
        for row in rows for k in row if k.startswith(("val_", "train_acc"))
    ]  # fmt: skip
    event_file(folder, points)
    write_yaml(folder, recipe)


def split_folders(folder: Path, recipe: Recipe, rows: Rows, iterations: Iterations) -> None:
    """Keras' TensorBoard callback layout: `train/` and `validation/` with the same tags."""
    names = {"loss": "epoch_loss", "accuracy": "epoch_accuracy"}
    for directory, prefix in (("train", "train_"), ("validation", "val_")):
        (folder / directory).mkdir(exist_ok=True)
        points = [
            (names[k], row[prefix + k], int(row["epoch"]) - 1, row["epoch"])
            for row in rows for k in names if prefix + k in row
        ]  # fmt: skip
        if directory == "train":
            points += [("epoch_learning_rate", row["lr"], int(row["epoch"]) - 1, row["epoch"])
                       for row in rows]  # fmt: skip
        event_file(folder / directory, points)
    write_json(folder, recipe)


WRITERS: dict[str, Callable[[Path, Recipe, Rows, Iterations], None]] = {
    "table": table,
    "keras": keras,
    "lightning": lightning,
    "tensorboard": tensorboard,
    "tensorboard_steps": tensorboard_steps,
    "split_folders": split_folders,
}
