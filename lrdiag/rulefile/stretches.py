"""A run cut to the stretch between two steps, as if it were a run of its own."""

from __future__ import annotations

from dataclasses import replace

from lrdiag.schedule.values import Change, Segment
from lrdiag.view import Curve, RunView


def after(view: RunView, drop: Change) -> RunView:
    """The stretch from a drop to the next change of the learning rate."""
    later = [s.end_step for s in view.schedule.segments if s.first_step <= drop.step < s.end_step]
    following = [c.step for c in (*view.schedule.drops, *view.schedule.rises) if c.step > drop.step]
    end = min([*later, *following], default=None)
    return cut(view, drop.step, end)


def cut(view: RunView, first_step: int, end_step: int | None) -> RunView:
    """The run between two steps, [first_step, end_step); without changes of the rate in it."""
    curves = {r: _cut_curve(c, first_step, end_step) for r, c in view.curves.items()}
    within = tuple(
        s for s in view.schedule.segments
        if s.first_step >= first_step and (end_step is None or s.first_step < end_step)
    )  # fmt: skip
    own = within or (Segment(first_step, end_step or 2**62, float("nan"), float("nan")),)
    schedule = replace(
        view.schedule,
        drops=_within(view.schedule.drops, first_step, end_step),
        rises=_within(view.schedule.rises, first_step, end_step),
        segments=own,
    )
    kept = {r: c for r, c in curves.items() if len(c)}
    return replace(view, curves=kept, schedule=schedule, cache={})


def _within(changes: tuple[Change, ...], first: int, end: int | None) -> tuple[Change, ...]:
    return tuple(c for c in changes if c.step > first and (end is None or c.step < end))


def _cut_curve(curve: Curve, first_step: int, end_step: int | None) -> Curve:
    keep = curve.step >= first_step
    if end_step is not None:
        keep &= curve.step < end_step
    return replace(curve, step=curve.step[keep], epoch=curve.epoch[keep], value=curve.value[keep])
