"""A condition in words of the run: what no check kind covers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from lrdiag.checks.interface import Evidence
from lrdiag.findings import Status
from lrdiag.rulefile.condition import Expression, Reference
from lrdiag.rulefile.curve_values import RUN_VALUES, curve_value, level_before
from lrdiag.rulefile.expressions import parse_condition
from lrdiag.rulefile.kleene import comparisons_of, evaluate
from lrdiag.rulefile.stretches import after, cut
from lrdiag.rulefile.vocabulary import rule_vocabulary
from lrdiag.view import Curve, RunView


@dataclass(frozen=True, slots=True)
class Expr:
    """The rule fires where a condition over numbers of the run is true.

    Attributes:
        when: the condition, such as `val_recall.last < 0.8 and after_drop(1).val_loss.change > 0`.
            Missing numbers, NaN and division by zero make it "not judged".
    """

    kind: ClassVar[str] = "expr"
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ()
    # It describes the run up to its last point: how long it held is found by asking again
    # at earlier ends.
    momentary: ClassVar[bool] = True

    when: str

    def __post_init__(self) -> None:
        condition(self.when)

    def evaluate(self, view: RunView) -> Iterator[Evidence]:
        """Judge the run."""
        asked = condition(self.when)
        numbers = {r: number_of(r, view) for r in asked.references}
        outcome = evaluate(asked, lambda r: numbers[r][0])
        yield _evidence(asked, outcome, numbers, view)


@lru_cache(maxsize=256)
def condition(text: str) -> Expression:
    """The checked condition of a rule.

    Raises:
        ExpressionError: it is not valid.
    """
    return parse_condition(text, rule_vocabulary())


Numbers = Mapping[Reference, tuple[float | None, str]]


def number_of(reference: Reference, view: RunView) -> tuple[float | None, str]:
    """The number behind a reference, or None and why there is none."""
    if reference.subject == "run" and not reference.by_tag:
        return _run_value(reference.attribute, view)
    stretch = _stretch(reference, view)
    if isinstance(stretch, str):
        return None, stretch
    curve = _curve(reference, stretch)
    if curve is None or not len(curve):
        where = (
            f" {reference.stretch.replace('_', ' ')} {reference.number}"
            if reference.stretch
            else ""
        )
        return None, f"no {reference.subject} was logged{where}"
    before = None
    if reference.stretch == "after_drop":
        whole = _curve(reference, view)
        step = view.schedule.drops[reference.number - 1].step
        before = level_before(whole, step) if whole is not None else None
    value = curve_value(curve, reference.attribute, before)
    if value is None or not np.isfinite(value):
        return None, f"{reference} is {'not a finite number' if value is not None else 'unknown'}"
    return value, ""


def _run_value(attribute: str, view: RunView) -> tuple[float | None, str]:
    value = RUN_VALUES[attribute](view)
    return (value, "") if value is not None else (None, f"run.{attribute} is unknown")


def _stretch(reference: Reference, view: RunView) -> RunView | str:
    if not reference.stretch:
        return view
    number = reference.number
    if reference.stretch == "after_drop":
        drops = view.schedule.drops
        if number > len(drops):
            return f"there is no drop {number} (the run has {len(drops)})"
        return after(view, drops[number - 1])
    segments = view.schedule.segments
    if number > len(segments):
        return f"there is no segment {number} (the run has {len(segments)})"
    return cut(view, segments[number - 1].first_step, segments[number - 1].end_step)


def _curve(reference: Reference, view: RunView) -> Curve | None:
    if not reference.by_tag:
        return view.curve(reference.subject)
    known = next((c for c in view.curves.values() if c.tag == reference.subject), None)
    series = view.run.series.get(reference.subject)
    if known is not None or series is None:
        return known
    epoch = view.axis.epoch_of(series.step)
    return Curve("", series.tag, series.step, epoch, series.value, False, "number")


def _evidence(asked: Expression, outcome: bool | None, numbers: Numbers, view: RunView) -> Evidence:
    shown = tuple(f"{r} = {v:.6g}." for r, (v, _) in numbers.items() if v is not None)
    why = "; ".join(dict.fromkeys(reason for v, reason in numbers.values() if v is None and reason))
    observed, threshold, unit = _decisive(asked, numbers)
    curves = [c for r in asked.references if (c := _curve(r, view)) is not None and len(c)]
    status = {True: Status.FAILED, False: Status.PASSED, None: Status.NOT_JUDGED}[outcome]
    reason = f"The condition cannot be decided: {why or 'a division by zero or overflow'}."
    return Evidence(
        status,
        observed=observed,
        threshold=threshold,
        unit=unit,
        reason=reason if outcome is None else "",
        points=sum(len(c) for c in curves) or None,
        first_step=max((int(c.step[-1]) for c in curves), default=None),
        last_step=max((int(c.step[-1]) for c in curves), default=None),
        tags=tuple(dict.fromkeys(c.tag for c in curves)),
        facts={_fact(r): v for r, (v, _) in numbers.items()} | {"condition": asked.text},
        details=shown,
    )


def _fact(reference: Reference) -> str:
    stretch = f"{reference.stretch}_{reference.number}_" if reference.stretch else ""
    subject = "".join(c if c.isalnum() else "_" for c in reference.subject)
    return f"{stretch}{subject}_{reference.attribute}"


def _decisive(asked: Expression, numbers: Numbers) -> tuple[float | None, float | None, str]:
    """The first comparison of a number with a constant that holds, else the first at all."""
    found = [(numbers[r][0], constant, r, holds) for r, constant, holds in comparisons_of(
        asked, lambda r: numbers[r][0])]  # fmt: skip
    if not found:
        return None, None, ""
    value, constant, reference, _ = next((f for f in found if f[3]), found[0])
    return value, constant, str(reference)
