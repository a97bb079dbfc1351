"""What a drop brought: the change of loss and accuracy from before it to the segment's end."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lrdiag.checks.rows import Rows, rows_of
from lrdiag.checks.stages import PlacedChange, place_drops
from lrdiag.runs import FloatArray
from lrdiag.statistics.distributions import t_quantile_975
from lrdiag.statistics.trend import Trend, fit_trend
from lrdiag.view import RunView

WINDOW = 10
"""Rows on either side that are compared: enough for a robust line, too few to span a segment's
whole descent in trainings of some tens of epochs."""

ROLES = ("train_loss", "val_loss", "val_accuracy", "val_recall")


def drop_efficacies(view: RunView) -> list[dict[str, Any]]:
    """What each drop of the schedule brought, in the order of `view.schedule.drops`.

    For each role: level before the drop, at the end of its segment, change, 95 % interval. The
    levels are ends of robust lines (Theil-Sen) through up to `WINDOW` rows; their errors count
    that neighbouring rows hang together (`statistics.correlated_noise`). Empty where the drop
    cannot be placed; a role with fewer than 4 rows on either side is left out.
    """
    placed = {drop.number: drop for drop in place_drops(view)}
    numbers = range(1, len(view.schedule.drops) + 1)
    return [_efficacy(rows_of(view), placed[n]) if n in placed else {} for n in numbers]


def _efficacy(rows: Rows, placed: PlacedChange) -> dict[str, Any]:
    found = {role: _brought(rows, role, placed) for role in ROLES}
    return {role: told for role, told in found.items() if told}


def _brought(rows: Rows, role: str, placed: PlacedChange) -> dict[str, Any] | None:
    values = rows.get(role)
    if values is None:
        return None
    before = _level(values[max(placed.since, placed.row - WINDOW) : placed.row])
    after = _level(values[max(placed.row, placed.until - WINDOW) : placed.until])
    if before is None or after is None:
        return None
    change = after.level - before.level
    error = math.hypot(before.level_error, after.level_error)
    if not math.isfinite(error):
        return None
    half = t_quantile_975(_freedom(before, after)) * error
    return {
        "before": before.level,
        "after": after.level,
        "change": change,
        "interval": [change - half, change + half],
    }


def _level(values: FloatArray) -> Trend | None:
    return fit_trend(np.arange(len(values), dtype=np.float64), values)


def _freedom(*trends: Trend) -> float:
    """Degrees of freedom of a difference of levels (Satterthwaite 1946)."""
    parts = [(t.level_error**2, t.effective) for t in trends]
    total = sum(variance for variance, _ in parts)
    return total**2 / sum(v**2 / free for v, free in parts) if total > 0 else 1.0
