"""A run as the checks see it: curves by role, the epoch axis, the schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.runs import FloatArray, IntArray, Run, Series
from lrdiag.schedule.values import Schedule


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The series of one role in the role's own unit, in order of step.

    Attributes:
        role, tag: what it is and the name it was logged under.
        step: int64[n]; epoch: float64[n], NaN where unknown; value: float64[n], NaN and inf kept.
        higher_is_better: direction; unit: "fraction", "loss", "rate" or "number".
        conversion: how the logged values were turned into this unit ("", "percent",
            "error", "complement").
    """

    role: str
    tag: str
    step: IntArray
    epoch: FloatArray
    value: FloatArray
    higher_is_better: bool
    unit: str
    conversion: str = ""

    def __len__(self) -> int:
        return len(self.step)

    @property
    def finite(self) -> Curve:
        """The same curve without NaN and infinities."""
        keep = np.isfinite(self.value)
        if keep.all():
            return self
        return Curve(
            self.role,
            self.tag,
            self.step[keep],
            self.epoch[keep],
            self.value[keep],
            self.higher_is_better,
            self.unit,
            self.conversion,
        )


@dataclass(frozen=True, slots=True, eq=False)
class RunView:
    """All that a check may look at.

    `curves`: role name to Curve; several tags of a role that has only one place are resolved
    before (see `roles`). Per-step and per-epoch training losses are both kept: `train_loss`
    is the one to judge by. `params`: hyper-parameters, nested as found. `task`: facts about
    the task when known: "num_classes", "majority_rate", "kind". `rates`: logged rate by param
    group, steps on the run's axis. `cache` lets statistics that several checks need be computed
    once; keys start with the module's name.
    """

    run: Run
    curves: Mapping[str, Curve]
    axis: EpochAxis
    schedule: Schedule
    params: Mapping[str, Any] = field(default_factory=dict)
    task: Mapping[str, Any] = field(default_factory=dict)
    rates: Mapping[str, Series] = field(default_factory=dict)
    cache: dict[str, Any] = field(default_factory=dict)

    def curve(self, role: str) -> Curve | None:
        """The curve of a role, or None when nothing was logged for it."""
        return self.curves.get(role)
