"""The words in which configurations speak of schedules, and how to read their values."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

# Scheduler names (lower case, without punctuation) and the family they stand for. Sources:
# torch.optim.lr_scheduler, timm.scheduler, mmcv lr_config policies, mmengine param_scheduler,
# transformers SchedulerType, Keras schedules, PaddlePaddle optimizer.lr.
FAMILIES = {
    "multistep": "multistep",
    "multisteplr": "multistep",
    "multistepdecay": "multistep",
    "multi": "multistep",
    "steps": "multistep",
    "piecewise": "multistep",
    "piecewisedecay": "multistep",
    "warmupmultisteplr": "multistep",
    "multifactor": "multistep",
    "step": "step",
    "steplr": "step",
    "stepdecay": "step",
    "staircase": "step",
    "exp": "exponential",
    "exponential": "exponential",
    "exponentiallr": "exponential",
    "exponentialdecay": "exponential",
    "cosine": "cosine",
    "cos": "cosine",
    "cosinelr": "cosine",
    "cosineannealing": "cosine",
    "cosineannealinglr": "cosine",
    "cosineannealingdecay": "cosine",
    "warmupcosinelr": "cosine",
    "cosineannealingwarmrestarts": "cosine_restarts",
    "cosinerestart": "cosine_restarts",
    "cosinewithrestarts": "cosine_restarts",
    "sgdr": "cosine_restarts",
    "onecycle": "one_cycle",
    "onecyclelr": "one_cycle",
    "1cycle": "one_cycle",
    "cyclic": "cyclic",
    "cycliclr": "cyclic",
    "poly": "polynomial",
    "polynomial": "polynomial",
    "polynomiallr": "polynomial",
    "polylr": "polynomial",
    "polynomialdecay": "polynomial",
    "linear": "linear",
    "linearlr": "linear",
    "plateau": "plateau",
    "reducelronplateau": "plateau",
    "reduceonplateau": "plateau",
    "inversesqrt": "inverse_sqrt",
    "invsqrt": "inverse_sqrt",
    "noam": "inverse_sqrt",
    "constant": "constant",
    "constantlr": "constant",
    "none": "constant",
    "fixed": "constant",
    "const": "constant",
    "constantwithwarmup": "constant",
    "null": "constant",
    "warmupstablesdecay": "wsd",
    "wsd": "wsd",
    "warmupstabledecay": "wsd",
}

_SCHEDULER_KEYS = (
    "scheduler",
    "lr_scheduler",
    "lr_scheduler_type",
    "sched",
    "lr_schedule",
    "lr_policy",
    "lr_sched",
    "scheduler_name",
    "lr_scheduler_name",
    "scheduler_type",
    "sched_type",
    "lr_mode",
    "learning_rate_scheduler",
    "lrscheduler",
    "lr_config",
    "schedule",
    "lr_decay_type",
)
_MILESTONES = (
    "milestones",
    "decay_milestones",
    "lr_milestones",
    "lr_steps",
    "lr_decay_epochs",
    "lr_decay_epoch",
    "lr_decay_steps",
    "decay_epochs_list",
    "multi_steps",
    "epoch_step",
    "lr_step_epochs",
    "lrsteps",
    "boundaries",
    "milestone",
    "lr_decay_milestones",
    "lr_schedule_steps",
)
_STEP_SIZE = (
    "step_size",
    "lr_step_size",
    "decay_epochs",
    "lr_drop",
    "decay_step",
    "step_epochs",
    "lr_decay_every",
    "lr_step",
    "decay_every",
    "lr_decay_interval",
    "stepsize",
    "lr_step_period",
)
_GAMMA = (
    "gamma",
    "decay_rate",
    "lr_gamma",
    "lr_decay",
    "lr_decay_rate",
    "decay_factor",
    "lr_factor",
    "factor",
    "learningratedecayratio",
    "lr_decay_ratio",
    "lr_decay_gamma",
    "lr_drop_rate",
    "lr_decay_factor",
    "drop_rate_lr",
)
_BASE = (
    "lr",
    "learning_rate",
    "base_lr",
    "lr0",
    "init_lr",
    "initial_lr",
    "learningrate",
    "lr_init",
)
_EPOCHS = (
    "epochs",
    "max_epochs",
    "num_epochs",
    "n_epochs",
    "total_epochs",
    "num_train_epochs",
    "nepochs",
    "epoch_num",
    "train_epochs",
    "nb_epochs",
    "max_epoch",
    "numepochs",
)
_STEPS_PER_EPOCH = ("steps_per_epoch", "iters_per_epoch", "batches_per_epoch", "num_batches")
WORDS = {
    "scheduler": _SCHEDULER_KEYS,
    "milestones": _MILESTONES,
    "step_size": _STEP_SIZE,
    "gamma": _GAMMA,
    "base_lr": _BASE,
    "epochs": _EPOCHS,
    "steps_per_epoch": _STEPS_PER_EPOCH,
}

# A hyper-parameter file deeper or larger than this is not one.
_MAX_DEPTH = 8
_MAX_KEYS = 20_000


def family_of(name: object) -> str | None:
    """Family of a scheduler's name (a class path is allowed), None if unknown."""
    if name is None or name is False:
        return "constant"
    if not isinstance(name, str):
        return None
    last = name.strip().strip("'\"<>").split(".")[-1].lower()
    return FAMILIES.get("".join(c for c in last if c.isalnum()))


