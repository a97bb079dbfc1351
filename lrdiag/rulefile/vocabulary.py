"""What conditions may name, and between which bounds those numbers can lie."""

from __future__ import annotations

import math
from functools import lru_cache

from lrdiag.roles.resolution import ROLE_NAMES
from lrdiag.rulefile.condition import Reference, Vocabulary
from lrdiag.rulefile.curve_values import ATTRIBUTES, RUN_VALUES

# What a report keeps of a metric (`findings.MetricSummary`): all that a gate's policy can ask.
SUMMARY_ATTRIBUTES = ("first", "last", "best", "best_step", "best_epoch", "noise", "points")
_COUNTS = frozenset(["points", "non_finite", "best_step"])
_FRACTIONS = ("accuracy", "precision", "recall", "recall_weighted", "f1", "auc", "map")


@lru_cache(maxsize=1)
def rule_vocabulary() -> Vocabulary:
    """What a rule's `when` may name."""
    subjects = dict.fromkeys(_roles(), ATTRIBUTES)
    return Vocabulary(
        {**subjects, "run": tuple(RUN_VALUES)}, ("after_drop", "segment"), True, ATTRIBUTES
    )


@lru_cache(maxsize=1)
def policy_vocabulary() -> Vocabulary:
    """What a gate policy's conditions may name."""
    return Vocabulary(dict.fromkeys(_roles(), SUMMARY_ATTRIBUTES), (), True)


def _roles() -> list[str]:
    return sorted(ROLE_NAMES - {"epoch"})


def bounds(reference: Reference) -> tuple[float, float]:
    """The smallest and largest value a reference can have."""
    subject, attribute = reference.subject, reference.attribute
    if reference.by_tag:
        return (0.0, math.inf) if attribute in _COUNTS else (-math.inf, math.inf)
    if subject == "run" or attribute in _COUNTS or attribute == "noise":
        return (0.0, math.inf)
    fraction = subject.partition("_")[2].partition("/")[0] in _FRACTIONS
    if attribute == "change":
        return (-1.0, 1.0) if fraction else (-math.inf, math.inf)
    if attribute in ("slope", "best_epoch"):
        return (-math.inf, math.inf)
    if fraction:
        return (0.0, 1.0)
    return (0.0, math.inf) if subject in ("lr", "grad_norm") else (-math.inf, math.inf)
