"""lr too high: to be judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lrdiag.checks.answers import not_judged
from lrdiag.checks.interface import Evidence
from lrdiag.view import RunView


@dataclass(frozen=True, slots=True)
class LrTooHigh:
    """lr too high."""

    kind: ClassVar[str] = "lr_too_high"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("train_loss",)

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        yield not_judged("This check does not judge yet.")
