"""still improving at end: to be judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lrdiag.checks.answers import not_judged
from lrdiag.checks.interface import Evidence
from lrdiag.view import RunView


@dataclass(frozen=True, slots=True)
class StillImprovingAtEnd:
    """still improving at end."""

    kind: ClassVar[str] = "still_improving_at_end"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ("train_loss",)

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        yield not_judged("This check does not judge yet.")
