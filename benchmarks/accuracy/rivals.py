"""The training-log linters on PyPI, each in a virtual environment of its own.

Their rules do not know our labels. A rule is mapped to every label it could reasonably mean and is
credited with whichever is right for the run: the kindest reading. trainproof is also told which
columns hold the losses.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.accuracy.corpus import Corpus
from benchmarks.accuracy.judges import Said, prediction
from benchmarks.accuracy.scoring import Prediction

SECONDS_A_RUN = 120
STUCK = (
    "plateau_after_drop", "lr_too_low", "drop_too_early", "schedule_stepped_per_batch",
    "schedule_not_applied", "milestone_never_reached", "drop_too_late", "lr_too_high",
    "no_signal",
)  # fmt: skip
GROWTH = ("post_drop_divergence", "lr_too_high", "overfitting", "no_signal", "nan_divergence")
SPIKES = ("post_drop_divergence", "post_drop_oscillation", "lr_too_high")
NAN = ("nan_divergence",)
OVERFIT = ("overfitting", "no_signal")
SEVERITIES = {
    "critical": "error", "error": "error", "fail": "error", "warning": "warning",
    "warn": "warning", "info": "info",
}  # fmt: skip


@dataclass(frozen=True)
class Rival:
    """A tool: what pip installs, its arguments for a run, and what its JSON means."""

    name: str
    requirement: str
    arguments: Callable[[Path], list[str]]
    findings: Callable[[Any], Iterator[tuple[str, str]]]
    meanings: Mapping[str, tuple[str, ...]]
    silent_rules: frozenset[str] = frozenset()


def log_of(run: Path) -> Path:
    """The file or folder a user would point at: the table if there is one, else the event files."""
    tables = [p for p in sorted(run.rglob("*")) if p.suffix in (".csv", ".log")]
    return tables[0] if tables else run


def loss_columns(run: Path) -> list[str]:
    """trainproof's `--map` for both losses, found by lrdiag: many names it does not know itself."""
    from lrdiag.diagnose import analyze_paths

    tags = analyze_paths([run]).runs[0].roles
    asked = {"loss": tags.get("train_loss"), "eval_loss": tags.get("val_loss")}
    return [part for name, tag in asked.items() if tag for part in ("--map", f"{name}={tag}")]


def trainspotter_findings(document: Any) -> Iterator[tuple[str, str]]:
    """Title and severity."""
    for finding in document["findings"]:
        yield finding["title"], finding["severity"]


def runmedic_findings(document: Any) -> Iterator[tuple[str, str]]:
    """Check name and severity of all runs found."""
    for run in document:
        for finding in run["findings"]:
            yield finding["check"], finding["severity"]


def trainproof_findings(document: Any) -> Iterator[tuple[str, str]]:
    """Rule id and level."""
    for report in document["reports"]:
        for finding in report["findings"]:
            yield finding["id"], finding["level"]


def losslint_findings(document: Any) -> Iterator[tuple[str, str]]:
    """Check name and severity."""
    for finding in document["findings"]:
        yield finding["check"], finding["severity"]


