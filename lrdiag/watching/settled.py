"""What a log that still grows has settled: the findings that its rest cannot put right.

Scorecards and thresholds are made for whole trainings. A rate that is too low so far may rise
or go on for long enough, a loss that bounces at a high rate falls at the drop, a milestone may
still be reached: ending a training for such a thing would end good trainings.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np

from lrdiag.findings import Finding, RunReport, Status
from lrdiag.runs import Run, Series
from lrdiag.verdicts import run_verdict

LEFT_TO_THE_END = frozenset(
    [
        "lr_too_low",
        "drop_too_early",
        "drop_too_late",
        "plateau_after_drop",
        "post_drop_oscillation",
        "still_improving_at_end",
        "constant_lr",
    ]
)
"""Checks of what a training came to: time and the drops ahead may still put it right, as a
further drop settles what oscillates."""

STANDING = frozenset(
    [
        "overfitting",
        "post_drop_divergence",
        "lr_too_high",
        "accuracy_drop",
        "accuracy_paradox",
        "data_leakage",
        "no_signal",
        "schedule_agreement",
    ]
)
"""Checks whose finding must have stood for a while: what comes and goes ends no training."""

STOOD_FOR = 1 / 6
"""Share of the log without which a finding must be there too; of a rise, at most half of it."""

FEWEST_POINTS = 5
"""Points of every curve before its last part: the spacing of so many tells how long an epoch
is, on which all milestones hang (`axis_inference`)."""

LASTING_NAN = 3
"""Points in a row that are no numbers: mixed precision skips a batch now and then."""

NOT_LEARNT = 0.95
"""Last over first training loss from which a high rate ruins a training: as long as it learns,
the next drop may do what the rate prevents."""

REASON = "The training goes on, and its rest may still put this right."


def settled(
    report: RunReport,
    run: Run,
    judge: Callable[[Run], RunReport],
    chosen: Collection[str] = (),
) -> RunReport:
    """The report in which nothing is held against a run that its rest can still put right.

    Args:
        report: of the run as far as it is logged. run: the run.
        judge: judges a run as the report was made, for the log without its last part.
        chosen: rules that somebody asked for by name, which count at once.
    """
    earlier = _Earlier(run, judge)
    findings = tuple(
        f
        if f.status is not Status.FAILED or f.rule in chosen or _is_settled(f, report, run, earlier)
        else replace(f, status=Status.NOT_JUDGED, message="", remedy="", reason=REASON)
        for f in report.findings
    )
    verdict = run_verdict(findings, report.problems, report.points)
    return replace(report, findings=findings, verdict=verdict)


def _is_settled(finding: Finding, report: RunReport, run: Run, earlier: _Earlier) -> bool:
    if finding.check in LEFT_TO_THE_END or finding.rule == "milestone-never-reached":
        return False
    if finding.check == "nan_divergence":
        return any(_ends_in_nan(run.series[tag]) for tag in finding.tags if tag in run.series)
    if finding.check == "lr_too_high" and not _nothing_learnt(report):
        return False
    return finding.check not in STANDING or earlier.also_found(finding)


def _ends_in_nan(series: Series) -> bool:
    last = series.value[-LASTING_NAN:]
    return len(last) == LASTING_NAN and not np.isfinite(last).any()


def _nothing_learnt(report: RunReport) -> bool:
    loss = report.metrics.get("train_loss") or report.metrics.get("train_loss_step")
    if loss is None or loss.first is None or loss.last is None or loss.first <= 0:
        return False
    return loss.last >= NOT_LEARNT * loss.first


class _Earlier:
    """The same training judged without the last part of its log; once for each length."""

    def __init__(self, run: Run, judge: Callable[[Run], RunReport]) -> None:
        self._run = run
        self._judge = judge
        self._failed: dict[float, frozenset[str]] = {}

    def also_found(self, finding: Finding) -> bool:
        """Whether the finding was there already before the last part of the log."""
        share = self._left_out(finding)
        if share not in self._failed:
            self._failed[share] = self._failed_without(share)
        return finding.rule in self._failed[share]

    def _failed_without(self, share: float) -> frozenset[str]:
        report = self._judge(shortened(self._run, share))
        curves = report.metrics or report.series
        if min((curve.points for curve in curves.values()), default=0) < FEWEST_POINTS:
            return frozenset()
        return frozenset(f.rule for f in report.failed)

    def _left_out(self, finding: Finding) -> float:
        """A rise or a change of the rate late in a long training need not wait for long."""
        if finding.check not in ("overfitting", "post_drop_divergence"):
            return STOOD_FOR
        if finding.first_step is None or finding.last_step is None:
            return STOOD_FOR
        begin = min((int(s.step[0]) for s in self._run.series.values() if len(s)), default=0)
        length = max(finding.last_step - begin, 1)
        return min(STOOD_FOR, (finding.last_step - finding.first_step) / length / 2)


def shortened(run: Run, share: float) -> Run:
    """The run without this share of the points of each series, the latest ones."""
    return replace(run, series={tag: _head(s, share) for tag, s in run.series.items()})


def _head(series: Series, share: float) -> Series:
    kept = math.ceil(len(series) * (1 - share))
    return replace(
        series,
        step=series.step[:kept],
        wall_time=series.wall_time[:kept],
        value=series.value[:kept],
        line=None if series.line is None else series.line[:kept],
    )
