"""A corpus of labelled trainings: a folder a run, `truth.jsonl` beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LABELS = (
    "post_drop_divergence", "post_drop_oscillation", "overfitting", "plateau_after_drop",
    "lr_too_low", "lr_too_high", "drop_too_early", "drop_too_late", "schedule_not_applied",
    "schedule_stepped_per_batch", "schedule_double_stepped", "milestone_never_reached",
    "accuracy_paradox", "data_leakage", "nan_divergence", "no_signal",
)  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """What is known of one run.

    `labels`: the faults that reruns without them proved. `ignored`: labels that the reruns left
    open, or that name the same cause equally well: counted neither as hit nor as false alarm.
    `verdict`: "pass", "fail" or "either". `base`: runs of one base share task and network.
    `healthy`: no fault at all, not even one that the log cannot show.
    """

    run_id: str
    base: str
    labels: frozenset[str]
    ignored: frozenset[str]
    healthy: bool
    verdict: str
    details: Mapping[str, Any]


@dataclass(frozen=True)
class Corpus:
    """A folder of logs and the truth about each."""

    folder: Path
    truths: tuple[Truth, ...]


def load_corpus(folder: Path) -> Corpus:
    """Read `truth.jsonl`.

    Raises:
        SystemExit: the folder holds no truth, or runs are missing.
    """
    path = folder / "truth.jsonl"
    if not path.is_file():
        raise SystemExit(f"{path}: not there; make a corpus with --generate or give another folder")
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    missing = [entry["run_id"] for entry in lines if not (folder / entry["run_id"]).is_dir()]
    if missing:
        raise SystemExit(
            f"{folder}: {len(missing)} runs of truth.jsonl have no folder: {missing[0]}"
        )
    return Corpus(folder, tuple(truth_of(entry, folder.name) for entry in lines))


def truth_of(entry: Mapping[str, Any], corpus: str) -> Truth:
    """One line of `truth.jsonl`, with labels that the log cannot show taken out."""
    found = set(entry["labels"]) - {"healthy"}
    hidden = set(entry.get("unobservable", []))
    visible = found - hidden
    verdict = entry.get("verdict") or ("fail" if visible else "pass")
    if found and not visible:
        verdict = "either"
    return Truth(
        run_id=entry["run_id"],
        base=f"{corpus}/{entry.get('base', entry['run_id'])}",
        labels=frozenset(visible),
        ignored=frozenset((set(entry["ignore"]) - found) | hidden),
        healthy=not found,
        verdict=verdict,
        details=entry,
    )
