"""HealthReports made of plain values: healthy, sick, hostile names, two hundred runs."""

from __future__ import annotations

import math
import random
from itertools import pairwise

from lrdiag.findings import (
    DropSummary,
    Finding,
    HealthReport,
    MetricSummary,
    Problem,
    ReportCurve,
    RunReport,
    ScheduleSummary,
    SegmentSummary,
    SeriesSummary,
    Severity,
    SourceSummary,
    Status,
    Verdict,
)

EPOCHS = 200
MILESTONES = (100, 150)
HOSTILE = (
    "\x1b[2J\x1b[1;1Hloss", "\x1b]0;TITLE\x07loss", "acc\r\x1b[KOK",
    "<script>window.CANARY=1</script>", '"><img src=x onerror=CANARY()>',
    "</script><script>CANARY()</script>", "loss|PIPE|x", "[click](javascript:CANARY())",
    "![img](http://canary.invalid/p.png)", "**loss**`CODE`\n# heading", "../../ESCAPE",
    "=cmd|' /C calc'!A0", "+1+2", "@SUM(A1)", "-2+3", "\t=TAB()", "loss[/train] [bold]x",
    "a\u202eb\u2066c", "https://canary.invalid www.canary.invalid", "@octocat #12 $x$ ~~gone~~",
    "x" * 300, "\ud800lone", "损失/训练", "{{ 7*7 }}{% raw %}", "]]>&lt;", "a\\|b", "`", "``x`",
    "1. item", "- item", "> quote", "---", "\x00",
)  # fmt: skip


def lr_at(epoch: int) -> float:
    return 0.1 * 0.1 ** sum(epoch >= m for m in MILESTONES)


def loss_at(epoch: int, *, rising: float = 0.0, seed: int = 0) -> float:
    rng = random.Random(seed * 1000 + epoch)
    level = 0.4 + 1.9 * math.exp(-epoch / 20) - 0.15 * sum(epoch >= m for m in MILESTONES)
    return level + rng.gauss(0, 0.02) + rising * max(epoch - 104, 0)


def curve(role: str, tag: str, values: list[float], offset: int = 0) -> ReportCurve:
    steps = tuple(range(offset, offset + len(values)))
    return ReportCurve(role, tag, steps, tuple(map(float, steps)), tuple(values))


PROPOSED = {
    "milestones": [100, 120],
    "gamma": 0.1,
    "base_lr": 0.1,
    "pytorch": "scheduler = MultiStepLR(optimizer, milestones=[100, 120], gamma=0.1)",
    "reason": "drop-too-late: the second drop came after 30 epochs without progress.",
}


def schedule(*, proposed: bool = False) -> ScheduleSummary:
    drops = tuple(
        DropSummary(m, float(m), lr_at(m - 1), lr_at(m), "lr", "logged") for m in MILESTONES
    )
    edges = (0, *MILESTONES, EPOCHS)
    segments = tuple(SegmentSummary(a, b, lr_at(a), float(a), float(b)) for a, b in pairwise(edges))
    return ScheduleSummary(
        family="multistep",
        parameters={"milestones": [100, 150], "gamma": 0.1, "base_lr": 0.1},
        drops=drops,
        segments=segments,
        exact=True,
        pytorch="MultiStepLR(optimizer, milestones=[100, 150], gamma=0.1)",
        configured={"milestones": [100, 150], "gamma": 0.1},
        configured_origin="command line",
        agreement="matches",
        proposed=PROPOSED if proposed else None,
    )


def _metric(values: list[float], noise: float, *, higher: bool = False) -> MetricSummary:
    best = max(values) if higher else min(values)
    at = values.index(best)
    return MetricSummary(
        values[0], values[-1], best, at, noise, len(values), float(at), higher_is_better=higher
    )


def finding(rule: str, status: Status = Status.PASSED, **more: object) -> Finding:
    severity = more.pop("severity", Severity.ERROR)
    return Finding(rule, status, severity, **more)  # type: ignore[arg-type]


OVERFITTING = finding(
    "overfitting",
    Status.FAILED,
    message="val_loss rose 31.0% over its best at epoch 104 while train_loss kept falling; the "
    "rise began 4 epochs after drop 1.",
    remedy="Keep the checkpoint of epoch 104; stop there, or move the second drop to epoch 120 "
    "and raise weight_decay from 1e-4 to 5e-4.",
    confidence=0.97,
    observed=0.31,
    threshold=0.04,
    unit="relative rise of val_loss over its best",
    interval=(0.27, 0.35),
    points=96,
    first_step=104,
    last_step=199,
    first_epoch=104.0,
    last_epoch=199.0,
    tags=("val/loss", "train/loss"),
    evidence=(
        "The slope of val_loss after epoch 104 is +0.0042 an epoch (95 % interval 0.0038 to "
        "0.0046); that of train_loss is -0.0003.",
        "The rise is 15 times the noise of val_loss (0.02).",
    ),
    suggested={"milestones": [100, 120]},
    check="overfitting",
    link="https://example.org/checks/overfitting",
)
PLATEAU = finding(
    "plateau-after-drop",
    Status.FAILED,
    severity=Severity.WARNING,
    message="Drop 2 at epoch 150 brought nothing: val_loss changed by 0.4% where 2% was needed.",
    remedy="Remove the milestone at epoch 150; it saves 50 epochs.",
    confidence=0.88,
    observed=0.004,
    threshold=0.02,
    unit="relative fall of val_loss across the drop",
    points=50,
    first_step=150,
    last_step=199,
    first_epoch=150.0,
    last_epoch=199.0,
    drop=2,
    tags=("val/loss",),
)
_QUIET = (
    finding("post-drop-divergence"),
    finding("loss-spike", severity=Severity.WARNING),
    finding("schedule-not-applied"),
    finding("nan-divergence"),
    finding("accuracy-paradox", Status.NOT_APPLICABLE, reason="no recall was logged"),
    finding("data-leakage", Status.NOT_JUDGED, reason="no test metric was logged."),
    finding(
        "no-signal",
        Status.NOT_JUDGED,
        reason="the number of classes is not known; set num_classes.",
    ),
)


