"""How the logged rate relates to the configured schedule, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lrdiag.schedule.hypotheses import Hypothesis
from lrdiag.schedule.question import Question

# Milestones this many times beyond the end are rather counted in another unit.
_RATHER_STEPS = 2.0

_MESSAGES = {
    "matches": "The logged rate is the configured {family} at every row.",
    "resumed": "The logged rate is the configured {family}; the epoch that was resumed at step "
    "{at:.0f} was trained again from its start, so all later steps count from there.",
    "convention": "The logged rate is the configured {family}, seen {rows} throughout: how the "
    "log is written, not a fault.",
    "never_stepped": "The rate stays at {first:.6g} from the first to the last row although "
    "{family} is configured.",
    "stepped_per_batch": "The logged rate is that of {family} stepped after every batch instead of "
    "every epoch.",
    "steps_for_epochs": "The logged rate is that of {family} stepped once an epoch although it "
    "counts steps.",
    "stepped_twice": "The logged rate is that of {family} stepped {k} times where once is "
    "configured.",
    "gamma_differs": "Each drop multiplies by {gamma:.6g}; {configured:.6g} is configured.",
    "gamma_applied_twice": "Each drop multiplies by {gamma:.6g}, the square of the configured "
    "{configured:.6g}.",
    "missing_drop": "The configured milestone {missed} passed without a drop.",
    "extra_drop": "From step {at:.0f} the rate is {factor:.6g} times the configured {family}.",
    "jump_on_resume": "From step {at:.0f} the rate is {factor:.6g} times the configured {family}.",
    "reset_on_resume": "At step {at:.0f} the configured {family} began anew.",
    "lags": "Drops come {behind:g} {unit}(s) after the configured ones, as if {family} had begun "
    "anew at step {at:.0f}.",
    "early": "Drops come {shift:g} {unit}(s) before the configured ones, at every drop.",
    "late": "Drops come {shift:g} {unit}(s) after the configured ones, at every drop.",
}


def message_of(kind: str, h: Hypothesis, q: Question) -> str:
    """What a hypothesis says about the log and its configuration, as a sentence."""
    base = q.frame.rows_late(h.base)
    shift = abs(h.delta + (base if q.frame.rows_are_epochs else 0) - h.sub)
    early = h.delta + base - h.sub < 0
    rows = f"{shift:g} row{'s' if shift != 1 else ''} {'early' if early else 'late'}"
    if h.kind == "jump":
        rows = f"times {h.factor:.6g}"
    told = "resumed" if h.kind == "resumed" else kind
    if kind == "reset_on_resume" and lags(h, q):
        told = "lags"
    return _MESSAGES[told].format(
        behind=h.tick_at + (-shift if early else shift),
        family=q.family,
        rows=rows,
        shift=shift,
        unit=q.unit,
        k=h.k,
        gamma=h.gamma or 0.0,
        first=float(q.rates.rate[0]),
        configured=float(q.parameters.get("gamma") or 0.0),
        missed=h.missed,
        at=h.at or 0.0,
        factor=h.factor or 0.0,
    )


def lags(h: Hypothesis, q: Question) -> bool:
    """Whether a schedule that began anew is, in every row, one that has only come late."""
    return q.fits(replace(h, kind="offset", at=None, delta=h.delta + h.tick_at))


def as_steps(missed: Sequence[int], end: float, per_epoch: float | None) -> str:
    """A sentence for milestones far beyond the last epoch that fit the training as steps.

    Args:
        missed: milestones in epochs that are not reached. end: epochs of the training.
        per_epoch: steps an epoch, None if unknown.
    """
    low, high = min(missed), max(missed)
    if not per_epoch or low < max(per_epoch, _RATHER_STEPS * end) or high >= end * per_epoch:
        return ""
    places = ", ".join(f"{m / per_epoch:.4g}" for m in missed)
    return f" Taken for steps ({per_epoch:g} an epoch) they would be epoch(s) {places}."
