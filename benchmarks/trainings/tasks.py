"""Small classification tasks: training rows, validation rows (logged), a clean test set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True)
class Task:
    """Inputs float32[n, features] and labels int64[n] of three parts.

    `val` is what the log shows; `test` (large, never leaked) is what the truth is judged by.
    """

    train: tuple[torch.Tensor, torch.Tensor]
    val: tuple[torch.Tensor, torch.Tensor]
    test: tuple[torch.Tensor, torch.Tensor]
    classes: int
    about: Mapping[str, Any]


@dataclass(frozen=True)
class TaskOptions:
    """How a task is drawn. `leak` is the share of validation rows copied into the training rows."""

    kind: str = "teacher"
    train_rows: int = 800
    val_rows: int = 300
    test_rows: int = 1000
    label_noise: float = 0.0
    positives: float | None = None
    separation: float = 1.0
    leak: float = 0.0
    random_labels: bool = False


def draw(generator: np.random.Generator, options: TaskOptions) -> Task:
    """Draw a task; the same generator state gives the same task."""
    rows = options.train_rows + options.val_rows + options.test_rows
    inputs, labels = SOURCES[options.kind](generator, rows, options)
    order = generator.permutation(len(labels))
    inputs, labels = inputs[order], labels[order].astype(np.int64)
    classes = int(labels.max()) + 1
    wrong = generator.random(len(labels)) < (1.0 if options.random_labels else options.label_noise)
    labels[wrong] = generator.integers(0, classes, int(wrong.sum()))
    cuts = [options.train_rows, options.train_rows + options.val_rows]
    x, y = np.split(inputs.astype(np.float32), cuts), np.split(labels, cuts)
    leaked = int(options.leak * options.val_rows)
    x[0] = np.concatenate([x[0], x[1][:leaked]])
    y[0] = np.concatenate([y[0], y[1][:leaked]])
    parts = [(torch.tensor(a), torch.tensor(b)) for a, b in zip(x, y, strict=True)]
    about = {"kind": options.kind, "classes": classes, "rows": [len(part) for part in y]}
    return Task(parts[0], parts[1], parts[2], classes, about)


def teacher(
    generator: np.random.Generator, rows: int, options: TaskOptions
) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian inputs labelled by a random network of one hidden layer."""
    width, classes = int(generator.integers(8, 25)), int(generator.integers(2, 7))
    inputs = generator.standard_normal((rows, width))
    hidden = np.tanh(inputs @ generator.standard_normal((width, 24)) * 1.6 / np.sqrt(width))
    scores = hidden @ generator.standard_normal((24, classes))
    return inputs, (scores - scores.mean(0)).argmax(1)


def blobs(
    generator: np.random.Generator, rows: int, options: TaskOptions
) -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's `make_classification`, with rare positives where asked for."""
    from sklearn.datasets import make_classification

    rare = options.positives
    classes = 2 if rare else int(generator.integers(2, 7))
    inputs, labels = make_classification(
        rows, int(generator.integers(15, 31)), n_informative=int(generator.integers(5, 9)),
        n_redundant=2, n_classes=classes, n_clusters_per_class=1, flip_y=0.0,
        weights=[1 - rare, rare] if rare else None, class_sep=options.separation,
        random_state=int(generator.integers(1 << 30)),
    )  # fmt: skip
    return (inputs - inputs.mean(0)) / inputs.std(0), labels


def digits(
    generator: np.random.Generator, rows: int, options: TaskOptions
) -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's 8x8 digits: 1,797 rows, so the test part is smaller."""
    from sklearn.datasets import load_digits

    inputs, labels = load_digits(return_X_y=True)
    return inputs / 8 - 1, labels


SOURCES = {"teacher": teacher, "blobs": blobs, "digits": digits}
