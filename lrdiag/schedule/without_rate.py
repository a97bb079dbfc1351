"""Drop points where no rate was logged: what the configured schedule says."""

from __future__ import annotations

import math

from lrdiag.axes import EpochAxis
from lrdiag.schedule.values import Change, ChangeSource, ConfiguredSchedule

# A StepLR of more drops than this within a run is a decay, not a sequence of drops.
_MAX_DROPS = 1000


def configured_changes(
    configured: ConfiguredSchedule, axis: EpochAxis, first_step: int | None, last_step: int | None
) -> tuple[Change, ...]:
    """Changes that a stepped configuration makes within the log; empty for other families.

    A milestone counts finished epochs (PyTorch), so the rate falls from the first step of epoch
    `milestone`, counted from 0; where the log's rows are epochs counted from 1, one row later.
    """
    if configured.family not in ("step", "multistep") or last_step is None:
        return ()
    base = configured.base_lr if configured.base_lr is not None else math.nan
    gamma = configured.gamma if configured.gamma is not None else math.nan
    out = []
    for number, milestone in enumerate(_places(configured, axis, last_step)):
        step = _step_of(milestone, configured, axis, first_step)
        if step is None or step > last_step or (first_step is not None and step <= first_step):
            continue
        before = base * gamma**number
        out.append(
            Change(
                step, axis.epoch_at(step), before, before * gamma, source=ChangeSource.CONFIGURED
            )
        )
    return tuple(out)


def _places(configured: ConfiguredSchedule, axis: EpochAxis, last_step: int) -> list[int]:
    if configured.family == "multistep":
        return sorted(configured.milestones)
    size = configured.step_size or 0
    end = last_step if configured.unit == "step" else axis.epoch_at(last_step)
    if size < 1 or end is None:
        return []
    return [size * k for k in range(1, min(_MAX_DROPS, int(end // size) + 2))]


def _step_of(
    milestone: int, configured: ConfiguredSchedule, axis: EpochAxis, first_step: int | None
) -> int | None:
    if configured.unit == "step" and not axis.is_identity:
        return milestone
    if configured.unit == "step":
        per = configured.steps_per_epoch
        if not per:
            return None
        milestone = int(milestone // per)
    if axis.is_identity:
        return milestone + (1 if first_step == 1 else 0)
    import numpy as np

    step = float(axis.step_of(np.array([float(milestone)]))[0]) if axis.known else math.nan
    if not math.isfinite(step) and configured.steps_per_epoch:
        step = milestone * configured.steps_per_epoch
    return math.ceil(step - 1e-6) if math.isfinite(step) else None
