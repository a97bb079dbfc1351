"""Roles to curves: units converted, one axis for all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.roles.resolution import Assignment, Roles
from lrdiag.runs import FloatArray, IntArray, Run, Series
from lrdiag.view import Curve

# A fraction above this was logged in percent: sampling noise and smoothing never carry an
# accuracy above 1, and 1.5 % accuracy over a whole training is below chance for 64 classes.
PERCENT_ABOVE = 1.5
# Above this it is no percentage either.
PERCENT_LIMIT = 100.5


def curves_of(
    run: Run, roles: Roles, axis: EpochAxis, in_epochs: frozenset[str] = frozenset()
) -> tuple[dict[str, Curve], list[str]]:
    """Curves by role, and notes on what was converted.

    Args:
        run: the run. roles: its roles. axis: its epoch axis.
        in_epochs: tags whose own step counts epochs although the axis counts iterations.
    """
    percent = _percent_metrics(run, roles)
    curves: dict[str, Curve] = {}
    notes: list[str] = []
    for role, assignment in roles.assignments.items():
        if role == "epoch":
            continue
        series = run.series[assignment.tag]
        step = steps_on_axis(series, axis, assignment.tag in in_epochs)
        value, conversion = _converted(series.value, assignment, role in percent)
        if len(step) > 1 and (np.diff(step) < 0).any():
            order = np.argsort(step, kind="stable")
            step, value = step[order], value[order]
        curves[role] = Curve(
            role,
            assignment.tag,
            step,
            axis.epoch_of(step),
            value,
            assignment.higher_is_better,
            assignment.unit,
            conversion,
        )
        if conversion:
            notes.append(_conversion_note(role, assignment.tag, conversion))
    return curves, notes


def steps_on_axis(series: Series, axis: EpochAxis, counts_epochs: bool) -> IntArray:
    """The series' steps on the run's axis (int64[n])."""
    if not counts_epochs:
        return series.step
    first = int(series.step.min()) if len(series.step) else 0
    # A value written once an epoch, after it, stands at the epoch's last iteration.
    ends = axis.step_of(series.step.astype(np.float64) - min(max(first, 0), 1) + 1.0) - 1.0
    return np.rint(ends).astype(np.int64)


def lr_series_of(
    run: Run, roles: Roles, axis: EpochAxis, in_epochs: frozenset[str] = frozenset()
) -> dict[str, Series]:
    """Learning-rate series by param group (its tag), steps on the run's axis."""
    from dataclasses import replace

    found: Mapping[str, Series] = {tag: run.series[tag] for tag in roles.lr_groups}
    return {
        tag: replace(series, step=steps_on_axis(series, axis, tag in in_epochs))
        for tag, series in found.items()
    }


def _percent_metrics(run: Run, roles: Roles) -> set[str]:
    """Fraction roles whose values, or whose twin's of the other split, are percentages."""
    found: set[str] = set()
    for role, assignment in roles.assignments.items():
        if assignment.unit == "fraction" and _looks_percent(run.series[assignment.tag].value):
            metric = role.removeprefix("train_").removeprefix("val_")
            found.update([role, f"train_{metric}", f"val_{metric}"])
    return found


def _looks_percent(value: FloatArray) -> bool:
    finite = value[np.isfinite(value)]
    return bool(len(finite) and PERCENT_ABOVE < finite.max() <= PERCENT_LIMIT and finite.min() >= 0)


def _converted(value: FloatArray, a: Assignment, percent: bool) -> tuple[FloatArray, str]:
    if a.unit != "fraction":
        return value, ""
    scaled = value / 100.0 if percent else value
    words = ["percent"] if percent else []
    if a.conversion:
        scaled = 1.0 - scaled
        words.append(a.conversion)
    return scaled, " ".join(words)


def _conversion_note(role: str, tag: str, conversion: str) -> str:
    told = {
        "percent": "logged in percent, divided by 100",
        "error": "an error rate, turned into 1 - error",
        "percent error": "an error rate in percent, turned into 1 - error / 100",
        "complement": "a miss rate, turned into 1 - rate",
        "percent complement": "a miss rate in percent, turned into 1 - rate / 100",
    }
    return f"{role}: {tag!r} is {told.get(conversion, conversion)}."
