"""Which settings go with which findings, corrected for the number of questions asked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np

from lrdiag.findings import RunReport, Status
from lrdiag.fleet.intervals import wilson
from lrdiag.fleet.settings import varied
from lrdiag.statistics.discoveries import adjusted_p_values

FALSE_DISCOVERY_RATE = 0.05
MIN_EACH = 3
"""Runs with and without the finding below which nothing can be said."""

ABOUT_THE_SCHEDULE = ("schedule-", "milestone-", "constant-lr", "lr-jump-")
"""Rules that judge the logged schedule itself: that they go with it is no discovery."""

MAX_LEVELS = 12
"""Values of a setting in words beyond which it names runs rather than sorts them."""


@dataclass(frozen=True, slots=True)
class Association:
    """A setting and a finding that go together, or do not.

    `effect` with its interval (`low`, `high`): for a number, the probability that a run with
    the finding has the higher setting (0.5: none); for a value in words, the share of runs
    with the finding among those with the value minus the share among the others (0: none).
    `adjusted` is the Benjamini-Hochberg adjusted `p_value`.
    """

    rule: str
    setting: str
    value: str
    effect: float
    low: float
    high: float
    p_value: float
    adjusted: float
    failed: int
    judged: int

    @property
    def found(self) -> bool:
        """Whether it stands after correction for all the questions asked."""
        return self.adjusted <= FALSE_DISCOVERY_RATE


def associations(runs: Sequence[RunReport]) -> tuple[Association, ...]:
    """All settings against all findings, the clearest first.

    Adjusted p-values by Benjamini and Hochberg (1995); the intervals of those that are found
    at the level that keeps the false coverage rate at 5 % (Benjamini and Yekutieli 2005).
    """
    questions = [
        (rule, setting, value, numbers, failed)
        for rule in dict.fromkeys(f.rule for run in runs for f in run.failed)
        for setting, value, numbers, failed in _questions(runs, rule)
    ]
    answers = [_p_value(numbers, failed) for *_, numbers, failed in questions]
    adjusted = adjusted_p_values(answers)
    found = sum(p <= FALSE_DISCOVERY_RATE for p in adjusted)
    level = FALSE_DISCOVERY_RATE * max(found, 1) / max(len(answers), 1)
    results = [
        _answer(question, p, q, level)
        for question, p, q in zip(questions, answers, adjusted, strict=True)
    ]
    return tuple(sorted(results, key=lambda a: (a.adjusted, a.p_value)))


def _questions(
    runs: Sequence[RunReport], rule: str
) -> Iterator[tuple[str, str, list[float], list[bool]]]:
    """(setting, value or "", the setting as numbers, whether each run has the finding)."""
    outcome = [_outcome(run, rule) for run in runs]
    judged = [run for run, o in zip(runs, outcome, strict=True) if o is not None]
    failed = [o for o in outcome if o is not None]
    if min(sum(failed), len(failed) - sum(failed)) < MIN_EACH:
        return
    for setting, values in varied(judged).items():
        if setting.startswith("schedule.") and rule.startswith(ABOUT_THE_SCHEDULE):
            continue
        numbers = _as_numbers(values)
        if numbers is not None:
            yield setting, "", numbers, failed
            continue
        levels = dict.fromkeys(map(repr, values))
        if len(levels) > MAX_LEVELS:
            continue
        # Two levels ask one question, not two.
        for level in list(levels)[:1] if len(levels) == 2 else levels:
            yield setting, level, [float(repr(v) == level) for v in values], failed


def _outcome(run: RunReport, rule: str) -> bool | None:
    """Whether the rule failed on the run; None when it was not judged."""
    status = {f.status for f in run.findings if f.rule == rule and not f.suppressed}
    if Status.FAILED in status:
        return True
    return False if Status.PASSED in status else None


def _as_numbers(values: Sequence[Any]) -> list[float] | None:
    numeric = [isinstance(v, int | float) and not isinstance(v, bool) for v in values]
    if not all(numeric) or not all(math.isfinite(v) for v in values):
        return None
    return [float(v) for v in values]


def _p_value(numbers: Sequence[float], failed: Sequence[bool]) -> float:
    """Fisher's exact test for two values, Mann-Whitney's rank test for more."""
    from scipy import stats

    if len(set(numbers)) == 2:
        table = np.array(_table(numbers, failed))
        return float(stats.fisher_exact(table).pvalue)
    with_it, without = _split(numbers, failed)
    return float(stats.mannwhitneyu(with_it, without).pvalue)


def _answer(
    question: tuple[str, str, str, list[float], list[bool]], p: float, q: float, level: float
) -> Association:
    rule, setting, value, numbers, failed = question
    z = NormalDist().inv_cdf(1 - level / 2)
    effect, low, high = _share_effect(numbers, failed, z) if value else _rank(numbers, failed, z)
    return Association(rule, setting, value, effect, low, high, p, q, sum(failed), len(failed))


def _table(numbers: Sequence[float], failed: Sequence[bool]) -> list[list[int]]:
    top = max(numbers)
    rows = [[0, 0], [0, 0]]
    for number, bad in zip(numbers, failed, strict=True):
        rows[number != top][not bad] += 1
    return rows


def _split(numbers: Sequence[float], failed: Sequence[bool]) -> tuple[list[float], list[float]]:
    pairs = list(zip(numbers, failed, strict=True))
    return [n for n, bad in pairs if bad], [n for n, bad in pairs if not bad]


def _share_effect(
    numbers: Sequence[float], failed: Sequence[bool], z: float
) -> tuple[float, float, float]:
    """Difference of two shares with Newcombe's hybrid score interval (1998, method 10)."""
    (a, b), (c, d) = _table(numbers, failed)
    p1, p2 = a / max(a + b, 1), c / max(c + d, 1)
    (l1, u1), (l2, u2) = wilson(a, a + b, z), wilson(c, c + d, z)
    effect = p1 - p2
    return effect, effect - math.hypot(p1 - l1, u2 - p2), effect + math.hypot(u1 - p1, p2 - l2)


