"""Milestones edited in a configuration that a resumed training does not follow."""

from __future__ import annotations

from lrdiag.schedule.mistakes import MISTAKES
from lrdiag.schedule.points import Rates
from lrdiag.schedule.values import Agreement, ConfiguredSchedule, GroupSchedule

# Half a unit of the third digit: how finely rates are printed at the coarsest.
_SAME = 0.01
# Drops of the configured factor at other places fit an edit that was ignored, but also a
# configuration of another run: below the 0.8 of what is certain.
_CONFIDENCE = 0.7


def milestones_ignored(
    configured: ConfiguredSchedule, rates: Rates, main: GroupSchedule
) -> Agreement | None:
    """Told where a resumed log drops by the configured gamma, but never where it is configured.

    Args:
        configured: a MultiStepLR that no other mistake brings in line with the log.
        rates: the log, with its restarts. main: its changes.
    """
    gamma, restarts = configured.gamma, rates.restarts
    if configured.family != "multistep" or not gamma or not restarts or not main.changes:
        return None
    if any(abs(change.ratio - gamma) > _SAME * gamma for change in main.changes):
        return None
    late = [c for c in main.changes if c.step >= restarts[0]]
    if not late:
        return None
    mistake = MISTAKES["milestones_ignored_on_resume"]
    places = ", ".join(f"{c.step}" for c in late[:6])
    return Agreement(
        "milestones_ignored_on_resume",
        mistake.rule,
        f"Training was resumed at step {restarts[0]}; after it the rate fell by the configured "
        f"gamma at step(s) {places}, not at the configured milestones "
        f"{list(configured.milestones)[:6]}.",
        mistake.text,
        mistake.remedy,
        mistake.references,
        observed=float(late[0].step),
        unit="step",
        first_step=restarts[0],
        last_step=int(rates.step[-1]),
        confidence=_CONFIDENCE,
        equivalent=("unexplained",),
    )
