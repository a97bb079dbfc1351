"""The installed command line on real logs, as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent.parent / "sample_logs"


def lrdiag(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "COLUMNS")}
    return subprocess.run(
        [sys.executable, "-m", "lrdiag", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        check=False,
        timeout=120,
    )


def unwrapped(done: subprocess.CompletedProcess[str]) -> str:
    """All that was said, without the line breaks of an 80-column terminal."""
    return "".join((done.stdout + done.stderr).split())


def report(*arguments: object, cwd: Path | None = None) -> dict:
    done = lrdiag("analyze", *arguments, "--format", "json", cwd=cwd)
    assert done.returncode in (0, 3), done.stderr
    return json.loads(done.stdout)


def failed(run: dict) -> dict[str, str]:
    return {f["rule"]: f["severity"] for f in run["findings"] if f["status"] == "failed"}


def test_the_teaching_table_is_healthy_with_its_two_drops():
    (run,) = report(SAMPLES / "teaching_table.csv")["runs"]
    assert failed(run) == {}
    assert [drop["epoch"] for drop in run["schedule"]["drops"]] == [10, 15]
    assert run["roles"]["val_accuracy"]


def test_the_fraud_run_fails_by_name_with_the_advice():
    data = report(SAMPLES / "fraud")
    assert data["verdict"] == "unhealthy"
    (finding,) = [
        f
        for run in data["runs"]
        for f in run["findings"]
        if f["rule"] == "accuracy-paradox" and f["status"] == "failed"
    ]
    assert finding["severity"] == "error"
    assert finding["remedy"]


def test_every_failed_finding_shows_its_evidence():
    for run in report(SAMPLES)["runs"]:
        for finding in run["findings"]:
            if finding["status"] == "failed":
                assert finding["message"], finding["rule"]
                assert finding["remedy"], finding["rule"]
            if finding["status"] == "not_judged":
                assert finding["reason"], finding["rule"]


def test_three_formats_at_once(tmp_path):
    done = lrdiag(
        "analyze",
        SAMPLES,
        "-f",
        "markdown",
        "-o",
        tmp_path / "r.md",
        "-f",
        "html",
        "-o",
        tmp_path / "r.html",
        "-f",
        "json",
        "-o",
        tmp_path / "r.json",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert (tmp_path / "r.md").read_text("utf-8").startswith("#")
    assert "<html" in (tmp_path / "r.html").read_text("utf-8")
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["format_version"] == 1


def test_it_works_from_any_directory(tmp_path):
    assert lrdiag("analyze", SAMPLES / "teaching_table.csv", cwd=tmp_path).returncode == 0


def test_fail_on_sets_the_exit_code():
    assert lrdiag("analyze", SAMPLES / "fraud").returncode == 0
    assert lrdiag("analyze", SAMPLES / "fraud", "--fail-on", "error").returncode == 1
    assert lrdiag("analyze", SAMPLES / "teaching_table.csv", "--fail-on", "error").returncode == 0


def test_an_empty_directory_is_undecided_and_says_so(tmp_path):
    done = lrdiag("analyze", tmp_path)
    assert done.returncode == 3
    assert str(tmp_path) in unwrapped(done)
    assert "No training log was found" in " ".join(done.stdout.split())
    assert "Traceback" not in done.stderr


def test_a_picture_is_named_and_refused(tmp_path):
    picture = tmp_path / "curve.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    done = lrdiag("analyze", picture)
    assert done.returncode == 3
    assert "curve.png" in unwrapped(done)


def test_a_missing_path_is_an_error_that_names_it(tmp_path):
    done = lrdiag("analyze", tmp_path / "nowhere")
    assert done.returncode in (2, 3)
    assert "nowhere" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_misspelt_option_is_answered_with_the_right_one():
    done = lrdiag("analyze", SAMPLES, "--formt", "json")
    assert done.returncode == 2
    assert "--format" in done.stderr


def test_a_misspelt_command_is_answered_with_the_right_one():
    done = lrdiag("analyz", SAMPLES)
    assert done.returncode == 2
    assert "Did you mean 'analyze'?" in done.stderr


def test_an_interrupt_is_not_taken_for_a_failed_finding():
    code = (
        "from lrdiag.cli import main\n"
        "def interrupted(*a, **k): raise KeyboardInterrupt\n"
        "main.cli.main = interrupted\n"
        "main.main(['analyze', '.'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert "Traceback" not in done.stderr


def test_a_truncated_event_file_is_read_up_to_the_cut(tmp_path):
    source = next(SAMPLES.rglob("*tfevents*"))
    cut = tmp_path / source.name
    cut.write_bytes(source.read_bytes()[:-7])
    (run,) = report(tmp_path)["runs"]
    assert sum(s["points"] for s in run["series"].values()) > 0
    assert run["problems"]


@pytest.mark.parametrize("module", ["pandas", "scipy", "tensorboard", "numpy", "pydantic", "rich"])
def test_help_imports_nothing_heavy(module):
    code = (
        "import sys; from lrdiag.cli.main import cli\n"
        "try: cli.main(['--help'], prog_name='lrdiag')\n"
        "except SystemExit: pass\n"
        f"print('LOADED' if '{module}' in sys.modules else 'absent')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("absent")


@pytest.mark.parametrize("module", ["pandas", "scipy", "tensorboard", "pydantic", "ruamel.yaml"])
def test_a_small_analysis_imports_nothing_heavy(module):
    code = (
        "import sys; from lrdiag.cli.main import cli\n"
        f"try: cli.main(['analyze', {str(SAMPLES / 'teaching_table.csv')!r}], prog_name='lrdiag')\n"
        "except SystemExit: pass\n"
        f"print('LOADED' if '{module}' in sys.modules else 'absent')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("absent")
