"""What the learning-rate schedule was: from the logged rates, the configuration, or the loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.agreement import Reconciled, agreements_of, reconciled, unreached
from lrdiag.schedule.changes import changes_at, segments_between
from lrdiag.schedule.equivalence import equivalents
from lrdiag.schedule.explained import explained, multiple_of, scaled
from lrdiag.schedule.identify import Identified, identify
from lrdiag.schedule.ignored_milestones import milestones_ignored
from lrdiag.schedule.points import Rates, clean_rates
from lrdiag.schedule.pytorch import pytorch_line
from lrdiag.schedule.values import (
    Agreement,
    Change,
    ConfiguredSchedule,
    Family,
    GroupSchedule,
    Schedule,
)
from lrdiag.schedule.without_rate import configured_changes
from lrdiag.view import Curve

_TOO_LITTLE = "The configured schedule does not say enough to be compared with the log."
_UNEXPLAINED = (
    "The logged rate is not the configured {configured} under any of the usual mistakes: {seen}."
)
_OTHER_SCHEDULE = (
    "another scheduler than the configured one was built, or its arguments were not passed on"
)
_NOT_KNOWN = "compare the changes above with the places in the code that set the rate"


# A "rate" beyond this beside a plausible one counts updates, whatever its name.
_LARGEST_RATE = 1e3


def infer_schedule(
    lr: Mapping[str, Series],
    axis: EpochAxis,
    configured: ConfiguredSchedule | None = None,
    train_loss: Curve | None = None,
    last_step: int | None = None,
    *,
    epochs: int | None = None,
) -> Schedule:
    """The schedule of a run, as checks and reports use it.

    Args:
        lr: param group name to its logged rate; empty where none was logged.
        axis: how steps relate to epochs.
        configured: what the user says the schedule is.
        train_loss: for a run without a logged rate, and for the end of the last segment.
        last_step: the last step of any series; the last segment ends after it.
        epochs: length of the training, where it is known.

    Returns:
        Drops and rises of the main param group with where they are known from, segments,
        the family with parameters, and the agreements with `configured`.
    """
    rates = {name: clean_rates(series) for name, series in lr.items()}
    rates = {name: r for name, r in rates.items() if len(r)}
    plausible = {name: r for name, r in rates.items() if float(r.rate.max()) < _LARGEST_RATE}
    rates = plausible or rates
    if not rates:
        return _without_rate(axis, configured, train_loss, last_step)
    horizon = epochs or (configured.epochs if configured else None)
    name = list(rates)[_main_index(list(rates.values()))]
    shown = rates[name]
    answer = reconciled(configured, shown, axis, horizon) if configured else None
    found = (explained(answer, shown) if answer else None) or identify(shown, axis, horizon)
    groups = tuple(
        _group(
            n, r, axis, found if n == name else _other(r, shown, found, axis, horizon), lr[n].index
        )
        for n, r in rates.items()
    )
    main = groups[list(rates).index(name)]
    end = max(int(shown.step[-1]), last_step if last_step is not None else int(shown.step[-1]))
    return Schedule(
        groups=groups,
        drops=tuple(c for c in main.changes if c.is_drop),
        rises=tuple(c for c in main.changes if not c.is_drop),
        segments=segments_between(main.changes, int(shown.step[0]), end, shown),
        family=main.family,
        smooth=_is_smooth(shown, main.changes),
        configured=configured,
        agreements=_agreements(answer, configured, shown, main),
        notes=_notes(shown, main),
    )


def _group(
    name: str, rates: Rates, axis: EpochAxis, found: Identified, index: str
) -> GroupSchedule:
    changes = changes_at(rates, found.rows, axis, name)
    family = found.family
    per = _tick_name(family, axis, index)
    told = replace(
        family,
        equivalent=equivalents(family.name, dict(family.parameters), changes),
        pytorch=pytorch_line(family.name, family.parameters, per, _lead(family)),
    )
    return GroupSchedule(name, changes, told, len(rates))


def _lead(family: Family) -> float:
    """Ticks done at step 0: a factor of `(t + 1) / warmup` is one ahead from the start."""
    return -family.clock.origin / family.clock.tick if family.clock.origin < 0 else 0.0


def _tick_name(family: Family, axis: EpochAxis, index: str) -> str:
    """What a tick is: an epoch where a tick is an epoch of the axis, else a step.

    `index` is what the log says that it counts: 2,000 rows called `step` are no epochs.
    """
    per = axis.steps_per_epoch
    if axis.is_identity:
        if family.clock.tick < 1.0 and index != "step":
            return f"epoch, {1 / family.clock.tick:g} times"
        return "epoch" if family.clock.tick == 1.0 and index != "step" else "step"
    if per and abs(family.clock.tick - per) < 0.01 * per:
        guessed = axis.origin == "validation cadence" and index == "step"
        return f"epoch ({family.clock.tick:g} steps)" if guessed else "epoch"
    return f"{family.clock.tick:g} steps" if family.clock.tick > 1 else "step"


def _other(
    rates: Rates, main: Rates, found: Identified, axis: EpochAxis, epochs: int | None
) -> Identified:
    """A group beside the main one: the same schedule times a factor, or one of its own."""
    factor = multiple_of(rates, main)
    return scaled(found, factor) if factor is not None else identify(rates, axis, epochs)


def _agreements(
    answer: Reconciled | None,
    configured: ConfiguredSchedule | None,
    rates: Rates,
    main: GroupSchedule,
) -> tuple[Agreement, ...]:
    if configured is None:
        return ()
    if answer is None:
        return (Agreement("unknown", message=_TOO_LITTLE),)
    found = agreements_of(answer, rates)
    ignored = None if found else milestones_ignored(configured, rates, main)
    return found or (ignored and (ignored,)) or (_unexplained(configured, main.family),)


def _unexplained(configured: ConfiguredSchedule, family: Family) -> Agreement:
    other = family.exact and family.name not in (configured.family, "manual")
    seen = f"it is {family.name} at every row, so {_OTHER_SCHEDULE}" if other else _NOT_KNOWN
    return Agreement(
        "unexplained", message=_UNEXPLAINED.format(configured=configured.family, seen=seen)
    )


def _is_smooth(rates: Rates, changes: tuple[Change, ...]) -> bool:
    return int(rates.changed.sum()) > 2 * len(changes) + 1


def _main_index(rates: list[Rates]) -> int:
    """The first group, unless it falls in warm-up while most others rise (a bias group)."""
    rises = [int(np.argmax(r.rate)) > 0 for r in rates]
    if len(rates) < 3 or rises[0] or sum(rises) < len(rates) / 2:
        return 0
    return rises.index(True)


def _notes(rates: Rates, main: GroupSchedule) -> tuple[str, ...]:
    notes = []
    if rates.dropped:
        notes.append(
            f"{rates.dropped} logged rates of {main.group} were not finite and are left out."
        )
    if rates.dips:
        notes.append(
            f"{rates.dips} row(s) show gamma squared, right after a drop: logged with "
            "scheduler.get_lr(), which applies gamma once more in the step of a milestone; log "
            "get_last_lr() (pytorch/pytorch#20486)."
        )
    return tuple(notes)


def _without_rate(
    axis: EpochAxis,
    configured: ConfiguredSchedule | None,
    train_loss: Curve | None,
    last_step: int | None,
) -> Schedule:
    first = int(train_loss.step[0]) if train_loss is not None and len(train_loss) else None
    if last_step is None and train_loss is not None and len(train_loss):
        last_step = int(train_loss.step[-1])
    if configured is None:
        return _from_loss(axis, train_loss, first, last_step)
    changes = configured_changes(configured, axis, first, last_step)
    first = first if first is not None else 0
    segments = segments_between(changes, first, last_step, None) if last_step is not None else ()
    unknown = Agreement("unknown", message="No learning rate was logged to compare with.")
    beyond = unreached(configured, axis, last_step)
    return Schedule(
        drops=tuple(c for c in changes if c.is_drop),
        rises=tuple(c for c in changes if not c.is_drop),
        segments=segments,
        family=Family(configured.family, {}),
        configured=configured,
        agreements=(beyond, unknown) if beyond else (unknown,),
        notes=("Drop points are the configured ones: no learning rate was logged.",)
        if changes
        else (),
    )


def _from_loss(
    axis: EpochAxis, train_loss: Curve | None, first: int | None, last_step: int | None
) -> Schedule:
    """Nothing logged, nothing configured: what the training loss shows, and how surely."""
    if train_loss is None or first is None or last_step is None:
        return Schedule()
    from lrdiag.schedule.from_loss import USED_FROM, likely_drops

    likely = likely_drops(train_loss, axis)
    used = tuple(c for c in likely if (c.probability or 0.0) >= USED_FROM)
    notes = tuple(
        f"The training loss alone suggests an LR drop or another change in mid-run at step {c.step}"
        f" (probability {c.probability:.2f})"
        + ("." if c in used else f"; below {USED_FROM:g}, so no check uses it.")
        for c in likely
    )
    segments = segments_between(used, first, last_step, None) if used else ()
    return Schedule(drops=used, segments=segments, notes=notes)
