"""From a judged run to the plain numbers and thinned curves that reports show."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import repeat
from typing import Any

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.findings import (
    DropSummary,
    MetricSummary,
    ReportCurve,
    ScheduleSummary,
    SegmentSummary,
    SeriesSummary,
)
from lrdiag.runs import FloatArray, Run, Series
from lrdiag.schedule.values import Agreement, Change, ConfiguredSchedule, Schedule
from lrdiag.statistics.noise import noise_level
from lrdiag.view import Curve, RunView

CURVE_POINTS = 400
"""Points kept of a curve for pictures: more than a chart has pixels columns to tell apart."""


def series_summaries(run: Run) -> dict[str, SeriesSummary]:
    """What was read, tag by tag."""
    return {tag: _series_summary(series) for tag, series in run.series.items()}


def _series_summary(series: Series) -> SeriesSummary:
    some = len(series) > 0
    return SeriesSummary(
        points=len(series),
        first_step=int(series.step[0]) if some else None,
        last_step=int(series.step[-1]) if some else None,
        superseded=series.superseded,
        non_finite=int(np.count_nonzero(~np.isfinite(series.value))),
    )


def metric_summaries(view: RunView) -> dict[str, MetricSummary]:
    """First, last, best and noise of every curve, by role."""
    return {role: _metric_summary(curve, view.axis) for role, curve in view.curves.items()}


def _metric_summary(curve: Curve, axis: EpochAxis) -> MetricSummary:
    good = curve.finite
    if not len(good):
        return MetricSummary(
            None,
            None,
            None,
            None,
            None,
            len(curve),
            None,
            False,
            curve.unit,
            curve.higher_is_better,
        )
    at = int(np.argmax(good.value) if curve.higher_is_better else np.argmin(good.value))
    epoch = float(good.epoch[at])
    last = float(curve.value[-1])
    return MetricSummary(
        first=float(good.value[0]),
        last=last if np.isfinite(last) else None,
        best=float(good.value[at]),
        best_step=int(good.step[at]),
        noise=point_noise(good.value),
        points=len(curve),
        best_epoch=axis.shown(epoch) if np.isfinite(epoch) else None,
        last_finite=bool(np.isfinite(last)),
        unit=curve.unit,
        higher_is_better=curve.higher_is_better,
    )


def point_noise(value: FloatArray) -> float | None:
    """Jitter from row to row (`statistics.noise.noise_level`), None where it cannot be told."""
    noise = noise_level(value)
    return noise if np.isfinite(noise) else None


def schedule_summary(view: RunView) -> ScheduleSummary:
    """The schedule as reports show it."""
    from lrdiag.drop_efficacy import drop_efficacies

    schedule = view.schedule
    told = _main_agreement(schedule)
    configured = schedule.configured
    return ScheduleSummary(
        family=schedule.family.name,
        parameters=dict(schedule.family.parameters),
        drops=tuple(map(_change, repeat(view), schedule.drops, drop_efficacies(view))),
        rises=tuple(_change(view, change, {}) for change in schedule.rises),
        segments=tuple(_segments(view)),
        equivalent=schedule.family.equivalent,
        exact=schedule.family.exact if schedule.groups else None,
        pytorch=schedule.family.pytorch,
        configured=_configured(configured) if configured else None,
        configured_origin=configured.origin if configured else "",
        agreement=told.kind if told else "",
        agreement_message=told.message if told else "",
        notes=schedule.notes,
    )


def _main_agreement(schedule: Schedule) -> Agreement | None:
    """The agreement that a rule reports, else the first."""
    told = [a for a in schedule.agreements if a.rule]
    return next(iter(told or schedule.agreements), None)


def _change(view: RunView, change: Change, efficacy: dict[str, Any]) -> DropSummary:
    return DropSummary(
        step=change.step,
        epoch=None if change.epoch is None else view.axis.shown(change.epoch),
        before=change.before,
        after=change.after,
        group=change.group,
        source=str(change.source),
        probability=change.probability,
        efficacy=efficacy,
    )


def _segments(view: RunView) -> Iterator[SegmentSummary]:
    for segment in view.schedule.segments:
        rate = segment.first_lr if np.isfinite(segment.first_lr) else None
        yield SegmentSummary(
            segment.first_step,
            segment.end_step,
            rate,
            view.axis.epoch_at(segment.first_step),
            view.axis.epoch_at(segment.end_step),
        )


def _configured(configured: ConfiguredSchedule) -> dict[str, Any]:
    shown: dict[str, Any] = {"family": configured.family, "unit": configured.unit}
    if configured.milestones:
        shown["milestones"] = list(configured.milestones)
    for name in ("step_size", "gamma", "base_lr", "epochs", "steps_per_epoch"):
        value = getattr(configured, name)
        if value is not None:
            shown[name] = value
    return {**shown, **{k: v for k, v in configured.parameters.items() if k not in shown}}


def report_curves(view: RunView) -> tuple[ReportCurve, ...]:
    """Thinned curves of all roles and of the learning rate, extremes and drops kept."""
    changes = [c.step for c in (*view.schedule.drops, *view.schedule.rises)]
    curves = [_report_curve(curve, changes, band=True) for curve in view.curves.values()]
    return (*curves, *_rate_curves(view, changes))


def _report_curve(curve: Curve, changes: list[int], *, band: bool) -> ReportCurve:
    from lrdiag.thinning import thin

    keep = thin(curve.step, curve.value, changes, limit=CURVE_POINTS)
    value = curve.value[keep]
    noise = point_noise(curve.finite.value) if band else None
    return ReportCurve(
        role=curve.role,
        tag=curve.tag,
        step=tuple(curve.step[keep].tolist()),
        epoch=_optional(curve.epoch[keep]),
        value=_optional(value),
        low=_optional(value - noise) if noise else (),
        high=_optional(value + noise) if noise else (),
    )


def _rate_curves(view: RunView, changes: list[int]) -> Iterator[ReportCurve]:
    for group in view.schedule.groups:
        series = view.run.series.get(group.group)
        if series is None:
            continue
        epoch = view.axis.epoch_of(series.step)
        curve = Curve("lr", group.group, series.step, epoch, series.value, False, "rate")
        yield _report_curve(curve, changes, band=False)


def _optional(values: FloatArray) -> tuple[float | None, ...]:
    bare = values.tolist()
    if np.isfinite(values).all():
        return tuple(bare)
    return tuple(v if math.isfinite(v) else None for v in bare)
