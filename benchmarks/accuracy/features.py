"""A log as a row of numbers, for the classifier that measures how much the logs hold.

Nothing here is used by lrdiag itself. The features are generic on purpose: curves on a relative
axis, levels, slopes and noise around the drops, the schedule, the hyper-parameters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lrdiag.schedule.values import Change
from lrdiag.view import Curve, RunView

ROLES = ("train_loss", "val_loss", "train_accuracy", "val_accuracy", "val_recall", "val_precision")
GRID = np.linspace(0, 1, 13)
AGREEMENT_RULES = (
    "schedule-not-applied", "schedule-stepped-per-batch", "schedule-double-stepped",
    "milestone-never-reached", "schedule-mismatch", "lr-jump-on-resume",
)  # fmt: skip


def features_of(folder: Path) -> dict[str, float]:
    """Named features of the run in a folder; absent ones are NaN for the classifier."""
    from lrdiag.config import Config
    from lrdiag.diagnose import view_of
    from lrdiag.sources.splits import merge_splits
    from lrdiag.sources.tree import discover, read_location

    (location,) = merge_splits(discover([folder])).locations
    view, _, _ = view_of(read_location(location), Config())
    row = dict(schedule_features(view))
    row.update(parameter_features(view.params))
    curves = {role: per_epoch(view, role) for role in ROLES}
    for role, (epoch, value) in curves.items():
        row.update({f"{role} {k}": v for k, v in shape(value).items()})
        for which, change in landmarks(view).items():
            around = around_change(epoch, value, change.epoch)
            row.update({f"{role} {which} {k}": v for k, v in around.items()})
    row.update(comparisons(curves))
    return row


def per_epoch(view: RunView, role: str) -> tuple[np.ndarray, np.ndarray]:
    """Epochs and values, binned to the epochs of the validation loss where logged more often."""
    curve = view.curve(role)
    if curve is None or not len(curve):
        return np.zeros(0), np.zeros(0)
    cadence = view.curve("val_loss")
    if cadence is None or len(curve) <= 1.5 * len(cadence):
        return epochs_of(curve), curve.value
    edges = np.searchsorted(curve.step, cadence.step, side="right")
    parts = np.split(np.arange(len(curve)), edges[:-1])
    value = np.array([curve.value[p].mean() if len(p) else np.nan for p in parts])
    return epochs_of(cadence), value


def epochs_of(curve: Curve) -> np.ndarray:
    """Epochs of the points, counted by rows where unknown."""
    known = np.isfinite(curve.epoch).all()
    return curve.epoch if known else np.arange(len(curve), dtype=float)


def level(values: np.ndarray) -> float:
    """Mean of the finite values, NaN without any."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else math.nan


def noise(values: np.ndarray) -> float:
    """Spread of neighbouring differences."""
    steps = np.diff(values[np.isfinite(values)])
    return float(steps.std() / math.sqrt(2)) if len(steps) > 1 else math.nan


def slope(values: np.ndarray) -> float:
    """Least-squares change a row."""
    values = values[np.isfinite(values)]
    return float(np.polyfit(np.arange(len(values)), values, 1)[0]) if len(values) > 2 else math.nan