RIVALS = (
    Rival(
        "trainspotter", "trainspotter[tensorboard]==0.2.6",
        lambda run: [
            "analyze", str(log_of(run)), "--output", "json",
            *(["--format", "csv"] if log_of(run).suffix == ".log" else []),
        ],
        trainspotter_findings,
        {
            "Diverged (non-finite values)": NAN, "Diverged (sustained growth)": GROWTH,
            "Loss spike": SPIKES, "Overfitting onset": OVERFIT, "Plateau": STUCK,
            "Suspiciously low loss early (heuristic)": ("data_leakage", "overfitting"),
            "Eval metric too noisy to rank checkpoints": ("post_drop_oscillation", "lr_too_high"),
            "LR increased after its peak": ("post_drop_divergence",),
            "LR discontinuity": ("post_drop_divergence",),
        },
        frozenset({"LR discontinuity"}),
    ),
    Rival(
        "runmedic", "runmedic==0.1.1",
        lambda run: ["diagnose", str(log_of(run)), "--json"],
        runmedic_findings,
        {
            "non_finite": NAN, "divergence": GROWTH, "loss_spikes": SPIKES, "no_learning": STUCK,
            "overfitting": OVERFIT, "val_below_train": ("data_leakage",),
            "constant_lr_plateau": STUCK,
        },
    ),
    Rival(
        "trainproof", "trainproof==0.22.0",
        lambda run: [
            "doctor", str(log_of(run)), "--json", *loss_columns(run),
            *(["--format", "csv"] if log_of(run).suffix == ".log" else []),
        ],
        trainproof_findings,
        {
            "TP-NAN": NAN, "TP-DIVERGE": GROWTH, "TP-FLAT": STUCK, "TP-DEAD-RUN": STUCK,
            "TP-OVERFIT": OVERFIT, "TP-ZERO-LOSS": ("data_leakage", "overfitting"),
            "TP-ZERO-LOSS-ONSET": ("data_leakage", "overfitting"),
            "TP-ZERO-LR": ("schedule_stepped_per_batch", "drop_too_early"),
            "TP-ZERO-LR-PARTIAL": ("schedule_stepped_per_batch", "drop_too_early"),
        },
        frozenset({"TP-PASS", "TP-NO-LOSS", "TP-NO-RECORDS", "TP-NOT-CHECKED"}),
    ),
    Rival(
        "losslint", "losslint[tb]==0.4.1",
        lambda run: ["check", str(log_of(run)), "--format", "json"],
        losslint_findings,
        {
            "nan_inf": NAN, "divergence": GROWTH, "loss_spike": SPIKES, "overfit_onset": OVERFIT,
            "stagnation": STUCK,
        },
    ),
)  # fmt: skip


def program(rival: Rival, cache: Path) -> Path:
    """The rival's command, installed on first use in a virtual environment below `cache`."""
    home = cache / rival.name
    command = home / ("Scripts" if sys.platform == "win32" else "bin") / rival.name
    if not command.exists():
        print(f"installing {rival.requirement}", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        pip = [str(command.parent / "python"), "-m", "pip", "install", "-q", rival.requirement]
        subprocess.run(pip, check=True)
    return command


def findings(rival: Rival, command: Path, run: Path) -> list[Said] | None:
    """What the rival says of a run; None where it answers without a report."""
    try:
        answer = subprocess.run(
            [str(command), *rival.arguments(run)],
            capture_output=True, text=True, timeout=SECONDS_A_RUN, check=False,
        )  # fmt: skip
        document = json.loads(answer.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return [
        Said(rule, SEVERITIES.get(severity.lower(), "info"), rival.meanings.get(rule, ()))
        for rule, severity in rival.findings(document)
        if rule not in rival.silent_rules
    ]


def rival_predictions(
    rival: Rival, corpus: Corpus, cache: Path
) -> tuple[Mapping[str, Prediction], int]:
    """The rival on every run of a corpus, and how many runs it could not read.

    Answers are kept below `cache`, by tool and corpus, so that a rerun only scores.
    """
    kept = cache / f"{rival.requirement}-{corpus.folder.resolve().name}.json".replace("/", "_")
    answers = json.loads(kept.read_text()) if kept.is_file() else {}
    command = program(rival, cache)
    said: dict[str, Prediction] = {}
    for truth in corpus.truths:
        if truth.run_id not in answers:
            found = findings(rival, command, corpus.folder / truth.run_id)
            answers[truth.run_id] = found and [(s.rule, s.severity) for s in found]
        rules = answers[truth.run_id] or []
        heard = [Said(rule, level, rival.meanings.get(rule, ())) for rule, level in rules]
        said[truth.run_id] = prediction(heard, truth)
    kept.write_text(json.dumps(answers))
    return said, sum(answers[t.run_id] is None for t in corpus.truths)
