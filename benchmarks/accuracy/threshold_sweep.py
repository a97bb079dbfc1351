"""What another threshold of a card would cost and bring, on labelled runs it was not fitted on.

    python -m benchmarks.accuracy.threshold_sweep CORPUS [CORPUS ...] [--set CARD=P ...]

Judges each run by all default rules, then each card's rule again at every threshold of `GRID`,
everything else as it is. `--set` starts from other thresholds than the shipped ones. Prints the F1
of the label, the macro F1, the healthy runs alarmed (warning or error; error) and the right
verdicts (by errors; by warnings too), in percent.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.accuracy.corpus import Truth, load_corpus
from benchmarks.accuracy.judges import Said, meanings_of, prediction
from benchmarks.accuracy.scorecard_specs import CARDS
from benchmarks.accuracy.scoring import score
from lrdiag.config import Config
from lrdiag.diagnose import rules_for, view_of
from lrdiag.findings import Status
from lrdiag.rulefile.evaluate import evaluate_rule
from lrdiag.rulefile.values import Rule
from lrdiag.sources.splits import merge_splits
from lrdiag.sources.tree import discover, read_location
from lrdiag.view import RunView

GRID = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

Answers = dict[tuple[str, float], list[Said]]
"""What a rule says at a threshold; 0 is the shipped one."""


@dataclass(frozen=True)
class Judged:
    """A run's truth and what every rule says of it at every threshold."""

    truth: Truth
    answers: Answers


def judged(folder: Path, rules: Sequence[Rule]) -> Iterator[Judged]:
    """The runs of a corpus. Names get the folder in front, so that corpora can be pooled."""
    for truth in load_corpus(folder).truths:
        (location,) = merge_splits(discover([folder / truth.run_id])).locations
        view = view_of(read_location(location), Config())[0]
        name = f"{folder}/{truth.run_id}"
        yield Judged(replace(truth, run_id=name), answers_of(view, rules))


def answers_of(view: RunView, rules: Sequence[Rule]) -> Answers:
    """Failed findings by rule and threshold."""
    found: Answers = {}
    for rule in rules:
        carded = rule.id.replace("-", "_") in CARDS
        for threshold in (0.0, *GRID) if carded else (0.0,):
            asked = at_threshold(rule, threshold)
            found[rule.id, threshold] = [
                Said(f.rule, str(f.severity.value), meanings_of(f.rule), f.confidence)
                for f in evaluate_rule(asked, view)
                if f.status is Status.FAILED
            ]
    return found


def at_threshold(rule: Rule, threshold: float) -> Rule:
    """The rule with another smallest probability; as it is at 0."""
    if not threshold:
        return rule
    return replace(rule, check=replace(rule.check, min_probability=threshold))


def figures(runs: Sequence[Judged], chosen: Mapping[str, float], label: str) -> list[str]:
    """The cells of a row."""
    said = {}
    for run in runs:
        rules = {rule for rule, _ in run.answers}
        every = [f for rule in rules for f in run.answers[rule, chosen.get(rule, 0.0)]]
        said[run.truth.run_id] = prediction(every, run.truth)
    found = score([run.truth for run in runs], said)
    shares = (found.alarms, found.error_alarms, found.verdicts, found.verdicts_by_warning)
    own = f"{found.f1[label].value:.3f}" if label else ""
    return [own, f"{found.macro_f1.value:.3f}", *(f"{100 * s.value:.1f}" for s in shares)]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--set", nargs="*", default=[], metavar="CARD=P")
    parser.add_argument("--only", nargs="*", default=list(CARDS), metavar="CARD")
    options = parser.parse_args()
    start = {k.replace("_", "-"): float(v) for k, v in (s.split("=") for s in options.set)}
    rules = rules_for(Config()).rules
    runs = [run for folder in options.corpora for run in judged(folder, rules)]
    print(f"{len(runs)} runs, {sum(run.truth.healthy for run in runs)} of them healthy")
    print("card, threshold | F1 | macro F1 | alarmed | by an error | verdict | by warnings too")
    print(" | ".join(["start", *figures(runs, start, "")]))
    for card in options.only:
        for threshold in GRID:
            chosen = {**start, card.replace("_", "-"): threshold}
            print(" | ".join([f"{card} {threshold}", *figures(runs, chosen, card)]))


if __name__ == "__main__":
    main()
