"""How the logged rate relates to the configured schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.runs import FloatArray
from lrdiag.schedule.agreement_messages import as_steps, lags, message_of
from lrdiag.schedule.hypotheses import Frame, Hypothesis, forward_parameters, ticks
from lrdiag.schedule.mistakes import MISTAKES
from lrdiag.schedule.points import Rates, probe_rows
from lrdiag.schedule.question import Question
from lrdiag.schedule.reconcile import reconcile
from lrdiag.schedule.resolution import relative_width
from lrdiag.schedule.values import Agreement, ConfiguredSchedule
from lrdiag.schedule.warmup import warmup_rows

# A gamma this close to the configured one was rounded, not chosen.
_SAME_GAMMA = 2e-3
# Families that never rise at the start: a rise before them is a warm-up of its own.
_WITHOUT_RISE = ("constant", "step", "multistep", "exponential", "polynomial", "cosine")


# Families that multiply the rate before, so that no sum cancels.
_PRODUCTS = ("step", "multistep")


@dataclass(frozen=True, slots=True, eq=False)
class Reconciled:
    """A question and the hypothesis that answers it (None: unexplained)."""

    question: Question
    hypothesis: Hypothesis | None


def reconciled(
    configured: ConfiguredSchedule, rates: Rates, axis: EpochAxis, epochs: int | None
) -> Reconciled | None:
    """The configuration set against one group's rates; None if it says too little."""
    parameters = forward_parameters(configured, float(rates.rate.max()))
    if parameters is None:
        return None
    compare = np.arange(len(rates))
    if configured.family in _WITHOUT_RISE:
        compare = compare[warmup_rows(rates, configured.base_lr) :]
    question = Question(
        rates,
        frame_of(rates, axis, configured),
        configured.family,
        parameters,
        configured.unit or "epoch",
        epochs,
        compare,
        probe_rows(rates, compare),
        _width(rates, configured.family),
    )
    return Reconciled(question, reconcile(question))


def _width(rates: Rates, family: str) -> FloatArray:
    """float64[n]: half-widths; those of products where rates fall by factors to next to nothing."""
    if not rates.how.fine or family not in _PRODUCTS:
        return rates.half_width
    return np.minimum(rates.half_width, relative_width(rates.rate, rates.how))


def frame_of(rates: Rates, axis: EpochAxis, configured: ConfiguredSchedule | None) -> Frame:
    """Where the rows of a log lie in the training."""
    per = axis.steps_per_epoch if axis.known and not axis.is_identity else None
    if configured is not None and per is None:
        per = configured.steps_per_epoch
    phase: tuple[float, ...] = (0.0, 1.0, -1.0)
    if axis.known and not axis.is_identity and per:
        start = float(axis.step_of(np.array([0.0]))[0])
        phase = (*phase, start) if start not in phase else phase
    first = float(rates.step[0])
    phase = (*phase, first) if first not in phase else phase
    return Frame(rates.step.astype(np.float64), axis.is_identity, per, phase, first)


def agreements_of(answer: Reconciled, rates: Rates) -> tuple[Agreement, ...]:
    """What an explained configuration means, the gravest first."""
    h, q = answer.hypothesis, answer.question
    if h is None:
        return ()
    kind, details = kind_of(h, q, rates)
    found = [_worded(kind, h, q, details)]
    beyond = (
        _beyond_end(h, q, details) if kind in ("matches", "convention", "early", "late") else None
    )
    if beyond is not None:
        found.insert(0, beyond)
    return tuple(found)


def kind_of(h: Hypothesis, q: Question, rates: Rates) -> tuple[str, dict[str, Any]]:
    """Agreement kind of a hypothesis and its details."""
    details: dict[str, Any] = {"hypothesis": plain(h, q.frame.per_epoch)}
    by_name = {
        "never_stepped": "never_stepped",
        "per_batch": "stepped_per_batch",
        "per_epoch": "steps_for_epochs",
        "rate_k": "stepped_twice",
        "missed_drop": "missing_drop",
        "resume_reset": "reset_on_resume",
        "resumed": "matches",
    }
    if h.kind == "rate_k" and _every_batch(h, q):
        return "stepped_per_batch", details
    if h.kind in by_name:
        return by_name[h.kind], details
    if h.kind == "wrong_gamma":
        if abs((h.gamma or 0) - q.parameters["gamma"]) < _SAME_GAMMA * q.parameters["gamma"]:
            return "matches", details
        twice = abs((h.gamma or 0) - q.parameters["gamma"] ** 2) < 1e-3 * q.parameters["gamma"] ** 2
        return "gamma_applied_twice" if twice else "gamma_differs", details
    if h.kind == "jump":
        return _jump_kind(h, rates), details
    return _shift_kind(h, q), details


def _every_batch(h: Hypothesis, q: Question) -> bool:
    """Stepped as often as an epoch has batches (give or take a partial one) is once a batch."""
    per_epoch = q.frame.per_epoch
    return bool(per_epoch and per_epoch > 2 and h.k and abs(h.k - per_epoch) <= 1)


def _jump_kind(h: Hypothesis, rates: Rates) -> str:
    if h.at is not None and (h.at <= rates.step[0] or h.at >= rates.step[-1]):
        # A factor on all rows is another base rate; the last row alone is how logs end.
        return "convention"
    restarted = any(abs(r - (h.at or 0)) <= 1 for r in rates.restarts)
    return "jump_on_resume" if restarted or (h.factor or 0) > 1 else "extra_drop"


