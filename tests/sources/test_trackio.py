"""Trackio's store: as trackio 0.43.0 writes it, as older versions did, and by the real writer."""

import json
import math
import os
import sqlite3
import subprocess
import sys

import pytest

from lrdiag.sources.trackio import TrackioSource
from lrdiag.sources.tree import read_runs

# The tables and a row as trackio 0.43.0 wrote them.
TABLES = """
CREATE TABLE metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL,
  timestamp TEXT NOT NULL, run_name TEXT NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL,
  log_id TEXT, space_id TEXT);
CREATE TABLE configs (id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL,
  run_name TEXT NOT NULL, config TEXT NOT NULL, created_at TEXT NOT NULL, UNIQUE(run_id));
"""
OLD_TABLES = TABLES.replace("run_id TEXT NOT NULL,", "").replace(
    "UNIQUE(run_id)", "UNIQUE(run_name)"
)
ROW = b'{"epoch":1,"train/loss":0.5,"val/loss":"NaN","lr":0.1,"nested":{"acc":0.55}}'
CONFIG = b'{"lr":0.1,"milestones":[3],"_Username":null,"_Group":null}'


def project(tmp_path, *runs):
    path = tmp_path / "digits.db"
    with sqlite3.connect(path) as db:
        db.executescript(TABLES)
        for run, name in runs:
            for step in (0, 100):
                values = [run, f"2026-11-24T18:53:2{step // 100}+00:00", name, step, ROW]
                db.execute(
                    "INSERT INTO metrics (run_id, timestamp, run_name, step, metrics)"
                    " VALUES (?, ?, ?, ?, ?)",
                    values,
                )
            db.execute(
                "INSERT INTO configs (run_id, run_name, config, created_at) VALUES (?, ?, ?, '')",
                [run, name, CONFIG],
            )
    db.close()
    return path


def test_a_run_with_its_configuration(tmp_path):
    project(tmp_path, ("33e21805", "first"))
    (run,) = read_runs(tmp_path)
    assert run.name == "digits.db"
    assert run.sources[0].format == "trackio"
    assert run.series["train/loss"].step.tolist() == [0, 100]
    assert run.series["train/loss"].wall_time.tolist() == [1795546400.0, 1795546401.0]
    assert math.isnan(run.series["val/loss"].value[0])
    assert run.series["nested/acc"].value.tolist() == [0.55, 0.55]
    assert run.series["epoch"].value.tolist() == [1, 1]
    assert run.params == {"lr": 0.1, "milestones": [3]}


def test_every_run_of_a_project_is_a_run(tmp_path):
    project(tmp_path, ("a1", "first"), ("b2", "second"), ("c3", "second"))
    names = [run.name for run in read_runs(tmp_path)]
    assert names == ["digits.db/first", "digits.db/second-b2", "digits.db/second-c3"]


def test_a_store_of_an_older_version(tmp_path):
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as db:
        db.executescript(OLD_TABLES)
        for name in ("first", "second"):
            values = ["2025-08-01T10:00:00", name, 3, json.dumps({"loss": 0.5})]
            db.execute(
                "INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES (?, ?, ?, ?)",
                values,
            )
        db.execute("INSERT INTO configs (run_name, config, created_at) VALUES ('first', '{}', '')")
    db.close()
    runs = read_runs(tmp_path)
    assert [run.name for run in runs] == ["old.db/first", "old.db/second"]
    assert runs[1].series["loss"].step.tolist() == [3]


def test_a_damaged_row_costs_only_itself(tmp_path):
    path = project(tmp_path, ("a1", "first"))
    with sqlite3.connect(path) as db:
        db.execute("UPDATE metrics SET metrics = '{\"loss\": 0.' WHERE id = 2")
    db.close()
    (run,) = read_runs(path)
    assert len(run.series["train/loss"]) == 1
    assert [(p.kind, p.lost) for p in run.problems if p.severity == "warning"] == [
        ("damaged-record", 1)
    ]


def test_other_databases_are_not_trackio(tmp_path):
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE metrics (key TEXT, value REAL)")
    db.close()
    assert not TrackioSource().sniff(other, other.read_bytes()[:100])


WRITER = """
import trackio
for name in ("first", "second"):
    trackio.init(project="digits", name=name, config={"lr": 0.1}, embed=False)
    for epoch in range(5):
        trackio.log({"epoch": epoch, "loss": 1 / (epoch + 1), "lr": 0.1}, step=epoch * 10)
    trackio.finish()
"""


def test_written_by_trackio(tmp_path):
    pytest.importorskip("trackio")
    settings = {**os.environ, "TRACKIO_DIR": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    subprocess.run(
        [sys.executable, "-c", WRITER], env=settings, check=True, capture_output=True, timeout=120
    )
    runs = read_runs(tmp_path)
    assert [run.name for run in runs] == ["digits.db/first", "digits.db/second"]
    for run in runs:
        assert run.series["loss"].step.tolist() == [0, 10, 20, 30, 40]
        assert run.params["lr"] == 0.1
