"""The door of the checks: a kind of question, its parameters, its evidence.

A check kind is one module in this folder with one frozen dataclass that satisfies `Check`;
its fields are the parameters a rule may set in YAML (float, int, str, bool, tuples of them,
with defaults; the docstring documents each one with unit and source). It is found by
`registry`, third parties' through the entry-point group `lrdiag.checks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

from lrdiag.findings import Status
from lrdiag.view import RunView


@dataclass(frozen=True, slots=True)
class Evidence:
    """One answer of a check: about the run, or about one drop or segment (`drop` is 1-based).

    `facts` fill the placeholders of the rule's `message` and `remedy`; `details` are further
    sentences of evidence. `status` is passed, failed or not_judged (then `reason` is a full
    sentence). The other fields are those of `findings.Finding`.
    """

    status: Status
    observed: float | None = None
    threshold: float | None = None
    unit: str = ""
    reason: str = ""
    confidence: float | None = None
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    points: int | None = None
    first_step: int | None = None
    last_step: int | None = None
    drop: int | None = None
    tags: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    details: tuple[str, ...] = ()
    suggested: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Check(Protocol):
    """A check kind.

    `kind`: its name in YAML. `requires`: roles without which the check is not applicable; an
    inner tuple means any one of these.
    """

    kind: ClassVar[str]
    requires: ClassVar[tuple[str | tuple[str, ...], ...]]

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run; pure. Yields at least one Evidence."""
        ...
