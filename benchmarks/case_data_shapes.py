# ruff: noqa: E501
"""Draws of runs whose fault lies in the data or the log, and of changes that are hard to see."""

from __future__ import annotations

import random
from typing import Any

from benchmarks.case_notation import case, falling, pick, step_lr


def rare_class(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 20, 30)
    accuracy = pick(r, 0.6, 0.85, 0.92, 0.98)
    recall = pick(r, 0.12, 0.2, 0.28, 0.35, 0.4, 0.48, 0.55, 0.7, 0.9)
    name = pick(r, "val_recall", "val_recall", "val_macro_recall", "val_recall_macro")
    series = {"train_loss": f"0.3>>0.05x{rows}~0.002", "val_loss": f"0.3>>0.06x{rows}~0.002",
              "val_accuracy": f"{accuracy - 0.02:.2f}>{accuracy}x{rows}~0.001",
              name: f"0.05>>{recall}x{rows}~0.005"}  # fmt: skip
    return case("accuracy is high, recall of the rare class is what it is", **series)


def leaking(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 20, 30, 40)
    lr, _ = step_lr(r, rows)
    low = pick(r, 0.0005, 0.002, 0.01, 0.05)
    gap = pick(r, 0.5, 0.9, 1.0, 1.05, 1.3, 1.45, 1.55, 1.7)
    noise = low / 20
    return case(
        "validation loss follows training loss to nearly nothing", lr=lr,
        train_loss=f"2.3*{(low / 2.3) ** (1 / (rows - 1)):.5f}x{rows}~{noise:.3g}",
        val_loss=f"2.3*{(min(low * gap, 2.0) / 2.3) ** (1 / (rows - 1)):.5f}x{rows}~{noise:.3g}",
        val_accuracy=f"0.5>>0.999x{rows}~0.0001",
    )  # fmt: skip


def hopeless(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 20, 30, 40)
    low = pick(r, 0.01, 0.3, 1.0, 2.0)
    best = pick(r, 2.3, 2.2, 2.1, 1.9, 1.6)
    lr, _ = step_lr(r, rows)
    return case(
        "training loss falls, validation stays at chance", {"task": {"num_classes": 10}}, lr=lr,
        train_loss=f"2.3>>{low}x{rows}~0.01",
        val_loss=f"2.3>{best}x{rows // 4}~0.02 {best}>{best + pick(r, 0, 0.3, 1.5, 4):.1f}x{rows - rows // 4}~0.02",
        val_accuracy=f"0.1x{rows}~0.01",
    )  # fmt: skip


def still_falling(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 20, 40)
    drop = pick(r, 0.005, 0.01, 0.02, 0.04, 0.1, 0.3)
    return case(
        "validation loss is still falling when the log ends",
        train_loss=f"2.3>>0.5x{rows // 2}~0.002 0.5>{0.5 - drop:.3f}x{rows // 2}~0.002",
        val_loss=f"2.3>>0.6x{rows // 2}~0.002 0.6>{0.6 - drop:.3f}x{rows // 2}~0.002",
    )  # fmt: skip


def constant(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 24, 30, 45, 60)
    noise = pick(r, 0.002, 0.01, 0.03, 0.06, 0.1)
    third = rows // 3
    slope = pick(r, 0, 0.005, 0.01, 0.02, 0.1)
    return case(
        "the rate never changes", lr=f"0.1x{rows}",
        train_loss=f"2.3>>0.5x{third}~{noise} 0.5>{0.5 - slope:.3f}x{rows - third}~{noise}",
        val_loss=f"2.3>>0.6x{third}~{noise} 0.6>{0.6 - slope:.3f}x{rows - third}~{noise}",
    )  # fmt: skip


