"""What part of a run a rule looks at: applies-to, scope, and how long a condition must hold."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from lrdiag.checks.interface import Evidence
from lrdiag.errors import RuleFileError
from lrdiag.findings import Status
from lrdiag.rulefile.stretches import after, cut
from lrdiag.rulefile.values import Rule
from lrdiag.user_patterns import compiled
from lrdiag.view import RunView

_AFTER_DROP = re.compile(r"after_drop\(([1-9][0-9]{0,2})\)\Z")
SCOPES = ("run", "segment", "after_drop", "after_drop(N)")


def valid_scope(scope: str) -> bool:
    """Whether a text is one of `SCOPES`."""
    return scope in SCOPES[:3] or _AFTER_DROP.match(scope) is not None


def applicable_view(rule: Rule, view: RunView) -> RunView | str:
    """The run with only the curves the rule applies to, or why it does not apply."""
    kind = str(view.task.get("kind", ""))
    if rule.tasks and kind not in rule.tasks:
        return (
            f"The rule is for {', '.join(rule.tasks)}; this run's task is {kind or 'not stated'}."
        )
    if not rule.roles and not rule.tags:
        return view
    curves = {r: c for r, c in view.curves.items() if _selected(rule, r, c.tag)}
    if not curves:
        wanted = ", ".join((*rule.roles, *rule.tags))
        return f"Nothing in this run matches what the rule applies to ({wanted})."
    hidden = {c.tag for c in view.curves.values()} - {c.tag for c in curves.values()}
    series = {t: s for t, s in view.run.series.items() if t not in hidden}
    return replace(view, curves=curves, run=replace(view.run, series=series), cache={})


def _selected(rule: Rule, role: str, tag: str) -> bool:
    if rule.roles and not any(fnmatchcase(role, wanted) for wanted in rule.roles):
        return False
    return not rule.tags or any(tag_matches(pattern, tag) for pattern in rule.tags)


def tag_matches(pattern: str, tag: str) -> bool:
    """Whether a tag matches: `/re/` is a regular expression (RE2), else a pattern with `*`.

    RE2 runs in time linear in the tag, whatever the expression: no pattern can hang lrdiag.

    Raises:
        RuleFileError: the regular expression is not valid.
    """
    if len(pattern) > 2 and pattern[0] == pattern[-1] == "/":
        return compiled_pattern(pattern[1:-1]).search(tag) is not None
    return fnmatchcase(tag, pattern)


def compiled_pattern(expression: str) -> Any:
    """A compiled RE2 pattern.

    Raises:
        RuleFileError: the regular expression is not valid.
    """
    try:
        return compiled(expression, max_mem=1 << 20)
    except ValueError as error:
        raise RuleFileError(
            f"Regular expression {expression[:80]!r} is not valid: {error}."
        ) from None


def in_scope(rule: Rule, view: RunView) -> Iterator[Evidence]:
    """The answers of the rule's check on each stretch of its scope.

    A check that judges drops itself (its answers carry `drop`) keeps the whole run before its
    eyes, and its answers are chosen by drop. Any other check judges each stretch as if it were
    a run of its own.
    """
    if rule.scope == "run":
        yield from rule.check.evaluate(view)
        return
    if rule.scope != "segment":
        answers = list(rule.check.evaluate(view))
        if any(e.drop is not None for e in answers):
            number = _drop_number(rule.scope)
            yield from (e for e in answers if e.drop is not None and number in (None, e.drop))
            return
    for number, stretch in _stretches(rule.scope, view):
        for evidence in rule.check.evaluate(stretch):
            yield replace(evidence, drop=evidence.drop or number)


def _drop_number(scope: str) -> int | None:
    found = _AFTER_DROP.match(scope)
    return int(found.group(1)) if found else None


def _stretches(scope: str, view: RunView) -> Iterator[tuple[int | None, RunView]]:
    segments = view.schedule.segments
    if scope == "segment":
        for segment in segments:
            yield None, cut(view, segment.first_step, segment.end_step)
        return
    wanted = _drop_number(scope)
    for number, drop in enumerate(view.schedule.drops, 1):
        if wanted in (None, number):
            yield number, after(view, drop)


def held_long_enough(rule: Rule, view: RunView, evidence: Evidence) -> Evidence:
    """A failed answer that held fewer epochs than the rule's `for` does not fail.

    Where the condition still held when the log ended it is not judged, else it passed.
    """
    if not rule.hold_epochs or evidence.status is not Status.FAILED:
        return evidence
    if getattr(rule.check, "momentary", False):
        return _held_until_end(rule, view, evidence)
    held = _epochs_held(view, evidence)
    if held is None:
        return _unjudged(evidence, _NO_EPOCHS.format(rule.hold_epochs))
    if held >= rule.hold_epochs:
        return evidence
    text = f"It held for {held:.3g} epochs; the rule asks for {rule.hold_epochs:g}"
    if evidence.last_step is None or evidence.last_step >= _last_step(view):
        return _unjudged(evidence, f"{text}, and the log ends there.")
    return replace(evidence, status=Status.PASSED, details=(*evidence.details, f"{text}."))


_NO_EPOCHS = "Whether it held for {:g} epochs is unknown: no epochs are known."


def _unjudged(evidence: Evidence, reason: str) -> Evidence:
    return replace(evidence, status=Status.NOT_JUDGED, reason=reason)


def _held_until_end(rule: Rule, view: RunView, evidence: Evidence) -> Evidence:
    """Ask a condition about the run's end again at each earlier epoch, as far as `for` reaches."""
    last = view.axis.epoch_at(_last_step(view)) if view.axis.known else None
    if last is None:
        return _unjudged(evidence, _NO_EPOCHS.format(rule.hold_epochs))
    for back in range(1, math.ceil(rule.hold_epochs)):
        step = float(view.axis.step_of(np.array([last - back]))[0])
        if not np.isfinite(step) or last - back < -0.5:
            return _unjudged(
                evidence, f"The log is shorter than the {rule.hold_epochs:g} epochs asked for."
            )
        earlier = next(iter(rule.check.evaluate(cut(view, 0, round(step) + 1))))
        if earlier.status is Status.PASSED:
            text = f"It held for {back} epochs; the rule asks for {rule.hold_epochs:g}"
            return _unjudged(evidence, f"{text}, and the log ends there.")
        if earlier.status is not Status.FAILED:
            return _unjudged(evidence, f"{back} epochs before the end: {earlier.reason}")
    return evidence


def _last_step(view: RunView) -> int:
    return max((int(c.step[-1]) for c in view.curves.values() if len(c)), default=0)


def _epochs_held(view: RunView, evidence: Evidence) -> float | None:
    if not view.axis.known or evidence.first_step is None:
        return None
    last = evidence.last_step if evidence.last_step is not None else _last_step(view)
    span = view.axis.epoch_of(np.array([evidence.first_step, last], np.int64))
    # Both ends are epochs in which it held: from epoch 3 to epoch 5 are three epochs.
    held = float(span[1] - span[0]) + 1.0
    return held if np.isfinite(held) else None