def shape(value: np.ndarray) -> dict[str, float]:
    """The curve on a relative axis, and its ends."""
    if not len(value):
        return {}
    broken = ~np.isfinite(value)
    row = {"rows": float(len(value)), "broken": float(broken.mean())}
    value = value[~broken]
    if len(value) < 4:
        return row
    smooth = np.convolve(value, np.ones(3) / 3, "valid")
    row |= {f"at {x:.2f}": float(np.interp(x, np.linspace(0, 1, len(smooth)), smooth))
            for x in GRID}  # fmt: skip
    scale = max(abs(float(smooth[-1])), 1e-9)
    row |= {f"over end {x:.2f}": row[f"at {x:.2f}"] / scale for x in GRID}
    third = value[-max(4, len(value) // 3) :]
    row |= {
        "first": float(value[0]),
        "rise over best": float(smooth[-1] - smooth.min()) / max(abs(float(smooth.min())), 1e-9),
        "rise relative noise": float(smooth[-1] - smooth.min()) / max(noise(value), 1e-9),
        "fall from best": float(smooth.max() - smooth[-1]),
        "best at": float(smooth.argmin() / len(smooth)),
        "highest at": float(smooth.argmax() / len(smooth)),
        "slope of end": slope(third) / scale,
        "noise of end": noise(third) / scale,
        "noise": noise(value) / scale,
        "biggest jump": float(np.max(np.diff(value))) / scale,
    }
    return row


def landmarks(view: RunView) -> dict[str, Change]:
    """The first, last and largest drop and the largest rise, where the rate is piecewise constant.

    A rate that changes at most rows has no single change to look around."""
    drops = [] if view.schedule.smooth else [d for d in view.schedule.drops if d.epoch is not None]
    rises = [r for r in view.schedule.rises if r.epoch is not None]
    marks = {}
    if drops:
        marks = {"first drop": drops[0], "last drop": drops[-1]}
        marks["largest drop"] = min(drops, key=lambda d: d.ratio if d.ratio == d.ratio else 1)
    if rises:
        marks["largest rise"] = max(rises, key=lambda d: d.ratio)
    return marks


def around_change(epoch: np.ndarray, value: np.ndarray, at: float | None) -> dict[str, float]:
    """Levels, slopes and noise before and after a change."""
    if not len(value) or at is None:
        return {}
    before, after = value[epoch < at], value[epoch >= at]
    scale = max(abs(level(before[-3:])), 1e-9)
    return {
        "gain of 3": (level(before[-3:]) - level(after[1:4])) / scale,
        "gain to end": (level(before[-3:]) - level(after[-3:])) / scale,
        "gain to best": (level(before[-3:]) - (np.nanmin(after) if len(after) else np.nan)) / scale,
        "slope before": slope(before[-6:]) / scale,
        "late progress": (level(before[: len(before) // 2][-3:]) - level(before[-3:])) / scale,
        "slope after": slope(after[1:8]) / scale,
        "slope to end": slope(after[1:]) / scale,
        "noise before": noise(before[-8:]) / scale,
        "noise after": noise(after[1:]) / max(abs(level(after[-3:])), 1e-9),
        "highest after": (np.nanmax(after) if len(after) else np.nan) / scale,
        "rows before": float(len(before)),
        "rows after": float(len(after)),
    }


def comparisons(curves: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """Training against validation at a few places."""
    row: dict[str, float] = {}
    for metric in ("loss", "accuracy"):
        train, val = curves[f"train_{metric}"][1], curves[f"val_{metric}"][1]
        rows = min(len(train), len(val))
        for x in (0.2, 0.5, 0.8, 1.0) if rows > 4 else ():
            here = slice(max(0, int(x * rows) - 3), int(x * rows))
            a, b = level(train[here]), level(val[here])
            row[f"{metric} gap at {x}"] = b - a
            row[f"{metric} ratio at {x}"] = b / a if a else math.nan
    return row


def schedule_features(view: RunView) -> Iterator[tuple[str, float]]:
    """The rate, its changes, and what the reconciliation with the configuration says."""
    schedule = view.schedule
    cadence = view.curve("val_loss") or view.curve("train_loss")
    length = float(len(cadence)) if cadence is not None else math.nan
    yield "length", length
    yield "drops", float(len(schedule.drops))
    yield "rises", float(len(schedule.rises))
    yield "smooth", float(schedule.smooth)
    yield "groups", float(len(schedule.groups))
    for name, change in landmarks(view).items():
        yield f"{name} ratio", math.log10(change.ratio) if change.ratio > 0 else math.nan
        yield f"{name} at", (change.epoch or 0.0) / length if length else math.nan
    lrs = [x for s in schedule.segments for x in (s.first_lr, s.last_lr) if x > 0]
    if lrs:
        yield "first lr", math.log10(lrs[0])
        yield "last lr", math.log10(lrs[-1])
        yield "highest lr", math.log10(max(lrs))
    said = {a.rule for a in schedule.agreements}
    yield from ((f"agreement {rule}", float(rule in said)) for rule in AGREEMENT_RULES)
    if schedule.configured is not None:
        marks = schedule.configured.milestones or (schedule.configured.step_size or 0,)
        yield "configured first milestone", marks[0] / length
        yield "configured last milestone", marks[-1] / length


def parameter_features(params: Mapping[str, Any]) -> dict[str, float]:
    """Hyper-parameters by their last name, however deep; the optimizer as a number."""
    flat: dict[str, Any] = dict(flattened(params))
    row = {}
    for name in ("lr", "learning_rate", "weight_decay", "momentum", "batch_size", "gamma"):
        if isinstance(flat.get(name), int | float):
            row[f"param {name}"] = float(flat[name])
    text = " ".join(str(v).lower() for v in flat.values())
    row["param adam"] = float("adam" in text)
    return row


def flattened(params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Leaves of nested mappings."""
    for name, value in params.items():
        if isinstance(value, Mapping):
            yield from flattened(value)
        else:
            yield str(name), value
