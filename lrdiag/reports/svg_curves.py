"""Paths of the SVG pictures: thinned curves, noise bands, the proposed schedule."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lrdiag.findings import ReportCurve, RunReport
from lrdiag.reports.svg_scale import Scale
from lrdiag.thinning import thin

# A noise band: (step, epoch, low, high) of each point.
Band = list[tuple[int, float | None, float, float]]


def thinned(curve: ReportCurve, points: int) -> ReportCurve:
    """The curve in about `points` points; a role `lr` keeps the points around each change."""
    if len(curve.step) <= points:
        return curve
    value = np.array([math.nan if v is None else v for v in curve.value])
    step = np.asarray(curve.step, np.int64)
    changed = step[1:][np.diff(value) != 0] if curve.role == "lr" else ()
    keep = changed if len(changed) * 2 <= points else ()
    at = thin(step, value, [int(s) for s in keep], max(points, 8)).tolist()
    return replace(
        curve,
        step=tuple(curve.step[i] for i in at),
        epoch=tuple(curve.epoch[i] for i in at),
        value=tuple(curve.value[i] for i in at),
        low=tuple(curve.low[i] for i in at) if curve.low else (),
        high=tuple(curve.high[i] for i in at) if curve.high else (),
    )


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def not_finite(curve: ReportCurve) -> list[tuple[int, float | None]]:
    """Where each stretch of values that are not finite begins: (step, epoch)."""
    broken = [not _finite(v) for v in curve.value]
    starts = [i for i, bad in enumerate(broken) if bad and (i == 0 or not broken[i - 1])]
    return [(curve.step[i], curve.epoch[i]) for i in starts]


def curve_path(curve: ReportCurve, unit: str, x: Scale, y: Scale) -> str:
    """The curve as path data in tenths of a pixel; a learning rate is drawn as steps."""
    where = curve.epoch if unit == "epoch" else curve.step
    parts: list[str] = []
    stretch: list[tuple[float, float]] = []
    for at, value in zip(where, curve.value, strict=True):
        if at is None or value is None or not math.isfinite(value):
            parts.append(line_path(stretch))
            stretch = []
            continue
        point = (x.at(at), y.at(value))
        if curve.role == "lr" and stretch and stretch[-1][1] != point[1]:
            stretch.append((point[0], stretch[-1][1]))
        stretch.append(point)
    parts.append(line_path(stretch))
    return "".join(parts)


def line_path(points: Sequence[tuple[float, float]]) -> str:
    """A polyline: absolute start, relative integer steps, in tenths of a pixel.

    Points on a straight horizontal line are merged; a single point becomes a dot.
    """
    if not points:
        return ""
    whole = [(round(px * 10), round(py * 10)) for px, py in points]
    kept = [p for i, p in enumerate(whole) if not _inside_flat(whole, i)]
    (x, y), parts = kept[0], [f"M{kept[0][0]} {kept[0][1]}l"]
    for px, py in kept[1:] or [(x + 1, y)]:
        parts.append(f"{_signed(px - x)}{_signed(py - y)}")
        x, y = px, py
    return "".join(parts).replace("l ", "l")


def _inside_flat(points: Sequence[tuple[int, int]], i: int) -> bool:
    return 0 < i < len(points) - 1 and points[i - 1][1] == points[i][1] == points[i + 1][1]


def _signed(number: int) -> str:
    return f" {number}" if number >= 0 else str(number)


def band_path(points: Sequence[tuple[float, float, float]]) -> str:
    """The closed outline of (x, y of low, y of high)."""
    there = [(at, low) for at, low, _ in points]
    back = [(at, high) for at, _, high in reversed(points)]
    return line_path(there + back) + "z"


def noise_band(run: RunReport, curve: ReportCurve, width: int = 9) -> Band:
    """The band in which 95 % of the points should lie; empty when the noise is not known.

    The curve's own `low` and `high` where the diagnosis gave them, else the running median of
    `width` points plus and minus 1.96 times the metric's noise (a standard deviation).
    """
    if curve.low and curve.high:
        return _given_band(curve)
    metric = run.metrics.get(curve.role)
    if metric is None or not metric.noise or not math.isfinite(metric.noise):
        return []
    half = 1.96 * metric.noise
    rows = [
        (s, e, v)
        for s, e, v in zip(curve.step, curve.epoch, curve.value, strict=True)
        if v is not None and math.isfinite(v)
    ]
    if len(rows) < width:
        return []
    middle = _running_median([v for _, _, v in rows], width // 2)
    # Every third point is enough for a smooth outline.
    chosen = sorted({*range(0, len(rows), 3), len(rows) - 1})
    return [(rows[i][0], rows[i][1], middle[i] - half, middle[i] + half) for i in chosen]


def _given_band(curve: ReportCurve) -> Band:
    rows = zip(curve.step, curve.epoch, curve.low, curve.high, strict=True)
    return [
        (s, e, low, high)
        for s, e, low, high in rows
        if low is not None and high is not None and math.isfinite(low) and math.isfinite(high)
    ]


def _running_median(values: Sequence[float], reach: int) -> list[float]:
    size = len(values)
    # Symmetric windows, shorter at the ends: a steep start is not flattened.
    halves = (min(reach, i, size - 1 - i) for i in range(size))
    windows = (sorted(values[i - half : i + half + 1]) for i, half in enumerate(halves))
    return [window[len(window) // 2] for window in windows]


def proposed_points(run: RunReport) -> list[tuple[float, float]]:
    """The proposed schedule as (epoch or step, rate) corners; empty when none can be drawn.

    Reads `milestones`, `gamma` and `base_lr` (else the first logged rate) of
    `ScheduleSummary.proposed`, else of the worst finding that suggests milestones.
    """
    proposed = _proposed(run)
    curve = next((c for c in run.curves if c.role == "lr" and c.step), None)
    milestones, gamma = proposed.get("milestones"), proposed.get("gamma", 0.1)
    if curve is None or not isinstance(milestones, (list, tuple)) or not _number(gamma):
        return []
    ends = curve.step if any(e is None for e in curve.epoch) else curve.epoch
    rate = proposed.get("base_lr", curve.value[0])
    if not _number(rate) or not all(_number(m) for m in milestones):
        return []
    points = [(float(ends[0] or 0), float(rate))]
    for at in sorted(m for m in milestones if (ends[0] or 0) < m <= (ends[-1] or 0)):
        points += [(float(at), points[-1][1]), (float(at), points[-1][1] * gamma)]
    return [*points, (float(ends[-1] or 0), points[-1][1])]


def _proposed(run: RunReport) -> Mapping[str, Any]:
    if run.schedule and run.schedule.proposed:
        return run.schedule.proposed
    return next((f.suggested for f in run.failed if "milestones" in f.suggested), {})


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
