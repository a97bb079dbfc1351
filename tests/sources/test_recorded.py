"""Logs recorded from the real writers; the file's name says the package and its version.

Twelve boosting rounds, six steps, or four epochs each, of a tiny problem, as the packages wrote
them. timm's by its `utils/summary.py` and Ultralytics' by `BaseTrainer.save_metrics`, both called
with the values of made-up epochs; fastai's by its CSVLogger in a real `fit`. The tests below
that need a package skip where it is not installed.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lrdiag.roles.resolution import resolve_roles
from lrdiag.sources.splits import merge_splits
from lrdiag.sources.tree import discover, read_location, read_runs

RECORDED = Path(__file__).parent / "data" / "recorded"

BOOSTING = ["train_loss", "val_loss"]
CASES = [
    ("xgboost-3.2.0.txt", "text", 12, [*BOOSTING, "train_accuracy", "val_accuracy"]),
    ("xgboost-3.2.0-evals_result.json", "history-json", 12, [*BOOSTING, "val_accuracy"]),
    ("lightgbm-4.7.0.txt", "text", 12, [*BOOSTING, "train_auc", "val_auc"]),
    ("lightgbm-4.7.0-evals_result.json", "history-json", 12, [*BOOSTING, "val_auc"]),
    ("catboost-1.2.10.txt", "text", 12, BOOSTING),
    ("catboost_info/catboost_training.json", "catboost", 12, [*BOOSTING, "val_auc"]),
    ("keras-3.15.1-CSVLogger.csv", "csv", 4, [*BOOSTING, "val_accuracy"]),
    ("keras-3.15.1-history.json", "history-json", 4, [*BOOSTING, "val_accuracy", "lr"]),
    ("keras-3.15.1-fit.log", "text", 4, [*BOOSTING, "val_accuracy"]),
    ("timm-1.0.31-summary.csv", "csv", 30, [*BOOSTING, "val_accuracy", "lr"]),
    ("fastai-2.8.12-history.csv", "csv", 12, [*BOOSTING, "val_accuracy"]),
    ("ultralytics-8.4.190-results.csv", "csv", 20, ["val_precision", "val_recall"]),
    ("sacred-0.8.7-metrics.json", "sacred", 6, [*BOOSTING, "lr"]),
    ("visualdl-2.5.3-vdlrecords.log", "visualdl", 6, [*BOOSTING, "lr"]),
    ("wandb-0.31.0.wandb", "wandb", 6, [*BOOSTING, "lr", "epoch"]),
]


@pytest.mark.parametrize(("name", "kind", "points", "roles"), CASES, ids=lambda v: str(v)[:40])
def test_recorded(name, kind, points, roles):
    (run,) = read_runs(RECORDED / name)
    assert [s.format for s in run.sources] == [kind]
    found = resolve_roles(run).tags
    assert set(found) >= set(roles)
    assert {len(run.series[found[role]]) for role in roles} == {points}
    assert [p for p in run.problems if p.severity != "info"] == []


def test_both_files_of_lightgbm_say_the_same():
    text, document = (
        read_runs(RECORDED / f"lightgbm-4.7.0{end}")[0] for end in (".txt", "-evals_result.json")
    )
    for tag in ("training/binary_logloss", "valid_1/auc"):
        assert text.series[tag].value == pytest.approx(document.series[tag].value, abs=1e-5)


def test_a_folder_of_catboost_is_one_run(tmp_path):
    """Tables, JSON, clock and the event files of both splits."""
    shutil.copytree(RECORDED / "catboost_info", tmp_path / "catboost_info")
    found = merge_splits(discover([tmp_path]))
    (place,) = found.locations
    run = read_location(place)
    tags = ["learn/Accuracy", "learn/Logloss", "test/AUC", "test/Accuracy", "test/Logloss"]
    assert sorted(run.series) == tags
    assert {len(series) for series in run.series.values()} == {12}


def test_wandb_histograms_are_no_curves():
    (run,) = read_runs(RECORDED / "wandb-0.31.0.wandb")
    assert list(run.series) == ["train/loss", "val/loss", "lr", "epoch"]
    assert run.params == {"lr": 0.1, "milestones": [3]}


def test_a_tag_of_which_every_point_is_superseded_is_none():
    """The second `fit` of the log starts again and logs no rate."""
    (run,) = read_runs(RECORDED / "keras-3.15.1-fit.log")
    assert "learning_rate" not in run.series
    assert run.series["loss"].superseded == 4
    assert "restarts once" in run.problems[0].message


def written(package: str, script: str, folder: Path) -> None:
    pytest.importorskip(package)
    command = [sys.executable, "-c", script]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)


DATA = """
import json
import numpy as np
x = np.random.default_rng(0).normal(size=(200, 4))
y = (x[:, 0] > 0).astype(int)
"""
XGBOOST = """
import xgboost
parts = [(xgboost.DMatrix(x[:150], y[:150]), "train"), (xgboost.DMatrix(x[150:], y[150:]), "eval")]
result = {}
settings = {"objective": "binary:logistic", "eval_metric": ["logloss", "error"]}
settings["nthread"] = 1
xgboost.train(settings, parts[0][0], 7, evals=parts, evals_result=result)
json.dump(result, open("result.json", "w"))
"""
LIGHTGBM = """
import lightgbm
train = lightgbm.Dataset(x[:150], y[:150])
other = lightgbm.Dataset(x[150:], y[150:], reference=train)
result = {}
settings = {"objective": "binary", "metric": ["binary_logloss", "auc"], "num_threads": 1}
lightgbm.train(settings, train, 7,
               valid_sets=[train, other], valid_names=["training", "valid"],
               callbacks=[lightgbm.record_evaluation(result)])
