"""The settings of runs, flat, and which of them only name or seed a run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lrdiag.findings import RunReport

_OF_SCHEDULE = "schedule."
MAX_SETTINGS = 2_000
"""Parameters looked at a run; a configuration that holds more is data, not settings."""

SEED = re.compile(r"(^|[._/-])(random_?|rng_?|torch_?|manual_?|global_?)?seed(s|_?num)?$", re.I)
"""Parameter names of seeds in PyTorch Lightning, Hugging Face, timm, Hydra and mmengine."""

VOLATILE = re.compile(
    r"^(name|version|id|tags?|notes?)$"
    r"|(^|[./])((run|exp|experiment|trial|job|project|group|wandb)_?(name|id|number|version)|uuid"
    r"|comment|description|host(name)?|user(name)?|pid|date(time)?|time(stamp)?|created(_at)?"
    r"|git\w*|commit(_hash)?"
    r"|(log|logs|logging|out|output|save|ckpt|checkpoint|checkpoints|result|results|work|cache|run"
    r"|tensorboard|exp)\w*?_?(dir|path|folder|file|root)|output|devices?|gpus?|gpu_ids?"
    r"|local_rank|rank|num_workers|workers|resume\w*|verbose|log_(level|every\w*|interval))$",
    re.I,
)
"""Parameters that name a run or its place and do not change what is learnt."""


def flat_settings(params: Mapping[str, Any]) -> dict[str, Any]:
    """Nested parameters under dotted names; values that are not plain become text."""
    found: dict[str, Any] = {}
    pending: list[tuple[str, Any]] = [("", params)]
    while pending and len(found) < MAX_SETTINGS:
        name, value = pending.pop(0)
        if isinstance(value, Mapping):
            pending += [(f"{name}.{key}" if name else str(key), v) for key, v in value.items()]
        elif value is None or isinstance(value, bool | int | float | str):
            found[name] = value
        else:
            found[name] = str(value)[:200]
    return found


def is_seed(name: str) -> bool:
    """Whether a parameter seeds the random numbers."""
    return SEED.search(name) is not None


def matters(name: str) -> bool:
    """Whether a parameter may change what is learnt (neither a seed nor a name or place)."""
    return not is_seed(name) and VOLATILE.search(name) is None


def settings_of(run: RunReport) -> dict[str, Any]:
    """The settings that may matter, with what the schedule was where parameters do not say."""
    found = {n: v for n, v in flat_settings(run.params).items() if matters(n)}
    return {**_from_schedule(run), **found}


def _from_schedule(run: RunReport) -> dict[str, Any]:
    schedule = run.schedule
    if schedule is None or schedule.family == "unknown":
        return {}
    found: dict[str, Any] = {"schedule.family": schedule.family}
    for name in ("base_lr", "gamma"):
        if isinstance(schedule.parameters.get(name), int | float):
            found[f"schedule.{name}"] = _rounded(schedule.parameters[name])
    if schedule.parameters.get("milestones"):
        found["schedule.milestones"] = str(list(schedule.parameters["milestones"]))
    return found


def _rounded(value: float) -> float:
    # Logged rates are float32: 0.1 comes back as 0.10000000149.
    return float(f"{value:.6g}")


def varied(runs: Sequence[RunReport]) -> dict[str, list[Any]]:
    """Settings that differ between runs, each with its value for every run (None if absent).

    What was read off the schedule is left out where a parameter says the same of every run.
    """
    every = [settings_of(run) for run in runs]
    names = dict.fromkeys(name for found in every for name in found)
    columns = {name: [found.get(name) for found in every] for name in names}
    told = {n: values for n, values in columns.items() if len({repr(v) for v in values}) > 1}
    params = [values for name, values in told.items() if not name.startswith(_OF_SCHEDULE)]
    return {
        name: values
        for name, values in told.items()
        if not (name.startswith(_OF_SCHEDULE) and values in params)
    }
