"""Trainings as a log of some form would show them, and how well their changes were found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.fleet.intervals import wilson
from lrdiag.schedule.from_loss import USED_FROM, binned_loss, peaks
from lrdiag.schedule.from_loss_features import Binned
from lrdiag.view import Curve

# Probabilities from which a place counts for the calibration.
LISTED_FROM = 0.05
FINE = ("per step", "per epoch")
# Logs that say less, with a calibration of their own.
COARSE = ("every 10th step", "per step, epochs unknown")
FORMS = (*FINE, *COARSE)


@dataclass
class Training:
    """A training in one form of logging, with what truly happened."""

    task: str
    kind: str
    curve: Binned
    changes: list[int]
    visible: list[int]
    slack: int = 1
    signs: dict[str, np.ndarray] = field(default_factory=dict)


def stepped(level: np.ndarray, place: int, window: int) -> tuple[float, float]:
    """t value and size of a fall before `place` beside a straight line."""
    begin, end = max(place - window, 0), min(place + window, len(level))
    at = np.arange(begin, end) - place + 0.5
    basis = np.stack([np.ones_like(at), at, (at > 0) * 1.0], axis=1)
    solution = np.linalg.lstsq(basis, level[begin:end], rcond=None)[0]
    rest = level[begin:end] - basis @ solution
    variance = rest @ rest / max(len(at) - 3, 1) + 1e-6
    size = -float(solution[2])
    return size / float(np.sqrt(variance * np.linalg.inv(basis.T @ basis)[2, 2])), size


def is_visible(level: np.ndarray, place: int) -> bool:
    """0.6 of a rule set by hand: t of 3 and 2.5 in windows of 4 and 6 epochs, 6 %, 1.5 sd."""
    if place < 4 or place >= len(level) - 2:
        return False
    low = max(place - 7, 0)
    moves = np.diff(level[low : place + 7])
    here = place - 1 - low
    rest = np.delete(moves, [i for i in (here, here + 1) if i < len(moves)])
    fall = (np.median(rest) - moves[here]) / (np.std(rest) + 1e-3)
    (t4, _), (t6, size) = stepped(level, place, 4), stepped(level, place, 6)
    # The rule squashed its t values and falls: 12 tanh(t / 12), 4 tanh(fall / 4).
    squashed = 12 * np.tanh(t4 / 12), 12 * np.tanh(t6 / 12), 4 * np.tanh(fall / 4)
    return bool(squashed[0] >= 1.8 and squashed[1] >= 1.5 and size >= 0.036 and squashed[2] >= 0.9)


def curve_of(record: dict, form: str) -> Binned | None:
    """The loss as a log of that form would show it."""
    loss, start = np.array(record["loss"]), np.array(record["epoch_start"])
    step = np.arange(len(loss))
    axis = EpochAxis(start, np.arange(len(start), dtype=float), "epoch")
    if form == "per epoch":
        loss = np.add.reduceat(loss, start) / np.diff(np.append(start, len(loss)))
        step = np.arange(len(start))
        axis = EpochAxis(step, step.astype(float), "step is epoch")
    elif form == "every 10th step":
        loss, step = loss[9::10], step[9::10]
    elif form == "per step, epochs unknown":
        axis = EpochAxis()
    return binned_loss(
        Curve("train_loss", "loss", step, axis.epoch_of(step), loss, False, "loss"), axis
    )


def read(paths: Iterable[str], form: str) -> list[Training]:
    """Trainings that are long enough, in that form; places are rows of the binned curve."""
    out = []
    for path in paths:
        for line in Path(path).read_text().splitlines():
            record = json.loads(line)
            curve, whole = curve_of(record, form), curve_of(record, "per epoch")
            if curve is None or whole is None:
                continue
            mimic = record.get("mimic_epoch")
            changes = sorted({*record["drop_epochs"], *([] if mimic is None else [mimic])})
            visible = [c for c in changes if is_visible(whole.level, c)]
            row = _row_of(record, curve, form)
            out.append(
                Training(
                    record["task"],
                    record["kind"],
                    curve,
                    [row(c) for c in changes],
                    [row(c) for c in visible],
                )
            )
    return out


def _row_of(record: dict, curve: Binned, form: str) -> Callable[[int], int]:
    if form == "per epoch":
        return lambda epoch: epoch
    start = record["epoch_start"]
    return lambda epoch: int(np.searchsorted(curve.step, start[epoch], side="left"))


# --- scoring ---


def found(trainings: Sequence[Training], chances: Sequence[np.ndarray]) -> np.ndarray:
    """float64[k, 2]: probability of each told place and whether a change lies there."""
    rows = [
        (chance[p], any(abs(p - c) <= t.slack for c in t.changes))
        for t, chance in zip(trainings, chances, strict=True)
        for p in peaks(chance, LISTED_FROM)
    ]
    return np.array(rows, float).reshape(-1, 2)


def best_near_visible(trainings: Sequence[Training], chances: Sequence[np.ndarray]) -> np.ndarray:
    """float64[v]: probability of the told place at each visible change, 0 without one."""
    return np.array(
        [
            max((chance[p] for p in peaks(chance, LISTED_FROM) if abs(p - v) <= t.slack), default=0)
            for t, chance in zip(trainings, chances, strict=True)
            for v in t.visible
        ]
    )


def calibration_error(places: np.ndarray, bins: int = 10) -> float:
    """Mean distance of told probability and share of right places over equally filled bins."""
    order = places[np.argsort(places[:, 0])]
    parts = np.array_split(order, bins)
    return float(
        sum(len(p) * abs(np.diff(p.mean(axis=0))[0]) for p in parts if len(p)) / len(order)
    )


def ratio(hits: int, of: int) -> str:
    if of == 0:
        return "0 of 0"
    low, high = wilson(hits, of)
    return f"{hits} of {of}: {hits / of:.3f} [{low:.3f}, {high:.3f}]"


def show(name: str, trainings: Sequence[Training], chances: Sequence[np.ndarray]) -> None:
    places, near = found(trainings, chances), best_near_visible(trainings, chances)
    quiet = [c for t, c in zip(trainings, chances, strict=True) if not t.changes]
    print(f"{name}: {len(trainings)} trainings, {sum(len(t.changes) for t in trainings)} changes")
    for limit in (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9):
        told = places[places[:, 0] >= limit]
        alarmed = sum(bool(np.any(c >= limit)) for c in quiet)
        print(
            f"  from {limit:.2f}{' *' if limit == USED_FROM else '  '}"
            f" right {ratio(int(told[:, 1].sum()), len(told))}"
            f"   visible found {ratio(int(np.sum(near >= limit)), len(near))}"
            f"   trainings without change alarmed {ratio(alarmed, len(quiet))}"
        )
    error = calibration_error(places) if len(places) else float("nan")
    print(
        f"  calibration error {error:.3f} over {len(places)} places from {LISTED_FROM}", flush=True
    )
