"""The result of a diagnosis: plain values that reports and the gate read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a failed finding matters. `error` makes a run unfit to deploy."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for note, 1 for warning, 2 for error."""
        return ("note", "warning", "error").index(self.value)


class Status(StrEnum):
    """How a rule ended on a run.

    `not_applicable`: a role the rule needs is absent and not required.
    `not_judged`: the data cannot tell; the finding's `reason` says why.
    `error`: the check itself broke.
    """

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    NOT_JUDGED = "not_judged"
    ERROR = "error"


class Verdict(StrEnum):
    """Verdict of a run: healthy, warning, unhealthy or undecided."""

    HEALTHY = "healthy"
    WARNING = "warning"
    UNHEALTHY = "unhealthy"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's outcome on a run (or on one drop or segment of it).

    `observed` and `threshold` share `unit` (words: "relative rise of val_loss over its best").
    `interval` is the 95 % interval of `observed` where one could be estimated.
    `points` counts the data points used. Steps are logged steps, epochs may be fractional.
    `confidence` in [0, 1]: the estimated probability that a failed finding is right; its
    calibration is published in `docs/accuracy.md`.
    """

    rule: str
    status: Status
    severity: Severity
    message: str = ""
    remedy: str = ""
    reason: str = ""
    confidence: float | None = None
    observed: float | None = None
    threshold: float | None = None
    unit: str = ""
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    points: int | None = None
    first_step: int | None = None
    last_step: int | None = None
    first_epoch: float | None = None
    last_epoch: float | None = None
    tags: tuple[str, ...] = ()
    check: str = ""
    summary: str = ""
    link: str = ""
    drop: int | None = None
    evidence: tuple[str, ...] = ()
    suggested: Mapping[str, Any] = field(default_factory=dict)
    rule_file: str = ""
    rule_line: int | None = None
    source_file: str = ""
    source_line: int | None = None
    fingerprint: str = ""
    suppressed: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a log file itself.

    `severity`: "info" (never an alarm: a growing file, a skipped foreign file), "warning"
    (something was lost or repaired) or "error" (nothing could be read).
    `offset` is a byte offset, `line` is 1-based, `lost` counts records or rows not read.
    """

    file: str
    kind: str
    severity: str
    message: str
    offset: int | None = None
    line: int | None = None
    lost: int | None = None
    action: str = ""


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """One log file that was read: its path as given, format name, scalar points."""

    path: str
    format: str
    points: int


@dataclass(frozen=True, slots=True)
class SeriesSummary:
    """What was read of one tag."""

    points: int
    first_step: int | None
    last_step: int | None
    superseded: int = 0
    non_finite: int = 0


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """A role's curve in numbers (in the role's unit, after conversion).

    `noise`: robust standard deviation of a point around its local trend, None if unknown.
    """

    first: float | None
    last: float | None
    best: float | None
    best_step: int | None
    noise: float | None
    points: int
    best_epoch: float | None = None
    last_finite: bool = True
    unit: str = ""
    higher_is_better: bool | None = None


@dataclass(frozen=True, slots=True)
class DropSummary:
    """A change of the learning rate. `source`: "logged", "configured" or "from_loss".

    `loss_change` / `accuracy_change`: relative change of level across the drop, with intervals.
    """

    step: int
    epoch: float | None
    before: float
    after: float
    group: str
    source: str
    probability: float | None = None
    efficacy: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SegmentSummary:
    """A stretch between two changes, half-open in steps: [first_step, end_step)."""

    first_step: int
    end_step: int
    lr: float | None
    first_epoch: float | None = None
    end_epoch: float | None = None


@dataclass(frozen=True, slots=True)
class ScheduleSummary:
    """The schedule as reports show it. `agreement` is a kind of `schedule.values.Agreement`."""

    family: str
    parameters: Mapping[str, Any]
    drops: tuple[DropSummary, ...] = ()
    rises: tuple[DropSummary, ...] = ()
    segments: tuple[SegmentSummary, ...] = ()
    equivalent: tuple[str, ...] = ()
    exact: bool | None = None
    pytorch: str = ""
    configured: Mapping[str, Any] | None = None
    configured_origin: str = ""
    agreement: str = ""
    agreement_message: str = ""
    proposed: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportCurve:
    """A thinned curve for pictures: extremes and drops survive. Equal-length tuples."""

    role: str
    tag: str
    step: tuple[int, ...]
    epoch: tuple[float | None, ...]
    value: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()


CAUSES = frozenset(
    [
        "nan-divergence",
        "no-signal",
        "data-leakage",
        "schedule-not-applied",
        "schedule-stepped-per-batch",
        "schedule-double-stepped",
        "schedule-mismatch",
        "milestone-never-reached",
        "lr-jump-on-resume",
    ]
)
"""Rules that name what went wrong in the training code or data."""

SYMPTOMS = frozenset(
    [
        "lr-too-high",
        "lr-too-low",
        "drop-too-early",
        "drop-too-late",
        "plateau-after-drop",
        "post-drop-divergence",
        "post-drop-oscillation",
        "loss-spike",
        "constant-lr",
        "overfitting",
        "generalization-gap",
    ]
)
"""Rules whose remedy is beside the point while a cause stands: first the schedule must run as
configured, or the labels mean something; then rates and milestones can be tuned."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """Everything lrdiag says about one run."""

    run: str
    verdict: Verdict
    sources: tuple[SourceSummary, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    role_notes: tuple[str, ...] = ()
    series: Mapping[str, SeriesSummary] = field(default_factory=dict)
    schedule: ScheduleSummary | None = None
    metrics: Mapping[str, MetricSummary] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    curves: tuple[ReportCurve, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""

    @property
    def failed(self) -> tuple[Finding, ...]:
        """Failed, not suppressed findings: worst first, causes before symptoms."""
        bad = [f for f in self.findings if f.status is Status.FAILED and not f.suppressed]
        return tuple(
            sorted(
                bad, key=lambda f: (-f.severity.rank, f.rule not in CAUSES, -(f.confidence or 0))
            )
        )

    @property
    def to_mend(self) -> tuple[Finding, ...]:
        """The failed findings to act on first: no symptoms while a cause stands."""
        caused = any(f.rule in CAUSES and f.severity is not Severity.NOTE for f in self.failed)
        return tuple(f for f in self.failed if not (caused and f.rule in SYMPTOMS))

    @property
    def points(self) -> int:
        """Points of the longest curve of a loss or a metric."""
        return max((metric.points for metric in self.metrics.values()), default=0)

    @property
    def deployable(self) -> bool:
        """No failed finding of severity error, and something was judged."""
        return self.verdict in (Verdict.HEALTHY, Verdict.WARNING)


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The report over all runs. `problems` are those that belong to no run."""

    runs: tuple[RunReport, ...]
    problems: tuple[Problem, ...] = ()
    verdict: Verdict = Verdict.UNDECIDED
    rules: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    suppressions: tuple[Mapping[str, Any], ...] = ()
    groups: tuple[Mapping[str, Any], ...] = ()
    format_version: int = 1
