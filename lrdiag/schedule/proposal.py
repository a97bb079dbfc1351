"""Milestones and gamma to try next, where drops came too early, too late or brought nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lrdiag.findings import DropSummary, Finding, ScheduleSummary, Severity, Status
from lrdiag.schedule.pytorch import number

# The rules that know where the first drop should have been.
_MOVING = ("drop-too-early", "drop-too-late")
_MOST_DROPS = 6
# A tenth of the training is worth a word about a run that is healthy otherwise.
_WORTH_SAVING = 0.1
# No rerun was made: the advice is a likelihood.
_UNTOLD = "What it would gain was not measured: this is a first guess to try, not a promise."


def propose(schedule: ScheduleSummary, findings: Sequence[Finding]) -> dict[str, Any] | None:
    """What to train with next time, None where nothing speaks for another schedule.

    The first milestone moves to where a failed `drop-too-early` or `drop-too-late` puts it (the
    place at which progress stalled, against the noise); later ones keep their share of the
    epochs that are left. A later drop that a failed `plateau-after-drop` names is left out. A
    drop whose gain is merely lost in the noise stays: leaving those out changed the schedule of
    7 of 14 healthy runs. Of a run without warnings or errors nothing is proposed unless it could
    have ended with its last useful drop a tenth of its epochs earlier; then that is the reason.
    More drops than six are a scheduler stepped too often, not a choice.

    Args:
        schedule: the schedule as reports show it.
        findings: all findings of the run.

    Returns:
        `milestones` (epochs as people count), `gamma`, `base_lr`, `pytorch` (a line to paste),
        `reason`, and `probability` where the finding has one.
    """
    drops = [d for d in schedule.drops if d.epoch is not None and 0 < d.after < d.before]
    if not drops or len(drops) < len(schedule.drops) or schedule.rises or not schedule.segments:
        return None
    moved = next((f for f in findings if _moves(f)), None)
    idle = _idle(findings) if moved is None else {}
    kept = [d for number, d in enumerate(drops, 1) if number not in idle]
    if len(drops) > _MOST_DROPS or not kept or (moved is None and len(kept) == len(drops)):
        return None
    places = [round(float(d.epoch or 0.0)) for d in kept]
    if moved is not None:
        places = _shifted(places, int(moved.suggested["first_milestone"]), schedule)
        return _told(places, drops, moved, "")
    saving = _saving(idle, drops, schedule)
    if not saving and not any(_counts(f) and f.severity is not Severity.NOTE for f in findings):
        return None
    return _told(places, drops, next(iter(idle.values())), saving)


def _saving(
    idle: Mapping[int, Finding], drops: Sequence[DropSummary], schedule: ScheduleSummary
) -> str:
    """What ending with the last useful drop would save, empty where it is less than a tenth."""
    end, first = schedule.segments[-1].end_epoch, min(idle)
    if end is None or set(idle) != set(range(first, len(drops) + 1)):
        return ""
    at = float(drops[first - 1].epoch or 0.0)
    left = end - at
    if left < _WORTH_SAVING * end:
        return ""
    return (
        f" Ending there, at epoch {at:.0f}, would have saved {left:.0f} of {end:.0f} epochs "
        f"({left / end:.0%})."
    )


def _moves(finding: Finding) -> bool:
    return _counts(finding) and finding.rule in _MOVING and "first_milestone" in finding.suggested


def _counts(finding: Finding) -> bool:
    """Whether a finding failed and nobody has accepted it."""
    return finding.status is Status.FAILED and not finding.suppressed


def _idle(findings: Sequence[Finding]) -> dict[int, Finding]:
    """Numbers of the drops (from 1) that brought nothing by a failed finding."""
    failed = (f for f in findings if _counts(f) and f.rule == "plateau-after-drop")
    return {f.drop: f for f in failed if f.drop is not None}


def _shifted(places: list[int], first: int, schedule: ScheduleSummary) -> list[int]:
    """Milestones that begin at `first`, the later ones at their share of what is left."""
    last = schedule.segments[-1].end_epoch
    end = float(last) if last is not None else float(places[-1] + 1)
    left = max(end - places[0], 1.0)
    spread = [first + (p - places[0]) / left * max(end - first, 1.0) for p in places]
    return sorted({round(p) for p in spread if p < end})


def _told(
    places: list[int], drops: list[DropSummary], cause: Finding, saving: str
) -> dict[str, Any] | None:
    if not places:
        return None
    ratios = sorted(d.after / d.before for d in drops)
    gamma = float(f"{ratios[len(ratios) // 2]:.3g}")
    base = float(f"{drops[0].before:.6g}")
    call = f"MultiStepLR(optimizer, milestones={places}, gamma={number(gamma)})"
    out: dict[str, Any] = {
        "milestones": places,
        "gamma": gamma,
        "base_lr": base,
        "pytorch": f"scheduler = {call}  # step() every epoch; base lr {number(base)}",
        "reason": f"{cause.rule}: {cause.message}{saving} {_UNTOLD}",
    }
    if cause.confidence is not None:
        out["probability"] = cause.confidence
    return out
