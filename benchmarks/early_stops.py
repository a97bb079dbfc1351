"""What `lrdiag watch --until-unhealthy` would have ended, and when, on labelled trainings.

    python -m benchmarks.early_stops CORPUS... [--looks 5] [--into DOCUMENT NAME]

CORPUS is a folder as `benchmarks.accuracy` takes (`truth.jsonl`, a folder a run). Each run is
read once; what was logged after each of so many equal shares of its points is then judged as the
watch judges it. Prints how many healthy runs were called unhealthy at any look, and of the runs
whose labels stand for a failed training how many were ended, at which share of the log (median),
and how many of them by a finding that is one of the run's labels or ignored ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from scipy.stats import binomtest

import lrdiag
from benchmarks.accuracy.corpus import Truth, load_corpus
from benchmarks.accuracy.sections import replace_section
from benchmarks.accuracy.tables import markdown
from lrdiag.config import Config
from lrdiag.diagnose import rules_for
from lrdiag.findings import Severity, Verdict
from lrdiag.watch import judged_so_far
from lrdiag.watching.settled import shortened

FATAL = (
    "nan_divergence", "no_signal", "data_leakage", "accuracy_paradox", "overfitting",
    "schedule_not_applied", "schedule_stepped_per_batch", "schedule_double_stepped",
    "post_drop_divergence", "lr_too_high",
)  # fmt: skip
"""Labels of trainings that their rest cannot put right, in the order of the table."""


@dataclass(frozen=True)
class Stop:
    """A run: its truth, and the share and the rules with which it was first called unhealthy."""

    truth: Truth
    share: float | None
    rules: tuple[str, ...] = ()

    @property
    def named(self) -> bool:
        """Whether a rule that ended it is one of its labels, or equally right."""
        known = self.truth.labels | self.truth.ignored
        return any(rule.replace("-", "_") in known for rule in self.rules)


def stops(folder: Path, looks: int) -> Iterator[Stop]:
    """Every run of a corpus."""
    config = Config()
    rules = rules_for(config)
    for truth in load_corpus(folder).truths:
        (run,) = lrdiag.read_runs(folder / truth.run_id)
        found = Stop(truth, None)
        for look in range(1, looks + 1):
            report = judged_so_far(shortened(run, 1 - look / looks), rules, config)
            if report.verdict is Verdict.UNHEALTHY:
                errors = [f.rule for f in report.failed if f.severity is Severity.ERROR]
                found = Stop(truth, look / looks, tuple(errors))
                break
        yield found


def table(found: Sequence[Stop]) -> str:
    """The figures as Markdown."""
    rows = [_row("healthy", [s for s in found if s.truth.healthy], known=False)]
    rows += [_row(label, [s for s in found if label in s.truth.labels]) for label in FATAL]
    failing = [s for s in found if s.truth.labels & set(FATAL)]
    others = [s for s in found if not s.truth.healthy and not s.truth.labels & set(FATAL)]
    rows += [_row("any of these labels", failing), _row("only other labels", others, known=False)]
    return markdown(["runs", "of them", "ended", "at (median)", "by one of their labels"], rows)


def _row(name: str, found: Sequence[Stop], *, known: bool = True) -> list[str]:
    ended = [s for s in found if s.share is not None]
    count = f"{len(ended)}"
    if found:
        low, high = binomtest(len(ended), len(found)).proportion_ci(method="exact")
        count += f" ({len(ended) / len(found):.0%}; {low:.0%} to {high:.0%})"
    when = f"{median(s.share or 0.0 for s in ended):.0%}" if ended else "–"
    named = f"{sum(s.named for s in ended)}" if known and ended else "–"
    return [name.replace("_", " "), str(len(found)), count, when, named]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("corpus", type=Path, nargs="+")
    parser.add_argument("--looks", type=int, default=5, help="looks at each run (default 5)")
    parser.add_argument("--into", nargs=2, metavar=("DOCUMENT", "NAME"))
    asked = parser.parse_args()
    found = [stop for folder in asked.corpus for stop in stops(folder, asked.looks)]
    text = table(found)
    print(text)
    for stop in found:
        if stop.share is not None and (stop.truth.healthy or not stop.named):
            labels = ", ".join(sorted(stop.truth.labels)) or "healthy"
            print(f"{stop.truth.run_id}: {', '.join(stop.rules)} at {stop.share:.0%} ({labels})")
    if asked.into:
        replace_section(Path(asked.into[0]), asked.into[1], text)


if __name__ == "__main__":
    main()