def normal(key: object) -> str:
    """A key in lower case with underscores."""
    return str(key).strip().lower().replace("-", "_").replace(" ", "_")


def walk(params: Mapping[Any, Any]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Every mapping inside `params` with its path, keys normalised, outermost first."""
    queue: list[tuple[tuple[str, ...], Mapping[Any, Any]]] = [((), params)]
    seen = 0
    while queue:
        path, node = queue.pop(0)
        seen += len(node)
        if seen > _MAX_KEYS:
            return
        yield path, {normal(k): _opened(v) for k, v in node.items()}
        if len(path) < _MAX_DEPTH:
            queue += [((*path, normal(k)), v) for k, v in node.items() if isinstance(v, Mapping)]


def _opened(value: Any) -> Any:
    """A hyper-parameter wrapped as `{"value": …, "desc": …}` (W&B), unwrapped."""
    if isinstance(value, Mapping) and "value" in value and set(value) <= {"value", "desc"}:
        return value["value"]
    return value


def find(node: Mapping[str, Any], what: str) -> Any:
    """First present value of a concept of `WORDS` in one mapping, None if absent."""
    for key in WORDS[what]:
        if node.get(key) is not None and not isinstance(node[key], Mapping):
            return node[key]
    return None


def as_float(value: Any) -> float | None:
    """A number, also as text; None if it is none (booleans are none)."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, list | tuple):
        return as_float(value[0]) if len(value) == 1 else None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if number == number and abs(number) < 1e18 else None  # noqa: PLR0124 - NaN


def as_int(value: Any) -> int | None:
    """A whole number, also as `30.0` or text; None if it is none."""
    number = as_float(value)
    return int(number) if number is not None and number == int(number) else None


def as_ints(value: Any) -> tuple[int, ...]:
    """Sorted whole numbers of a list, a tuple or text such as "30,60" or "[30, 60]"."""
    if isinstance(value, str):
        value = _split(value)
    if not isinstance(value, list | tuple):
        value = [value]
    numbers = [as_int(v) for v in value]
    if not numbers or any(n is None for n in numbers):
        return ()
    return tuple(sorted(n for n in numbers if n is not None))


def _split(text: str) -> list[Any]:
    inner = text.strip().strip("[](){}").replace(";", ",")
    return [part for part in inner.replace(",", " ").split() if part]


def literal(text: str) -> Any:
    """A Python literal, or the text itself where it is none."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return text
