from __future__ import annotations

import csv
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from lrdiag.tensorboard_tab import logdir_health
from lrdiag.tensorboard_tab.logdir_health import LogdirHealth


def write(folder, name: str, rows: int) -> None:
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["epoch", "lr", "val_loss"])
        table.writerows([e, 0.1 if e < 5 else 0.01, 2 / (e + 1)] for e in range(rows))


def settled(health: LogdirHealth) -> dict:
    for _ in range(600):
        found = health.status()
        if found["state"] != "working":
            return found
        time.sleep(0.05)
    raise AssertionError("still working")


@pytest.fixture(autouse=True)
def _always_due(monkeypatch):
    monkeypatch.setattr(logdir_health, "CURRENT", 0.0)


def look(health: LogdirHealth) -> None:
    """One look at the folder, without the thread."""
    health._look()


def test_the_page_is_made_in_the_background(tmp_path, monkeypatch):
    monkeypatch.setattr(logdir_health, "CURRENT", 3600.0)
    write(tmp_path, "a", 10)
    health = LogdirHealth([str(tmp_path)])
    assert health.status()["state"] == "working"
    assert settled(health)["stamp"] == 1
    assert "Training health" in health.page


def test_only_runs_whose_files_changed_are_read_again(tmp_path, monkeypatch):
    write(tmp_path, "a", 10)
    write(tmp_path, "b", 10)
    health = LogdirHealth([str(tmp_path)])
    look(health)
    read = []
    from lrdiag.diagnose import DiagnoseLocation

    original = DiagnoseLocation.__call__
    monkeypatch.setattr(
        DiagnoseLocation, "__call__",
        lambda self, location: (read.append(location.name), original(self, location))[1],
    )  # fmt: skip
    look(health)
    assert (read, health._stamp) == ([], 1)
    write(tmp_path, "b", 20)
    look(health)
    assert len(read) == 1
    assert "b" in read[0]
    assert health._stamp == 2


def test_a_mistake_in_the_configuration_is_told_and_can_be_mended(tmp_path, monkeypatch):
    write(tmp_path / "logs", "a", 10)
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "lrdiag.yml"
    config.write_text("no_such_key: 1\n")
    health = LogdirHealth([str(tmp_path / "logs")])
    look(health)
    assert "no_such_key" in health._message
    assert health.status()["state"] == "failed"
    settled(health)
    config.unlink()
    look(health)
    assert health._message == ""
    assert health.page


def test_a_defect_of_ours_is_told_too(tmp_path, monkeypatch):
    monkeypatch.setattr(LogdirHealth, "_analyze", lambda self: 1 / 0)
    health = LogdirHealth([str(tmp_path)])
    look(health)
    assert health._message == "ZeroDivisionError: division by zero"


def test_the_plugin_imports_nothing_heavy():
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    code = (
        "import sys; from tensorboard.plugins import base_plugin; before = set(sys.modules)\n"
        "import lrdiag.tensorboard_tab.plugin\n"
        "print(sorted(m for m in set(sys.modules) - before if not m.startswith('lrdiag.tens')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "pandas", "scipy", "jinja2", "lrdiag.diagnose", "lrdiag.reports.html"}
    assert not heavy & set(eval(done.stdout))


@pytest.mark.parametrize(
    ("flags", "folders"),
    [
        ({"logdir": "/logs", "logdir_spec": ""}, ["/logs"]),
        ({"logdir": "", "logdir_spec": "a:/x,b:/y/z"}, ["/x", "/y/z"]),
        ({"logdir": "", "logdir_spec": "/x,gs://bucket/y"}, ["/x", "gs://bucket/y"]),
        ({"logdir": "", "logdir_spec": ""}, []),
    ],
)
def test_the_folders_tensorboard_shows(flags, folders):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from lrdiag.tensorboard_tab.plugin import logdirs

    assert logdirs(SimpleNamespace(flags=SimpleNamespace(**flags), logdir="")) == folders
