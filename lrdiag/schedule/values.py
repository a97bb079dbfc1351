"""Values of the schedule room: changes, segments, families, agreement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ChangeSource(StrEnum):
    """How a change of the learning rate is known."""

    LOGGED = "logged"
    CONFIGURED = "configured"
    FROM_LOSS = "from_loss"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one param group's rate between two logged points.

    `step` is the first step with the new rate. `before`/`after` are learning rates (NaN when
    only the loss tells). `probability` is given for `from_loss`.
    """

    step: int
    epoch: float | None
    before: float
    after: float
    group: str = "lr"
    source: ChangeSource = ChangeSource.LOGGED
    probability: float | None = None
    at_restart: bool = False

    @property
    def ratio(self) -> float:
        """After / before."""
        return self.after / self.before if self.before else float("nan")

    @property
    def is_drop(self) -> bool:
        """A fall (an unknown direction, from the loss, counts as a fall)."""
        return not self.after > self.before


@dataclass(frozen=True, slots=True)
class Segment:
    """Half-open stretch [first_step, end_step) between two changes of the main group.

    `first_lr` and `last_lr` are equal on a constant stretch; NaN when no rate is known.
    """

    first_step: int
    end_step: int
    first_lr: float
    last_lr: float


@dataclass(frozen=True, slots=True)
class Clock:
    """How logged steps count scheduler ticks: (step - origin) / tick, floored when `floor`.

    `tick`: logged steps a call of `scheduler.step()`; `origin`: the logged step of tick 0.
    """

    tick: float = 1.0
    origin: float = 0.0
    floor: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """An identified schedule family.

    `name`: constant, step, multistep, exponential, polynomial, linear, cosine,
    cosine_restarts, one_cycle, cyclic, plateau, inverse_sqrt, warmup_<family>, wsd, chained,
    sequential, manual, unknown. `equivalent`: other names the log cannot tell apart from it.
    `exact`: the parameters rebuild every logged value within the logging resolution.
    `pytorch`: a line to paste that makes the schedule. `clock`: what a tick of the parameters is.
    """

    name: str
    parameters: Mapping[str, Any]
    exact: bool = False
    equivalent: tuple[str, ...] = ()
    pytorch: str = ""
    clock: Clock = field(default_factory=Clock)


@dataclass(frozen=True, slots=True)
class ConfiguredSchedule:
    """What the user says the schedule is.

    `unit`: what milestones, step_size and horizon count: "epoch" or "step" ("" = unknown).
    `origin`: where it was read ("command line", a path ...).
    """

    family: str
    milestones: tuple[int, ...] = ()
    step_size: int | None = None
    gamma: float | None = None
    base_lr: float | None = None
    unit: str = "epoch"
    epochs: int | None = None
    steps_per_epoch: float | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    origin: str = ""
    origin_line: int | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the logged rate relates to the configured schedule.

    `kind`: matches, convention (one row early or late, a note), never_stepped,
    stepped_per_batch, stepped_twice, steps_for_epochs, epochs_for_steps, gamma_differs,
    gamma_applied_twice, beyond_end, extra_drop, missing_drop, early, late, reset_on_resume,
    jump_on_resume, milestones_ignored_on_resume, unexplained, unknown (nothing to compare).
    `rule`: the rule id that reports it (schedule-not-applied, schedule-stepped-per-batch,
    schedule-double-stepped, milestone-never-reached, schedule-mismatch, lr-jump-on-resume),
    empty for matches, convention and unknown.
    """

    kind: str
    rule: str = ""
    message: str = ""
    mistake: str = ""
    remedy: str = ""
    references: tuple[str, ...] = ()
    observed: float | None = None
    threshold: float | None = None
    unit: str = ""
    first_step: int | None = None
    last_step: int | None = None
    confidence: float | None = None
    equivalent: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupSchedule:
    """What one param group's rate did. `points` is the number of logged rates."""

    group: str
    changes: tuple[Change, ...]
    family: Family
    points: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule of a run, as every check and report uses it.

    `drops` and `rises` are those of the main group (or configured / from the loss, see each
    change's `source`); `segments` cut the run at them. `smooth` tells that the rate changes
    at most rows (cosine, linear ...), so that segments are not constant stretches.
    """

    groups: tuple[GroupSchedule, ...] = ()
    drops: tuple[Change, ...] = ()
    rises: tuple[Change, ...] = ()
    segments: tuple[Segment, ...] = ()
    family: Family = field(default_factory=lambda: Family("unknown", {}))
    smooth: bool = False
    configured: ConfiguredSchedule | None = None
    agreements: tuple[Agreement, ...] = ()
    notes: tuple[str, ...] = ()
