"""Families that a log cannot tell apart (classes E1 to E8 of docs/schedules.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lrdiag.schedule.values import Change

_FLAT = ("step", "multistep", "plateau", "exponential", "cosine")
_STEPPED = ("step", "multistep", "plateau", "manual", "warmup_multistep")


def equivalents(
    family: str, parameters: dict[str, Any], changes: Sequence[Change]
) -> tuple[str, ...]:
    """Other families that would have logged the same, given what was logged.

    A constant log may be any schedule whose first change lies beyond it (E1); one drop is a
    StepLR, a MultiStepLR, a plateau or a hand-made change (E2); drops of one ratio at any place
    are a MultiStepLR or a plateau (E3); at m and 2m also a StepLR (E4).
    """
    if family == "constant":
        return _FLAT
    if family in ("step", "multistep", "plateau") and len(changes) == 1:
        return _others(family, ("step", "multistep", "plateau", "manual"))
    if family == "multistep":
        return ("plateau",)
    if family == "step":
        return ("multistep", "plateau") if len(changes) == 2 else ("multistep",)
    return _curves(family, parameters)


def _others(family: str, members: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in members if name != family)


def _curves(family: str, p: dict[str, Any]) -> tuple[str, ...]:
    """Identities between curves (E5 to E8)."""
    if family == "linear" and p.get("start_factor") == 1.0 and p.get("end_factor") == 0.0:
        return ("polynomial", "warmup_linear")
    if family == "linear":
        return ("cyclic",)
    if family == "polynomial" and p.get("power") == 1:
        return ("linear",)
    table = {
        "exponential": ("step", "sequential", "chained"),
        "sequential": ("chained",),
        "chained": ("sequential",),
        "cosine": ("warmup_cosine",),
    }
    return table.get(family, ())
