"""The configured schedule: from hyper-parameters, from text beside the log, from options."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lrdiag.errors import ScheduleError
from lrdiag.schedule import config_words as words
from lrdiag.schedule.config_dialects import DIALECTS, Found
from lrdiag.schedule.namespace_text import namespace_of
from lrdiag.schedule.values import ConfiguredSchedule

# PyTorch's default of StepLR, MultiStepLR and ReduceLROnPlateau.
_DEFAULT_GAMMA = 0.1
# A text beside a log with more pairs than this is not a configuration.
_MAX_PAIRS = 5_000


def from_params(params: Mapping[Any, Any], origin: str) -> ConfiguredSchedule | None:
    """The schedule that hyper-parameters describe.

    Understands the words of PyTorch, Lightning, timm, mmcv, mmengine, detectron2, Ultralytics
    and transformers, in any nesting (see docs/schedules.md).

    Args:
        params: hyper-parameters, nested as found.
        origin: where they were read, for messages.

    Returns:
        None where nothing is said about a schedule.
    """
    nodes = list(words.walk(params))
    for dialect in DIALECTS:
        for _path, node in nodes:
            found = dialect(node)
            if found is not None and found.get("family"):
                return _schedule(found, [n for _, n in nodes], origin)
    return None


def from_texts(lines: Iterable[str], origin: str) -> ConfiguredSchedule | None:
    """The schedule in the first `Namespace(...)`-like line, or in `key: value` lines together."""
    pairs: dict[str, Any] = {}
    for number, line in enumerate(lines, start=1):
        params = namespace_of(line)
        found = from_params(params, origin) if len(params) > 1 else None
        if found is not None:
            return replace(found, origin_line=number)
        if len(pairs) < _MAX_PAIRS:
            pairs |= params
    return from_params(pairs, origin) if pairs else None


def from_options(  # noqa: PLR0917 - the door's signature is shared
    milestones: Sequence[int] | None = None,
    step_size: int | None = None,
    gamma: float | None = None,
    epochs: int | None = None,
    steps_per_epoch: float | None = None,
    base_lr: float | None = None,
    unit: str = "epoch",
    origin: str = "command line",
) -> ConfiguredSchedule | None:
    """The schedule given as options: MultiStepLR of milestones or StepLR of a step size.

    Raises:
        ScheduleError: options that contradict one another or make no sense.
    """
    _validate(milestones, step_size, gamma, unit)
    if base_lr is not None and not 0 < base_lr < float("inf"):
        raise ScheduleError(f"base rate {base_lr} is no learning rate.", "Give one such as 0.1.")
    if milestones:
        family = "multistep"
    elif step_size is not None:
        family = "step"
    elif gamma is not None:
        family = "exponential"
    else:
        return None
    return ConfiguredSchedule(
        family,
        milestones=tuple(sorted(int(m) for m in milestones or ())),
        step_size=step_size,
        gamma=gamma if gamma is not None else _DEFAULT_GAMMA,
        base_lr=base_lr,
        unit=unit,
        epochs=epochs,
        steps_per_epoch=steps_per_epoch,
        origin=origin,
    )


def _validate(
    milestones: Sequence[int] | None, step_size: int | None, gamma: float | None, unit: str
) -> None:
    if milestones and step_size is not None:
        raise ScheduleError(
            "both milestones and a step size are configured.",
            "Give milestones (MultiStepLR) or a step size (StepLR), not both.",
        )
    if milestones and (min(milestones) < 0 or len(set(milestones)) < len(milestones)):
        raise ScheduleError(
            f"milestones {list(milestones)} must be distinct and not negative.",
            "Give the epochs after which the rate falls, e.g. 30,60,90.",
        )
    if step_size is not None and step_size < 1:
        raise ScheduleError(
            f"step size {step_size} is not positive.", "Give a whole number from 1."
        )
    if gamma is not None and not 0 < gamma < 1e3:
        raise ScheduleError(f"gamma {gamma} is not positive.", "Give a factor such as 0.1.")
    if unit not in ("epoch", "step"):
        raise ScheduleError(f"unit {unit!r} is neither 'epoch' nor 'step'.", "Give one of them.")


def _schedule(found: Found, nodes: list[Mapping[str, Any]], origin: str) -> ConfiguredSchedule:
    family = str(found["family"])
    epochs = found.get("epochs") or words.as_int(_first(nodes, "epochs"))
    base = found.get("base_lr") or words.as_float(_first(nodes, "base_lr"))
    gamma = found.get("gamma")
    if gamma is None and family in ("step", "multistep"):
        gamma = _DEFAULT_GAMMA
    parameters = dict(found.get("parameters") or {})
    if found.get("warmup"):
        parameters["warmup_hint"] = dict(found["warmup"])
    return ConfiguredSchedule(
        family,
        milestones=tuple(found.get("milestones") or ()),
        step_size=found.get("step_size"),
        gamma=gamma,
        base_lr=base,
        unit=str(found.get("unit") or "epoch"),
        epochs=epochs if epochs and epochs > 0 else None,
        steps_per_epoch=words.as_float(_first(nodes, "steps_per_epoch")),
        parameters=parameters,
        origin=origin,
    )


def _first(nodes: list[Mapping[str, Any]], what: str) -> Any:
    for node in nodes:
        value = words.find(node, what)
        if value is not None:
            return value
    return None


_MENTIONS = re.compile(r"mileston|step_size|lr_decay|lr_step|lr_drop|scheduler|decay_epoch", re.I)


def mentions_schedule(line: str) -> bool:
    """Whether a line of text may say something about a schedule (cheap test)."""
    return bool(_MENTIONS.search(line))
