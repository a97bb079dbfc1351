"""Which past runs change their verdict when rules change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lrdiag.errors import SourceError
from lrdiag.findings import Finding, Status, Verdict
from lrdiag.rulefile.evaluate import evaluate_rule
from lrdiag.rulefile.values import RuleSet
from lrdiag.verdicts import run_verdict

if TYPE_CHECKING:
    from lrdiag.config import Config


@dataclass(frozen=True, slots=True)
class BacktestedRun:
    """A run under the old and the new rules: verdicts, ids of the rules that fire."""

    run: str
    old: Verdict
    new: Verdict
    old_fires: frozenset[str]
    new_fires: frozenset[str]

    @property
    def changed(self) -> bool:
        """Whether anything differs."""
        return self.old is not self.new or self.old_fires != self.new_fires


def backtest(
    old: RuleSet, new: RuleSet, paths: Sequence[Path], config: Config
) -> Iterator[BacktestedRun]:
    """Judge every run below the paths by both sets of rules; each log is read once.

    A log that cannot be read is undecided under both.
    """
    from lrdiag.diagnose import view_of
    from lrdiag.sources.splits import merge_splits
    from lrdiag.sources.tree import discover, read_location

    for location in merge_splits(discover([str(p) for p in paths])).locations:
        try:
            run = read_location(location)
        except SourceError:
            none: frozenset[str] = frozenset()
            yield BacktestedRun(location.name, Verdict.UNDECIDED, Verdict.UNDECIDED, none, none)
            continue
        view, _, _ = view_of(run, config)
        before = [f for rule in old.rules for f in evaluate_rule(rule, view)]
        after = [f for rule in new.rules for f in evaluate_rule(rule, view)]
        yield BacktestedRun(
            run.name,
            run_verdict(before, run.problems),
            run_verdict(after, run.problems),
            _fires(before),
            _fires(after),
        )


def _fires(findings: Sequence[Finding]) -> frozenset[str]:
    return frozenset(f.rule for f in findings if f.status is Status.FAILED)


def fire_rates(runs: Sequence[BacktestedRun]) -> dict[str, tuple[int, int]]:
    """Rule id to how many runs it fires on, before and after."""
    rules = sorted({r for run in runs for r in run.old_fires | run.new_fires})
    return {
        rule: (sum(rule in r.old_fires for r in runs), sum(rule in r.new_fires for r in runs))
        for rule in rules
    }