def not_finite(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 40, 80, 150)
    where = pick(r, rows // 3, rows // 2)
    bad = pick(r, "nan", "nanx2", "nan inf", f"nanx{rows - where}")
    count = {"nan": 1, "nanx2": 2, "nan inf": 2}.get(bad, rows - where)
    rest = rows - where - count
    curve = f"2.3>>0.8x{where}~0.01 {bad}" + (f" 0.8x{rest}~0.01" if rest else "")
    return case("a loss stops being a number", train_loss=curve, val_loss=f"2.3>>0.9x{rows}~0.01")


def few(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 2, 3, 4, 5, 7, 10)
    lr = pick(r, "", f"0.1x{rows - 1} 0.01" if rows > 1 else "0.1")
    return case(
        "a handful of rows", lr=lr, train_loss=f"2.3>1.5x{rows}", val_loss=f"2.4>1.8x{rows}",
        val_accuracy=f"0.2>0.5x{rows}",
    )  # fmt: skip


def partly_logged(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 20, 40)
    series = pick(r, {"train_loss": falling(r, rows, 0.01)}, {"val_accuracy": f"0.2>>0.97x{rows}~0.001"},
                  {"lr": f"0.1x{rows}"}, {"val_loss": falling(r, rows, 0.01)})  # fmt: skip
    return case("only one thing was logged", **series)


def rough_after_drop(r: random.Random) -> dict[str, Any]:
    rows, after = pick(r, 20, 24, 30), pick(r, 9, 16, 20)
    train, val = pick(r, 0.03, 0.045, 0.09), pick(r, 0.02, 0.05, 0.1, 0.15, 0.3)
    return case(
        "the losses stay rough after the drop", lr=f"0.1x{rows} {pick(r, 0.05, 0.03, 0.021, 0.019, 0.005)}x{after}",
        train_loss=f"2.3>>1x{rows}~{2 * train} 0.9x{after}~{train}",
        val_loss=f"2.3>>1.05x{rows}~{val} 1x{after}~{val}", val_accuracy=f"0.3>>0.9x{rows}~0.01 0.9x{after}~0.03",
    )  # fmt: skip


def noisy_change(r: random.Random) -> dict[str, Any]:
    rows, after = pick(r, 12, 20, 30), pick(r, 4, 5, 6, 8)
    noise = pick(r, 0.03, 0.05, 0.08)
    up = pick(r, 0.03, 0.06, 0.1, 0.15, 0.3)
    accuracy = pick(r, 0.66, 0.7, 0.74, 0.76, 0.78)
    return case(
        "a change at a step of the rate that noise nearly hides",
        lr=f"0.1x{rows} {pick(r, 0.01, 0.01, 0.3, 1)}x{after}",
        train_loss=f"2.3>>0.5x{rows}~{noise} {0.5 + up:.2f}x{after}~{noise}",
        val_loss=f"2.3>>0.6x{rows}~{noise} {0.6 + up:.2f}x{after}~{noise}",
        val_accuracy=f"0.3>>0.8x{rows}~{noise / pick(r, 1, 2, 3):.3g} {accuracy}x{after}~{noise / pick(r, 1, 2, 3):.3g}",
    )  # fmt: skip


def wider_gap(r: random.Random) -> dict[str, Any]:
    rows, after = pick(r, 12, 20, 30), pick(r, 4, 6, 10)
    noise = pick(r, 0.02, 0.05, 0.1)
    train = pick(r, 0.1, 0.2, 0.3)
    return case(
        "the gap between the losses widens at the drop", lr=f"0.1x{rows} 0.01x{after}",
        train_loss=f"2.3>>0.6x{rows}~{noise} {train}x{after}~{noise / 2:.3g}",
        val_loss=f"2.3>>0.6x{rows}~{noise} 0.55x{after}~{noise}",
    )  # fmt: skip


def only_validation_rises(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 20, 30)
    top = pick(r, 0.55, 0.58, 0.62, 0.65, 0.68, 0.9)
    return case(
        "validation loss rises after its best, training loss was not logged",
        val_loss=f"2.3>>0.5x{rows // 2}~0.003 0.5>{top}x{rows // 2}~0.003",
    )  # fmt: skip


def small_useless_drop(r: random.Random) -> dict[str, Any]:
    rows, cut = pick(r, 30, 40, 60), pick(r, 15, 20)
    level = pick(r, 0.43, 0.44, 0.46, 0.47, 0.49)
    noise = pick(r, 0.002, 0.005)
    return case(
        "a drop brings next to nothing", lr=f"0.1x{cut} 0.01x{rows - cut}",
        train_loss=f"2.3>>0.4x{cut}~{noise} {level - 0.1:.2f}x{rows - cut}~{noise}",
        val_loss=f"2.3>>0.5x{cut}~{noise} {level}x{rows - cut}~{noise}",
    )  # fmt: skip


def noisy_raise(r: random.Random) -> dict[str, Any]:
    rows, after = pick(r, 12, 20, 30), pick(r, 5, 8, 12)
    noise, up = pick(r, 0.05, 0.08, 0.12), pick(r, 0.08, 0.1, 0.12, 0.15, 0.2)
    return case(
        "the loss rises with the rate, noise nearly hides it",
        lr=f"0.1x{rows} {pick(r, 0.3, 1)}x{after}",
        train_loss=f"2.3>>0.5x{rows}~{noise} {0.5 + up:.2f}x{after}~{noise}",
        val_loss=f"2.3>>0.6x{rows}~{noise} {0.6 + up:.2f}x{after}~{noise}",
    )
