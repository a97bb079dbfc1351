"""A schedule in words and as plain data, for the command line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from lrdiag.runs import Series
from lrdiag.schedule.agreement_messages import as_steps
from lrdiag.schedule.drawing import terminal_picture
from lrdiag.schedule.mistakes import MISTAKES
from lrdiag.schedule.preview import Preview
from lrdiag.schedule.pytorch import number
from lrdiag.schedule.values import Agreement, Change, Schedule

# A hand-made schedule of more changes than this is told as a number.
_MOST_SEGMENTS = 40
# Of a preview with more drops than this not each is told.
_MOST_TOLD = 8
# Disagreements that no argument of the configured scheduler makes.
_BESIDE = {"extra_drop", "jump_on_resume", "reset_on_resume", "early", "late"}


def lines_of(name: str, schedule: Schedule, lr: Mapping[str, Series]) -> Iterator[str]:
    """The schedule of one run as lines of text."""
    yield f"{name}"
    if not schedule.groups and not schedule.drops:
        yield "  No learning rate was logged and none is configured."
        yield from (f"  note: {note}" for note in schedule.notes)
        return
    yield from _family(schedule)
    yield from _segments(schedule)
    yield from _others(schedule)
    for agreement in schedule.agreements:
        yield from _agreement(agreement)
    yield from (f"  note: {note}" for note in schedule.notes)
    for group in schedule.groups[:1]:
        series = lr.get(group.group)
        if series is not None and len(series) > 1:
            finite = np.isfinite(series.value)
            picture = terminal_picture(series.step[finite].astype(float), series.value[finite])
            yield from (f"  {line}" for line in picture)


def _family(schedule: Schedule) -> Iterator[str]:
    family = schedule.family
    told = ", ".join(f"{k} {_short(v)}" for k, v in family.parameters.items() if k != "parts")
    sure = (
        ""
        if family.exact or not schedule.groups
        else " (nearest in shape; it does not rebuild the log)"
    )
    yield f"  family: {family.name}{sure}" + (f": {told}" if told else "")
    if family.equivalent:
        yield f"  this log would be the same under: {', '.join(family.equivalent)}"
    if family.pytorch:
        kinds = {agreement.kind for agreement in schedule.agreements}
        as_configured = " as configured, without what is told below" if kinds & _BESIDE else ""
        yield f"  PyTorch{as_configured}: {family.pytorch}"


def _short(value: Any) -> str:
    if isinstance(value, list | tuple) and len(value) > 12:
        return f"{number(list(value[:12]))[:-1]}, … {len(value)} values]"
    return number(value)


def _segments(schedule: Schedule) -> Iterator[str]:
    source = {str(c.source) for c in (*schedule.drops, *schedule.rises)}
    where = f" ({', '.join(sorted(source))})" if source else ""
    yield f"  drops: {len(schedule.drops)}, rises: {len(schedule.rises)}{where}"
    for segment in schedule.segments[:_MOST_SEGMENTS]:
        same = segment.first_lr == segment.last_lr or math.isnan(segment.first_lr)
        rate = f"{segment.first_lr:.6g}" + ("" if same else f" to {segment.last_lr:.6g}")
        rate = "rate unknown" if math.isnan(segment.first_lr) else f"lr {rate}"
        yield f"    steps {segment.first_step} to {segment.end_step - 1}: {rate}"
    if len(schedule.segments) > _MOST_SEGMENTS:
        yield f"    … and {len(schedule.segments) - _MOST_SEGMENTS} more segments"


def _others(schedule: Schedule) -> Iterator[str]:
    main = schedule.drops[0].group if schedule.drops else None
    for group in schedule.groups if len(schedule.groups) > 1 else ():
        mark = " (main)" if group.group == main else ""
        told = f"{group.family.name}, {len(group.changes)} changes"
        yield f"  param group {group.group}{mark}: {told}"
        if group.family.pytorch and group.family.pytorch != schedule.family.pytorch:
            yield f"    PyTorch: {group.family.pytorch}"


def _agreement(agreement: Agreement) -> Iterator[str]:
    kind = agreement.kind.replace("_", " ")
    yield f"  agreement with the configuration: {kind}. {agreement.message}"
    if agreement.mistake:
        yield f"    likely mistake: {agreement.mistake}"
        first, *more = agreement.remedy.splitlines() or [""]
        yield f"    to change: {first}"
        yield from (f"    {line}" for line in more)
    if agreement.references:
        yield f"    known from: {', '.join(agreement.references)}"
    for same in agreement.equivalent:
        if same in MISTAKES:
            yield f"    the log would be the same if: {MISTAKES[same].text}"


def preview_lines(shown: tuple[Preview, ...]) -> Iterator[str]:
    """A preview as lines of text: each way of running it with its rates and drops."""
    for item in shown:
        yield f"{item.title}:"
        if item.unreached:
            beyond = ", ".join(str(m) for m in item.unreached)
            hint = as_steps(item.unreached, len(item.rate), item.steps_per_epoch)
            yield f"  never reached: {beyond} (at or beyond the end){hint and '.'}{hint}"
        yield f"  {_course(item)}"
        if item.mistake:
            yield f"  {item.mistake}"
            yield f"  known from: {', '.join(MISTAKES[item.kind].references)}"
    first = shown[0]
    yield from terminal_picture(np.arange(len(first.rate), dtype=np.float64), first.rate)


def _course(item: Preview) -> str:
    if item.by_step:
        return _course_by_step(item)
    if len(item.drops) > _MOST_TOLD:
        return f"{len(item.drops)} drops, from {item.rate[0]:.4g} to {item.rate[-1]:.4g}"
    rises = np.flatnonzero(np.diff(item.rate) > 0) + 1
    text = f"{item.rate[0]:.6g} from epoch 0"
    if len(rises) > _MOST_TOLD:
        rises = rises[:0]
    rows = sorted({*item.drops, *rises.tolist()})
    return text + "".join(f", {item.rate[row]:.6g} from epoch {row}" for row in rows)


def _course_by_step(item: Preview) -> str:
    """Drops by step, and how soon the last of them comes; of many the one to a hundredth."""
    first = float(item.rate[0])
    text = f"{first:.6g} from step 0"
    if len(item.by_step) > _MOST_TOLD:
        step, rate = next((d for d in item.by_step if d[1] <= 0.01 * first), item.by_step[-1])
        return f"{text}, {rate:.3g} by step {step}{_within(item, step)}"
    text += "".join(f", {rate:.6g} from step {step}" for step, rate in item.by_step)
    return f"{text}{_within(item, item.by_step[-1][0])}; it stays there"


def _within(item: Preview, step: int) -> str:
    """Where a step lies in the training, nothing where epochs have no known length."""
    length = item.steps_per_epoch
    return f" (epoch {step / length:.2f} of {len(item.rate)})" if length else ""


def data_of(name: str, schedule: Schedule) -> dict[str, Any]:
    """The schedule of one run as data for strict JSON."""
    family, configured = schedule.family, schedule.configured
    plain = {
        "run": name,
        "family": family.name,
        "parameters": dict(family.parameters),
        "exact": family.exact,
        "equivalent": list(family.equivalent),
        "pytorch": family.pytorch,
        "clock": {
            "tick": family.clock.tick,
            "origin": family.clock.origin,
            "floor": family.clock.floor,
        },
        "smooth": schedule.smooth,
        "drops": [_change(c) for c in schedule.drops],
        "rises": [_change(c) for c in schedule.rises],
        "segments": [
            {
                "first_step": s.first_step,
                "end_step": s.end_step,
                "first_lr": s.first_lr,
                "last_lr": s.last_lr,
            }
            for s in schedule.segments
        ],
        "groups": [
            {
                "group": g.group,
                "family": g.family.name,
                "pytorch": g.family.pytorch,
                "points": g.points,
                "changes": [_change(c) for c in g.changes],
            }
            for g in schedule.groups
        ],
        "configured": None if configured is None else _configured(configured),
        "agreements": [_told(a) for a in schedule.agreements],
        "notes": list(schedule.notes),
    }
    return dict(strict(plain))


def _change(change: Change) -> dict[str, Any]:
    return {
        "step": change.step, "epoch": change.epoch, "from": change.before, "to": change.after,
        "group": change.group, "source": str(change.source), "probability": change.probability,
        "at_restart": change.at_restart,
    }  # fmt: skip


def _configured(configured: Any) -> dict[str, Any]:
    names = ("family", "milestones", "step_size", "gamma", "base_lr", "unit", "epochs", "origin")
    return {name: getattr(configured, name) for name in names}


def _told(agreement: Agreement) -> dict[str, Any]:
    names = (
        "kind",
        "rule",
        "message",
        "mistake",
        "remedy",
        "references",
        "first_step",
        "last_step",
        "confidence",
        "equivalent",
    )
    return {name: getattr(agreement, name) for name in names}


def strict(value: Any) -> Any:
    """The same with NaN and infinities as null, tuples as lists, numpy numbers as Python's."""
    if isinstance(value, Mapping):
        return {str(k): strict(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [strict(v) for v in value]
    if isinstance(value, np.generic):
        return strict(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