def _shift_kind(h: Hypothesis, q: Question) -> str:
    """A shift of one row is how a log is written; one of an epoch on rows of steps is a mistake."""
    rows_are_ticks = q.frame.rows_are_epochs == (q.unit == "epoch")
    base = q.frame.rows_late(h.base)
    shift = h.delta + (base if q.frame.rows_are_epochs or q.unit == "step" else 0) - h.sub
    if shift == 0 or (q.frame.rows_are_epochs and q.unit == "step"):
        return "matches"
    one_row_an_epoch = q.unit == "epoch" and bool(
        q.frame.per_epoch and np.median(np.diff(q.frame.step)) >= 0.9 * q.frame.per_epoch
    )
    if abs(shift) <= 1 and (
        (rows_are_ticks and not _steps(q)) or one_row_an_epoch or q.unit == "step"
    ):
        return "convention"
    return "early" if shift < 0 else "late"


def _steps(q: Question) -> bool:
    return not q.frame.rows_are_epochs and q.unit == "epoch"


def _worded(kind: str, h: Hypothesis, q: Question, details: Mapping[str, Any]) -> Agreement:
    mistake = MISTAKES.get(kind)
    place = int(h.at) if h.at is not None else None
    last = int(q.frame.step[-1])
    return Agreement(
        kind,
        rule=mistake.rule if mistake else "",
        message=message_of(kind, h, q),
        mistake=mistake.text if mistake else "",
        remedy=mistake.remedy if mistake else "",
        references=mistake.references if mistake else (),
        observed=h.gamma if h.gamma is not None else h.factor,
        threshold=float(q.parameters["gamma"]) if h.gamma is not None else None,
        unit="gamma" if h.gamma is not None else "factor" if h.factor is not None else "",
        first_step=place if place is not None else int(q.frame.step[0]),
        last_step=last,
        confidence=0.99,
        equivalent=_same_in_the_log(kind, h, q),
        details=details,
    )


def _same_in_the_log(kind: str, h: Hypothesis, q: Question) -> tuple[str, ...]:
    """Mistakes that the log cannot tell from what is named.

    Whether milestones count epochs and step() stands in the batch loop, or step() rightly counts
    batches and the milestones were written in epochs; and with one row an epoch whether the row
    is written late or the scheduler is stepped early. Nor, before the first drop, a scheduler
    that began anew from one that lags; nor one that is never stepped from one that is stepped
    once an epoch and counts steps, with the first of them beyond the epochs.
    """
    if kind == "never_stepped" and q.unit == "step":
        return ("steps_for_epochs",) if q.fits(replace(h, kind="per_epoch")) else ()
    if kind == "reset_on_resume":
        return ("late",) if lags(h, q) else ()
    if kind == "stepped_per_batch":
        return ("epochs_for_steps",)
    if kind != "convention" or h.kind == "jump" or q.unit == "step":
        return ()
    shift = h.delta + q.frame.rows_late(h.base) - h.sub
    return ("early",) if shift < 0 else ("late",)


def _beyond_end(h: Hypothesis, q: Question, details: Mapping[str, Any]) -> Agreement | None:
    """Configured milestones that the training's length does not reach."""
    if q.family not in ("step", "multistep", "warmup_multistep"):
        return None
    tick = ticks(h, q.frame, q.unit)
    if tick is None:
        return None
    reached = float(tick.max())
    end = float(q.epochs) if q.epochs and q.unit == "epoch" else reached
    end = max(end, reached)
    places = [q.parameters["step_size"]] if q.family == "step" else q.parameters["milestones"]
    missed = [m for m in places if m > reached and m >= end]
    if not missed:
        return None
    rows = (int(q.frame.step[0]), int(q.frame.step[-1]))
    return _unreached(missed, end, (q.unit, q.frame.per_epoch), rows, details)


def unreached(
    configured: ConfiguredSchedule, axis: EpochAxis, last_step: int | None
) -> Agreement | None:
    """Milestones at or beyond the configured number of epochs, which no log is needed to see."""
    if configured.family not in ("step", "multistep") or configured.unit == "step":
        return None
    if not configured.epochs:
        return None
    logged = axis.epoch_at(last_step) if last_step is not None else None
    end = max(float(configured.epochs), logged or 0.0)
    places = configured.milestones or ((configured.step_size,) if configured.step_size else ())
    missed = [m for m in places if m >= end]
    counted = ("epoch", configured.steps_per_epoch)
    return _unreached(missed, end, counted, (0, last_step or 0), {}) if missed else None


def _unreached(
    missed: list[int],
    end: float,
    counted: tuple[str, float | None],
    rows: tuple[int, int],
    details: Mapping[str, Any],
) -> Agreement:
    """`counted`: what milestones count, and the steps of an epoch where they are known."""
    mistake, (unit, per_epoch) = MISTAKES["beyond_end"], counted
    steps = as_steps(missed, end, per_epoch) if unit == "epoch" else ""
    listed = ", ".join(f"{m:g}" for m in missed)
    return Agreement(
        "beyond_end",
        mistake.rule,
        f"The configured milestone(s) {listed} lie at or beyond the end ({end:g} {unit}s).{steps}",
        mistake.text,
        mistake.remedy,
        mistake.references,
        observed=float(min(missed)),
        threshold=end,
        unit=unit,
        first_step=rows[0],
        last_step=rows[1],
        confidence=0.99,
        details={"unreached": missed, **details},
    )


def plain(h: Hypothesis, per: float | None) -> dict[str, Any]:
    """A hypothesis as plain data, its fields named as in `Hypothesis`."""
    named = {
        "kind": h.kind,
        "base": h.base,
        "sub": h.sub,
        "delta": h.delta,
        "k": h.k if h.kind == "rate_k" else None,
        "gamma": h.gamma,
        "missed": h.missed,
        "at": h.at,
        "factor": h.factor,
        "per_epoch": h.per_epoch or per,
        "tick_at": h.tick_at if h.kind == "resume_reset" else None,
    }
    return {k: v for k, v in named.items() if v is not None}
