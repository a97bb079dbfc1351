"""What a configured schedule will do, and what it would do under the common mistakes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lrdiag.errors import ScheduleError
from lrdiag.runs import FloatArray
from lrdiag.schedule.hypotheses import Frame, Hypothesis, forward_parameters, simulate
from lrdiag.schedule.mistakes import MISTAKES
from lrdiag.schedule.values import ConfiguredSchedule

# PyTorch's optimizers have no default rate in common; 0.1 is that of the SGD examples.
_DEFAULT_BASE = 0.1
# A preview of more epochs than this is thinned by nobody: it is a typing mistake.
_MOST_EPOCHS = 1_000_000
# Steps looked at under a scheduler stepped after every batch; later drops count epochs.
_MOST_STEPS = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """One way of running a schedule.

    Attributes:
        kind: "as_configured" or a kind of `Agreement`. title: in words.
        rate: float64[epochs], the rate in the first step of each epoch.
        drops: epochs (from 0) at which the rate falls. unreached: milestones that never come.
        mistake: what in the training code does this, empty for `as_configured`.
        by_step: (step, rate) of every drop where a scheduler of epochs is stepped after every
            batch: its drops lie within the first epochs, too close for a row an epoch.
        steps_per_epoch: 0 where it is unknown or milestones count steps.
    """

    kind: str
    title: str
    rate: FloatArray
    drops: tuple[int, ...]
    unreached: tuple[int, ...] = ()
    mistake: str = ""
    by_step: tuple[tuple[int, float], ...] = ()
    steps_per_epoch: float = 0.0


_TITLES = {
    "as_configured": "as configured",
    "never_stepped": "scheduler.step() forgotten",
    "stepped_per_batch": "stepped after every batch",
    "stepped_twice": "stepped twice an epoch",
    "early": "stepped at the start of each epoch",
    "gamma_applied_twice": "two schedulers on one optimizer",
    "reset_on_resume": "resumed half-way without the scheduler's state",
    "steps_for_epochs": "stepped once an epoch although milestones count steps",
}


def preview(configured: ConfiguredSchedule) -> tuple[Preview, ...]:
    """The schedule as configured, then under each mistake that can be computed.

    Args:
        configured: with `epochs`; `steps_per_epoch` lets mistakes of the unit be shown.

    Raises:
        ScheduleError: the number of epochs is missing, or the configuration is incomplete.
    """
    epochs = configured.epochs
    if not epochs or epochs > _MOST_EPOCHS:
        raise ScheduleError("a preview needs the number of epochs.", "Give it, e.g. --epochs 90.")
    parameters = forward_parameters(configured, _DEFAULT_BASE)
    if parameters is None:
        raise ScheduleError(
            f"the configured {configured.family} schedule lacks parameters for a preview.",
            "Give --milestones 30,60 or --step-size 30, and --gamma.",
        )
    per = configured.steps_per_epoch
    frame = Frame(np.arange(epochs, dtype=np.float64) * (per or 1.0), not per, per)
    shown = []
    for kind, hypothesis in _hypotheses(configured):
        rate = simulate(hypothesis, configured.family, parameters, frame, configured.unit)
        if rate is not None:
            shown.append(_preview(kind, rate, configured))
        if rate is not None and kind == "stepped_per_batch" and per:
            steps = np.arange(min(int(epochs * per), _MOST_STEPS), dtype=np.float64)
            every = simulate(
                hypothesis, configured.family, parameters, Frame(steps, False, per), "epoch"
            )
            shown[-1] = replace(shown[-1], by_step=_drops_of(every))
    if shown[0].kind != "as_configured":
        raise ScheduleError(
            "milestones in steps need the steps of an epoch.", "Give --steps-per-epoch."
        )
    return tuple(shown)


def _hypotheses(configured: ConfiguredSchedule) -> list[tuple[str, Hypothesis]]:
    other = (
        ("steps_for_epochs", Hypothesis("per_epoch"))
        if configured.unit == "step"
        else ("stepped_per_batch", Hypothesis("per_batch"))
    )
    ways = [
        ("as_configured", Hypothesis("ok")),
        ("never_stepped", Hypothesis("never_stepped")),
        other,
        ("stepped_twice", Hypothesis("rate_k", k=2)),
    ]
    if configured.unit != "step":
        ways.append(("early", Hypothesis("offset", delta=-1.0)))
    if configured.gamma and configured.family in ("step", "multistep", "exponential"):
        square = Hypothesis("wrong_gamma", gamma=configured.gamma**2)
        ways.append(("gamma_applied_twice", square))
    return [*ways, ("reset_on_resume", _resumed_half_way(configured))]


def _resumed_half_way(configured: ConfiguredSchedule) -> Hypothesis:
    """The schedule begun anew in the middle of the training."""
    per = configured.steps_per_epoch or 1.0
    middle = (configured.epochs or 0) // 2
    tick = float(middle * (per if configured.unit == "step" else 1.0))
    return Hypothesis("resume_reset", at=middle * per, tick_at=tick)


def _preview(kind: str, rate: FloatArray, configured: ConfiguredSchedule) -> Preview:
    mistake = MISTAKES.get(kind)
    return Preview(
        kind,
        _title(kind, configured.unit),
        rate,
        tuple(row for row, _ in _drops_of(rate)),
        _unreached(configured) if kind == "as_configured" else (),
        mistake.text if mistake else "",
        steps_per_epoch=(configured.steps_per_epoch or 0.0) if configured.unit == "epoch" else 0.0,
    )


def _title(kind: str, unit: str) -> str:
    """A way in words; what counts steps is stepped after every batch."""
    twice = kind == "stepped_twice" and unit == "step"
    return "stepped twice after every batch" if twice else _TITLES[kind]


def _drops_of(rate: FloatArray | None) -> tuple[tuple[int, float], ...]:
    """(row, rate) of every fall."""
    if rate is None:
        return ()
    rows = np.flatnonzero(np.diff(rate) < -1e-12 * np.abs(rate[:-1])) + 1
    return tuple((int(row), float(rate[row])) for row in rows)


def _unreached(configured: ConfiguredSchedule) -> tuple[int, ...]:
    end = float(configured.epochs or 0)
    if configured.unit == "step" and configured.steps_per_epoch:
        end *= configured.steps_per_epoch
    places = configured.milestones or ((configured.step_size,) if configured.step_size else ())
    return tuple(m for m in places if m >= end)
