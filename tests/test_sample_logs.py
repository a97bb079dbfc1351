"""Each sample log gives the finding it stands for, and the healthy ones give none."""

import re
from pathlib import Path

import pytest

from lrdiag.diagnose import analyze_paths
from lrdiag.findings import Severity, Verdict

SAMPLES = Path(__file__).resolve().parent.parent / "sample_logs"
FAULTY = {
    "overfitting_after_drop": "overfitting",
    "plateau_after_drop": "plateau-after-drop",
    "drop_too_early": "drop-too-early",
    "drop_too_late": "drop-too-late",
    "lr_too_high": "lr-too-high",
    "lr_too_low": "lr-too-low",
    "schedule_not_applied": "schedule-not-applied",
    "schedule_stepped_per_batch": "schedule-stepped-per-batch",
    "schedule_double_stepped": "schedule-double-stepped",
    "milestone_never_reached": "milestone-never-reached",
    "nan_divergence": "nan-divergence",
    "data_leakage": "data-leakage",
    "no_signal": "no-signal",
    "lr_jump_on_resume": "lr-jump-on-resume",
    "fraud": "accuracy-paradox",
}


def report_of(name):
    (run,) = analyze_paths([SAMPLES / name]).runs
    return run


@pytest.mark.parametrize(("folder", "rule"), FAULTY.items())
def test_a_faulty_sample_fails_its_rule(folder, rule):
    assert rule in {finding.rule for finding in report_of(folder).failed}


@pytest.mark.parametrize(
    "name",
    ["step_lr", "step_lr_csv", "multistep_lr", "multistep_lr_csv"],
)
def test_a_healthy_sample_fails_nothing_that_alarms(name):
    run = report_of(f"healthy/{name}")
    assert run.verdict is Verdict.HEALTHY
    assert [f.rule for f in run.failed if f.severity is not Severity.NOTE] == []


def test_the_teaching_table_is_healthy_and_drops_at_10_and_15():
    run = report_of("teaching_table.csv")
    assert run.failed == ()
    assert [(d.epoch, d.before, d.after) for d in run.schedule.drops] == [
        (10.0, 0.1, 0.01),
        (15.0, 0.01, 0.001),
    ]


def test_the_fraud_run_names_the_paradox_from_training_accuracy_and_gives_advice():
    run = report_of("fraud")
    (paradox,) = [f for f in run.failed if f.rule == "accuracy-paradox"]
    text = f"{paradox.message} {paradox.remedy}".lower()
    assert "val_accuracy" not in run.roles
    assert "98" in paradox.message and "12" in paradox.message
    assert "recall" in text and paradox.remedy


def test_event_file_and_csv_of_one_training_agree():
    events, table = report_of("healthy/step_lr"), report_of("healthy/step_lr_csv")
    logged = [(d.epoch, pytest.approx(d.after)) for d in table.schedule.drops]
    assert [(d.epoch, d.after) for d in events.schedule.drops] == logged
    assert events.metrics["val_loss"].best == pytest.approx(
        table.metrics["val_loss"].best, rel=1e-5
    )


def test_every_folder_is_described():
    described = set(re.findall(r"`([a-z_]+)[/`]", (SAMPLES / "README.md").read_text()))
    folders = {p.name for p in SAMPLES.iterdir() if p.is_dir() and not p.name.startswith("_")}
    assert folders <= described


def test_the_samples_stay_small():
    files = [p for p in SAMPLES.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert sum(p.stat().st_size for p in files) < 1_500_000