json.dump(result, open("result.json", "w"))
"""


@pytest.mark.parametrize(("package", "script"), [("xgboost", XGBOOST), ("lightgbm", LIGHTGBM)])
def test_boosting_of_the_installed_version(tmp_path, package, script):
    written(package, DATA + script, tmp_path)
    (run,) = read_runs(tmp_path)
    roles = resolve_roles(run).tags
    expected = json.loads((tmp_path / "result.json").read_text())
    assert {"train_loss", "val_loss"} <= set(roles)
    for split, metrics in expected.items():
        for metric, values in metrics.items():
            assert run.series[f"{split}/{metric}"].value.tolist() == values


CATBOOST = """
from catboost import CatBoostClassifier, Pool
model = CatBoostClassifier(iterations=7, eval_metric="AUC", thread_count=1, verbose=1)
model.fit(Pool(x[:150], y[:150]), eval_set=Pool(x[150:], y[150:]))
"""


def test_catboost_of_the_installed_version(tmp_path):
    written("catboost", DATA + CATBOOST, tmp_path)
    found = merge_splits(discover([tmp_path]))
    (place,) = found.locations
    run = read_location(place)
    assert {len(run.series[tag]) for tag in ("learn/Logloss", "test/Logloss", "test/AUC")} == {7}


VISUALDL = """
from visualdl import LogWriter
with LogWriter("log") as writer:
    for step in range(6):
        writer.add_scalar("train/loss", 1 / (step + 1), step)
"""
WANDB = """
import wandb
settings = wandb.Settings(mode="offline", silent=True, console="off", x_disable_stats=True)
run = wandb.init(project="demo", dir=".", config={"lr": 0.1}, settings=settings)
for step in range(6):
    run.log({"train/loss": 1 / (step + 1)})
run.finish()
"""
SACRED = """
from sacred import Experiment
from sacred.observers import FileStorageObserver
experiment = Experiment("demo", save_git_info=False, interactive=True)
experiment.observers.append(FileStorageObserver("runs"))
@experiment.main
def main(_run):
    for step in range(6):
        _run.log_scalar("train/loss", 1 / (step + 1), step)
experiment.run()
"""


@pytest.mark.parametrize(
    ("package", "script"),
    [("visualdl", VISUALDL), ("wandb", WANDB), ("sacred", SACRED)],
    ids=["visualdl", "wandb", "sacred"],
)
def test_six_steps_of_the_installed_version(tmp_path, package, script):
    if package == "sacred":
        pytest.importorskip("pkg_resources", reason="sacred 0.8.7 needs setuptools < 81")
    written(package, script, tmp_path)
    (run,) = read_runs(tmp_path)
    assert run.series["train/loss"].step.tolist() == list(range(6))
    assert run.series["train/loss"].value == pytest.approx([1 / (s + 1) for s in range(6)])