def run(name: str = "resnet/version_3", *, sick: bool = False, seed: int = 0) -> RunReport:
    rising = 0.0042 if sick else 0.0
    train = [loss_at(e, seed=seed) * 0.9 for e in range(EPOCHS)]
    val = [loss_at(e, rising=rising, seed=seed + 1) + 0.05 for e in range(EPOCHS)]
    accuracy = [1 - v / 4 for v in val]
    lr = [lr_at(e) for e in range(EPOCHS)]
    return RunReport(
        run=name,
        verdict=Verdict.UNHEALTHY if sick else Verdict.HEALTHY,
        sources=(SourceSummary(f"logs/{name}/events.out.tfevents.1", "tensorboard", 4 * EPOCHS),),
        roles={
            "train_loss": "train/loss",
            "val_loss": "val/loss",
            "val_accuracy": "val/acc",
            "lr": "lr",
        },
        series={
            "train/loss": SeriesSummary(EPOCHS, 0, EPOCHS - 1),
            "val/loss": SeriesSummary(EPOCHS, 0, EPOCHS - 1, superseded=3),
        },
        schedule=schedule(proposed=sick),
        metrics={
            "train_loss": _metric(train, 0.02),
            "val_loss": _metric(val, 0.02),
            "val_accuracy": _metric(accuracy, 0.005, higher=True),
        },
        findings=(OVERFITTING, PLATEAU, *_QUIET) if sick else _QUIET,
        curves=(
            curve("train_loss", "train/loss", train),
            curve("val_loss", "val/loss", val),
            curve("val_accuracy", "val/acc", accuracy),
            curve("lr", "lr", lr),
        ),
        params={"optimizer": {"name": "SGD", "weight_decay": 1e-4}},
    )


CORRUPT = Problem(
    "logs/resnet/version_3/events.out.tfevents.1", "corrupt-record", "warning",
    "A record's checksum does not match; it was skipped and reading went on at byte 41,234.",
    offset=40960, lost=1, action="The points of this record are missing; copy the file again.",
)  # fmt: skip


def healthy() -> HealthReport:
    return HealthReport((run(),), verdict=Verdict.HEALTHY, rules=("default",))


def sick() -> HealthReport:
    return HealthReport((run(sick=True),), (CORRUPT,), Verdict.UNHEALTHY, rules=("default",))


def mixed(amount: int = 10) -> HealthReport:
    runs = tuple(run(f"sweep/lr{i:03}/seed{i % 3}", sick=i % 4 == 1, seed=i) for i in range(amount))
    return HealthReport(runs, (CORRUPT,), Verdict.UNHEALTHY, rules=("default",))


def many() -> HealthReport:
    return mixed(200)


def hostile() -> HealthReport:
    """Every hostile name as run name, tag, role's tag, message, remedy, evidence, file, param."""
    runs = tuple(_hostile_run(name) for name in HOSTILE)
    problem = Problem(
        HOSTILE[3], "corrupt-record", "warning", HOSTILE[4], line=3, action=HOSTILE[9]
    )
    return HealthReport(runs, (problem,), Verdict.UNHEALTHY, notes=HOSTILE[:12])


def _hostile_run(name: str) -> RunReport:
    failed = finding(
        "overfitting", Status.FAILED, message=f"{name} rose over {name}", remedy=name,
        unit=name, observed=math.inf, threshold=math.nan, tags=(name,), evidence=(name, name),
        link=f"javascript:{name}", suggested={name: name}, first_step=2, last_step=4,
    )  # fmt: skip
    open_ = finding("data-leakage", Status.NOT_JUDGED, reason=name)
    values = (1.0, None, math.nan, math.inf, 0.5)
    drawn = ReportCurve("val_loss", name, (0, 1, 2, 3, 4), (None,) * 5, values)
    return RunReport(
        run=name, verdict=Verdict.UNHEALTHY, sources=(SourceSummary(name, "csv", 5),),
        roles={"val_loss": name}, role_notes=(name,), series={name: SeriesSummary(5, 0, 4)},
        schedule=ScheduleSummary(name, {name: math.nan}, notes=(name,), configured_origin=name),
        metrics={"val_loss": MetricSummary(1.0, math.nan, 0.5, 4, None, 5, last_finite=False)},
        findings=(failed, open_), curves=(drawn,), params={name: {name: name}},
    )  # fmt: skip
