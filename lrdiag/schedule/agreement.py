"""How the logged rate relates to the configured schedule."""

from __future__ import annotations

from lrdiag.axes import EpochAxis
from lrdiag.schedule.points import Rates
from lrdiag.schedule.values import Agreement, ConfiguredSchedule, GroupSchedule


def agreements_of(
    configured: ConfiguredSchedule | None,
    rates: Rates,
    main: GroupSchedule,
    axis: EpochAxis,
    last_step: int,
) -> tuple[Agreement, ...]:
    """Agreements of a logged rate with the configuration, the most telling first."""
    if configured is None:
        return (Agreement("unknown", message="No configured schedule to compare with."),)
    return (Agreement("unknown", message="Not compared."),)
