# ruff: noqa: E501
"""All candidate cases: those of schedules by hand, the others drawn from shapes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from benchmarks.case_data_shapes import (
    constant,
    few,
    hopeless,
    leaking,
    noisy_change,
    noisy_raise,
    not_finite,
    only_validation_rises,
    partly_logged,
    rare_class,
    rough_after_drop,
    small_useless_drop,
    still_falling,
    wider_gap,
)
from benchmarks.case_notation import case
from benchmarks.case_schedule_shapes import (
    after_drop,
    creeping,
    early,
    healthy,
    late,
    oscillates,
    rises_at_end,
    rough,
    spike,
)

LOSSES = {"train_loss": "2.3>>0.3x60~0.005", "val_loss": "2.3>>0.5x60~0.005"}
MULTISTEP = {"schedule": {"milestones": [30, 45], "gamma": 0.1, "base_lr": 0.1}}
SCHEDULED = [
    case("the rate does what was configured", MULTISTEP, lr="0.1x30 0.01x15 0.001x15", **LOSSES),
    case("the configured drops never came", MULTISTEP, lr="0.1x60", **LOSSES),
    case("the rate fell by another factor than configured", MULTISTEP, lr="0.1x30 0.05x15 0.025x15", **LOSSES),
    case("the run ended before its second milestone", {"schedule": {"milestones": [30, 90], "gamma": 0.1, "base_lr": 0.1}},
         lr="0.1x30 0.01x30", **LOSSES),
    case("the scheduler was stepped twice an epoch", MULTISTEP, lr="0.1x15 0.01x8 0.001x37", **LOSSES),
    case("a drop was configured but no rate was logged", MULTISTEP, **LOSSES),
    case("no schedule was configured", lr="0.1x30 0.01x30", **LOSSES),
    {**case("the rate jumped back when the run was resumed", MULTISTEP, lr="0.1x30 0.01x10 0.1x20", **LOSSES),
     "restarts": [40]},
    {**case("the run was resumed at its rate", MULTISTEP, lr="0.1x30 0.01x15 0.001x15", **LOSSES), "restarts": [40]},
    {**case("the scheduler was stepped once a batch", {"schedule": {"milestones": [30, 45], "gamma": 0.1, "base_lr": 0.1},
            "steps_per_epoch": 10}, lr="0.1x3 0.01x2 0.001x55", **LOSSES), "steps_per_row": 10},
]  # fmt: skip
SHAPES = [
    healthy, rises_at_end, after_drop, oscillates, rough, spike, creeping, early, late, rare_class,
    leaking, hopeless, still_falling,
    constant, not_finite, few, partly_logged, noisy_change, noisy_change, noisy_raise,
    rough_after_drop, wider_gap, only_validation_rises, small_useless_drop,
]  # fmt: skip


def draws(amount: int, seed: int) -> Iterator[dict[str, Any]]:
    yield from SCHEDULED
    r = random.Random(seed)
    for index in range(amount):
        yield SHAPES[index % len(SHAPES)](r)