def _rank(numbers: Sequence[float], failed: Sequence[bool], z: float) -> tuple[float, float, float]:
    """P(higher with the finding) with the interval of Newcombe (2006, method 5).

    Hanley and McNeil's (1982) exponential variance with both sample sizes replaced by their
    mean, solved for the probability instead of plugged in, so that it stays inside [0, 1].
    """
    from scipy import stats

    with_it, without = _split(numbers, failed)
    m, n = len(with_it), len(without)
    auc = float(stats.mannwhitneyu(with_it, without, method="asymptotic").statistic) / (m * n)
    return auc, _solve(auc, m, n, z, -1), _solve(auc, m, n, z, +1)


def _solve(auc: float, m: int, n: int, z: float, side: int) -> float:
    """The probability at which `auc` lies z standard errors away, by bisection."""
    half = (m + n) / 2 - 1

    def excess(p: float) -> float:
        """How much further than z standard errors, as they are at `p`, `auc` lies from p."""
        spread = 1 + half * (1 - p) / (2 - p) + half * p / (1 + p)
        return abs(auc - p) - z * math.sqrt(max(p * (1 - p), 0.0) * spread / (m * n))

    inner, outer = auc, 0.0 if side < 0 else 1.0
    for _ in range(60):
        middle = (inner + outer) / 2
        if excess(middle) > 0:
            outer = middle
        else:
            inner = middle
    return inner


def in_words(association: Association) -> str:
    """One sentence, for people."""
    a = association
    if a.value:
        return (
            f"{a.rule} goes with {a.setting} = {a.value}: share {a.effect:+.0%}"
            f" ({a.low:+.0%} to {a.high:+.0%}), adjusted p = {a.adjusted:.2g}"
        )
    which, chance, low, high = "high", a.effect, a.low, a.high
    if a.effect < 0.5:
        which, chance, low, high = "low", 1 - a.effect, 1 - a.high, 1 - a.low
    return (
        f"{a.rule} goes with a {which} {a.setting}: of a run with it and one without, the former"
        f" has the {which}er value with probability {chance:.2f} ({low:.2f} to {high:.2f}),"
        f" adjusted p = {a.adjusted:.2g}"
    )


def only_found(results: Sequence[Association]) -> tuple[Association, ...]:
    """Those that stand, each setting and rule once (its clearest value)."""
    kept: dict[tuple[str, str], Association] = {}
    for result in results:
        if result.found:
            kept.setdefault((result.rule, result.setting), replace(result))
    return tuple(kept.values())
