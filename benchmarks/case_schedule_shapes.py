# ruff: noqa: E501
"""Draws of runs whose losses answer to the rate: descents, drops, spikes, noise."""

from __future__ import annotations

import random
from typing import Any

from benchmarks.case_notation import case, falling, pick, step_lr


# Each shape yields draws of one kind of run. Names say what a reader should see in the curve.
def healthy(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 30, 40, 60)
    lr, _ = step_lr(r, rows)
    noise = pick(r, 0.004, 0.01, 0.02)
    return case(
        "both losses fall and level off", lr=lr, train_loss=falling(r, rows, noise),
        val_loss=falling(r, rows, noise, pick(r, 0.4, 0.7)), val_accuracy=f"0.2>>0.9x{rows}~0.004",
    )  # fmt: skip


def rises_at_end(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 20, 30, 40, 60)
    turn = rows // pick(r, 2, 3)
    top = pick(r, 0.515, 0.525, 0.535, 0.55, 0.6, 0.7, 1.0, 1.5)
    noise = pick(r, 0.002, 0.004, 0.01)
    lr, _ = step_lr(r, rows)
    return case(
        "validation loss rises after its best while training loss falls", lr=pick(r, lr, ""),
        train_loss=f"2.3>>{pick(r, 0.02, 0.1)}x{rows}~{noise}",
        val_loss=f"2.3>>0.5x{turn}~{noise} 0.5>{top}x{rows - turn}~{noise}",
    )  # fmt: skip


def after_drop(r: random.Random) -> dict[str, Any]:
    rows, cut = 40, pick(r, 15, 20, 30, 36, 37, 38)
    level = pick(r, 0.3, 0.45, 0.5, 0.52, 0.54, 0.55, 0.57, 0.6, 0.7, 1.0, 2.0)
    train = pick(r, 0.1, 0.35, 0.4, 0.42, 0.5, 0.8, 1.5)
    noise = pick(r, 0.002, 0.005, 0.02)
    rate = pick(r, 0.01, 0.01, 0.02, 0.05, 0.5)
    return case(
        f"the losses settle on another level when the rate goes to {rate}",
        lr=f"0.1x{cut} {rate}x{rows - cut}",
        train_loss=f"2.3>>0.4x{cut}~{noise} {train}x{rows - cut}~{noise}",
        val_loss=f"2.3>>0.5x{cut}~{noise} {level}x{rows - cut}~{noise}",
        val_accuracy=f"0.3>>0.8x{cut}~0.004 {pick(r, 0.7, 0.74, 0.76, 0.78, 0.82, 0.88)}x{rows - cut}~{pick(r, 0.002, 0.006, 0.02)}",
    )  # fmt: skip


def oscillates(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 30, 40, 60)
    cut = rows // 2
    a = pick(r, 0.006, 0.01, 0.014, 0.02, 0.05, 0.1, 0.2)
    low = pick(r, 0.5, 0.7, 1.0)
    return case(
        "the losses jump from row to row after the drop",
        lr=f"0.1x{cut} {pick(r, 0.05, 0.03, 0.021, 0.019, 0.01)}x{rows - cut}",
        train_loss=f"2.3>>{low}x{cut}~{a} {low}x{rows - cut}~{pick(r, a, a / 4)}",
        val_loss=f"2.3>>{low}x{cut}~{a} ({low - a:.3f} {low + a:.3f})x{(rows - cut) // 2}",
    )  # fmt: skip


def rough(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 20, 30, 40, 60)
    noise = pick(r, 0.05, 0.1, 0.2, 0.3)
    start, low = pick(r, (2.3, 2.0), (2.3, 1.5), (2.3, 0.8))
    lr, _ = step_lr(r, rows)
    return case(
        "the losses bounce more than they fall", lr=lr,
        train_loss=f"{start}>>{low}x{rows}~{noise / pick(r, 1, 3)}",
        val_loss=f"{start}>>{low}x{rows}~{noise}", val_accuracy=f"0.1>0.3x{rows}~0.05",
    )  # fmt: skip


def spike(r: random.Random) -> dict[str, Any]:
    before = pick(r, 2, 4, 8, 12, 20, 25)
    rows = pick(r, 8, 10, 14, 20, 40)
    height = pick(r, 0.7, 0.8, 0.9, 1.1, 1.5, 4)
    noise = pick(r, 0.005, 0.02, 0.04, 0.06)
    after = max(rows - before - 1, 3)
    return case(
        "training loss jumps up for one row",
        train_loss=f"1.0>0.55x{before}~{noise} {height} 0.55>0.5x{after}~{noise}",
        val_loss=f"1.1>0.65x{rows}~0.01",
    )  # fmt: skip


def creeping(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 20, 30, 40, 60)
    low = pick(r, 1.2, 1.6, 1.9, 2.1, 2.2)
    noise = pick(r, 0.001, 0.003, 0.01, 0.02, 0.03)
    lr, _ = step_lr(r, rows)
    return case(
        "both losses creep down together in a straight line", lr=pick(r, f"0.001x{rows}", lr),
        train_loss=f"2.3>{low}x{rows}~{noise}", val_loss=f"2.31>{low + 0.02:.2f}x{rows}~{noise}",
        val_accuracy=f"0.1>{pick(r, 0.3, 0.5)}x{rows}~0.003",
    )  # fmt: skip


def early(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 30, 40, 60)
    cut = pick(r, 3, 4, 5, 8, 12, 16)
    mid = pick(r, 1.2, 1.5, 1.8)
    end = round(mid - pick(r, 0.1, 0.2, 0.4), 2)
    noise = pick(r, 0.002, 0.006)
    rate = pick(r, 0.01, 0.005, 0.001, 0.03)
    return case(
        "the rate falls while the losses still fall fast",
        lr=f"0.1x{cut} {rate}x{rows - cut}",
        train_loss=f"2.3>{mid}x{cut}~{noise} {mid}>{end}x{rows - cut}~{noise}",
        val_loss=f"2.35>{mid}x{cut}~{noise} {mid}>{end}x{rows - cut}~{noise}",
        val_accuracy=f"0.1>0.4x{cut}~0.003 0.4>0.5x{rows - cut}~0.003",
    )  # fmt: skip


def late(r: random.Random) -> dict[str, Any]:
    rows = pick(r, 30, 40, 60)
    cut = rows - pick(r, 4, 6, 8)
    fast = cut // pick(r, 3, 4)
    noise = pick(r, 0.01, 0.02, 0.05)
    jump = pick(r, 0.015, 0.02, 0.03, 0.04, 0.1, 0.2, 0.3, 0.4)
    return case(
        "the losses are flat for long before the rate falls, then fall at once",
        lr=f"0.1x{cut} 0.01x{rows - cut}",
        train_loss=f"2.3>>0.8x{fast}~{noise} 0.8>0.78x{cut - fast}~{noise} {0.78 - jump:.2f}x{rows - cut}~{noise / 3:.3g}",
        val_loss=f"2.3>>0.9x{fast}~{noise} 0.9>0.88x{cut - fast}~{noise} {0.88 - jump:.2f}x{rows - cut}~{noise / 3:.3g}",
    )  # fmt: skip
