"""The sample runs: what is trained, which fault it carries, how it is logged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TEACHING_TABLE = """\
epoch,lr,train_loss,val_loss,accuracy
1,0.1,0.8,0.9,70 %
5,0.1,0.5,0.6,80 %
10,0.01,0.3,0.4,88 %
15,0.001,0.25,0.35,90 %
"""


@dataclass(frozen=True)
class Recipe:
    """One small training.

    `logs` maps folders to writers (see `writers.py`). `stepping` says where `scheduler.step()` is
    called: "epoch", "batch", "twice" (an epoch) or "never". `configured` is what the sidecar says,
    the scheduler's own options unless given. `remedy` replaces the fields that are the fault.
    """

    name: str
    logs: Mapping[str, str]
    truth: str = ""
    data: str = "digits"
    seed: int = 0
    epochs: int = 36
    lr: float = 0.02
    momentum: float = 0.9
    weight_decay: float = 0.0
    batch: int = 16
    hidden: tuple[int, ...] = (32,)
    train_rows: int = 1000
    val_rows: int = 700
    augmentation: float = 0.5
    label_noise: float = 0.0
    naive_loss: bool = False
    scheduler: str = "StepLR"
    options: Mapping[str, Any] = field(default_factory=lambda: {"step_size": 12, "gamma": 0.2})
    stepping: str = "epoch"
    resumed_at: int | None = None
    hidden_columns: tuple[str, ...] = ()
    remedy: Mapping[str, Any] = field(default_factory=dict)


def multistep(*milestones: int, gamma: float = 0.1) -> dict[str, Any]:
    """Options of torch's MultiStepLR."""
    return {"milestones": list(milestones), "gamma": gamma}


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        name="healthy StepLR",
        logs={"healthy/step_lr": "tensorboard", "healthy/step_lr_csv": "table"},
        epochs=48,
        batch=8,
        options={"step_size": 18, "gamma": 0.2},
    ),
    Recipe(
        name="healthy MultiStepLR",
        logs={"healthy/multistep_lr": "tensorboard_steps", "healthy/multistep_lr_csv": "lightning"},
        seed=5,
        epochs=42,
        batch=8,
        scheduler="MultiStepLR",
        options=multistep(24, 34, gamma=0.2),
    ),
    Recipe(
        name="overfitting",
        logs={"overfitting_after_drop": "split_folders"},
        epochs=60,
        lr=0.1,
        train_rows=250,
        hidden=(64, 64),
        augmentation=0.35,
        label_noise=0.1,
        options={"step_size": 15, "gamma": 0.3},
        remedy={"weight_decay": 0.02, "augmentation": 0.8},
    ),
    Recipe(
        name="drop too early",
        logs={"drop_too_early": "tensorboard"},
        epochs=40,
        lr=0.02,
        scheduler="MultiStepLR",
        options=multistep(2, 5, gamma=0.05),
        remedy={"options": multistep(20, 32, gamma=0.1)},
    ),
    Recipe(
        name="drop too late",
        logs={"drop_too_late": "lightning"},
        epochs=60,
        lr=0.08,
        scheduler="MultiStepLR",
        options=multistep(55),
        remedy={"options": multistep(15, 23, gamma=0.1), "epochs": 30},
    ),
    Recipe(
        name="lr too high",
        logs={"lr_too_high": "table"},
        epochs=30,
        lr=0.15,
        scheduler="",
        remedy={"lr": 0.02},
    ),
    Recipe(
        name="lr too low",
        logs={"lr_too_low": "keras"},
        epochs=40,
        lr=1e-4,
        scheduler="",
        remedy={"lr": 0.02},
    ),
    Recipe(
        name="schedule not applied",
        logs={"schedule_not_applied": "tensorboard"},
        epochs=30,
        lr=0.08,
        options={"step_size": 10, "gamma": 0.1},
        stepping="never",
        remedy={"stepping": "epoch"},
    ),
    Recipe(
        name="stepped per batch",
        logs={"schedule_stepped_per_batch": "tensorboard_steps"},
        epochs=40,
        lr=0.05,
        options={"step_size": 20, "gamma": 0.1},
        stepping="batch",
        remedy={"stepping": "epoch"},
    ),
    Recipe(
        name="stepped twice",
        logs={"schedule_double_stepped": "table"},
        epochs=40,
        lr=0.05,
        scheduler="MultiStepLR",
        options=multistep(20, 32),
        stepping="twice",
        remedy={"stepping": "epoch"},
    ),
    Recipe(
        name="milestone never reached",
        logs={"milestone_never_reached": "lightning"},
        epochs=40,
        lr=0.1,
        scheduler="MultiStepLR",
        options=multistep(60, 80),
        remedy={"options": multistep(20, 32)},
    ),
    Recipe(
        name="plateau after drop",
        logs={"plateau_after_drop": "tensorboard"},
        epochs=60,
        lr=0.05,
        scheduler="MultiStepLR",
        options=multistep(25, 42, gamma=0.01),
        remedy={"options": multistep(25, gamma=0.01)},
    ),
    Recipe(
        name="NaN divergence",
        logs={"nan_divergence": "table"},
        epochs=30,
        lr=0.15,
        naive_loss=True,
        remedy={"lr": 0.05},
    ),
    Recipe(
        name="data leakage",
        logs={"data_leakage": "keras"},
        data="leaked digits",
        epochs=60,
        lr=0.05,
        hidden=(128, 128),
        train_rows=400,
        val_rows=200,
        augmentation=0.0,
        label_noise=0.3,
        options={"step_size": 25, "gamma": 0.3},
        remedy={"data": "digits"},
    ),
    Recipe(
        name="no signal",
        logs={"no_signal": "tensorboard"},
        epochs=40,
        lr=0.05,
        train_rows=400,
        augmentation=0.0,
        hidden=(64, 64),
        label_noise=1.0,
        options={"step_size": 20, "gamma": 0.3},
        remedy={"label_noise": 0.0},
    ),
    Recipe(
        name="rate jumps on resume",
        logs={"lr_jump_on_resume": "tensorboard"},
        epochs=45,
        lr=0.1,
        scheduler="MultiStepLR",
        options=multistep(15, 25),
        resumed_at=34,
        remedy={"resumed_at": None},
    ),
    Recipe(
        name="fraud",
        logs={"fraud/step_lr": "table"},
        data="fraud",
        seed=1,
        epochs=30,
        lr=0.03,
        weight_decay=0.0077,
        batch=50,
        train_rows=5000,
        val_rows=3000,
        augmentation=0.0,
        hidden=(6,),
        options={"step_size": 10, "gamma": 0.1},
        hidden_columns=("val_accuracy",),
    ),
)
