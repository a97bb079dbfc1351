"""What lrdiag says of a run, as findings that can be scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.accuracy.corpus import LABELS, Corpus, Truth
from benchmarks.accuracy.scoring import Prediction

SEVERE = ("warning", "error")


@dataclass(frozen=True)
class Said:
    """One failed finding of a tool: its rule, "info"/"warning"/"error", the labels it may mean."""

    rule: str
    severity: str
    meanings: tuple[str, ...] = ()
    confidence: float | None = None


def credited(said: Said, truth: Truth) -> set[str]:
    """The labels a finding counts as: whichever of its meanings is right, else its first.

    Nothing when one of its meanings is open (ignored) for this run and none is right.
    """
    right = set(said.meanings) & truth.labels
    if right:
        return right
    if set(said.meanings) & truth.ignored:
        return set()
    return set(said.meanings[:1])


def prediction(findings: Sequence[Said], truth: Truth) -> Prediction:
    """Fold a tool's findings on one run into what is scored.

    Findings below warning count for F1 (right or wrong) but are no alarm on a healthy run. The
    verdict is what the tool says, also by a finding whose label is open for this run, as in the
    shared scorer's `verdict`.
    """
    labels: set[str] = set()
    loud: set[str] = set()
    errors: set[str] = set()
    others: set[str] = set()
    confidence: dict[str, float] = {}
    for said in findings:
        names = credited(said, truth)
        labels |= names
        if said.severity in SEVERE:
            loud |= names
            others |= set() if said.meanings else {said.rule}
        if said.severity == "error":
            errors |= names or ({said.rule} if not said.meanings else set())
        for name in names if said.confidence is not None else ():
            confidence[name] = max(said.confidence or 0.0, confidence.get(name, 0.0))
    return Prediction(
        labels=frozenset(labels),
        quiet=frozenset(labels - loud),
        others=frozenset(others),
        errors=frozenset(errors),
        fails=any(said.severity == "error" for said in findings),
        warns=any(said.severity in SEVERE for said in findings),
        confidence=confidence,
    )


def lrdiag_findings(folder: Path) -> list[Said]:
    """Run lrdiag on one run's folder."""
    from lrdiag.diagnose import analyze_paths

    return [
        Said(f.rule, str(f.severity.value), meanings_of(f.rule), f.confidence)
        for run in analyze_paths([folder]).runs
        for f in run.failed
    ]


def meanings_of(rule: str) -> tuple[str, ...]:
    """The label a rule stands for; none where the corpus has no such label."""
    label = rule.replace("-", "_")
    return (label,) if label in LABELS else ()


def lrdiag_predictions(corpus: Corpus) -> Mapping[str, Prediction]:
    """lrdiag on every run of a corpus."""
    return {t.run_id: prediction(lrdiag_findings(corpus.folder / t.run_id), t)
            for t in corpus.truths}  # fmt: skip
