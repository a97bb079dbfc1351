"""The GitHub action, the GitLab snippet and the pre-commit hooks: their commands run."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from lrdiag.rulefile.documents import load_document

ROOT = Path(__file__).parent.parent
RULES = """version: 1
rules:
  - {id: high, when: val_loss.last > 3, severity: error, message: "ends at {val_loss_last:.1f}"}
"""
POLICY = "version: 1\njudge_by: [high]\n"
CASES = """version: 1
cases:
  - {name: a, series: {val_loss: 1>5x20}, fires: [high]}
"""


@pytest.fixture
def place(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yml").write_text(RULES)
    (tmp_path / "rules" / "own.cases.yml").write_text(CASES)
    (tmp_path / "gate.yml").write_text(POLICY)
    (tmp_path / "lrdiag.yml").write_text("rules: rules/own.yml\n")
    for name, last in (("good logs", 2.0), ("bad", 5.0)):
        (tmp_path / name).mkdir()
        rows = "".join(f"{i},{1 + (last - 1) * i / 19}\n" for i in range(20))
        (tmp_path / name / "m.csv").write_text("epoch,val_loss\n" + rows)
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for name, command in (("lrdiag", "-m lrdiag"), ("python", "")):
        script = binaries / name
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {command} "$@"\n')
        script.chmod(0o755)
    return tmp_path


def run(place, script, **environment):
    search = f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": search, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=place,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def action():
    return load_document(ROOT / "action.yml")


@pytest.mark.parametrize(("path", "code"), [("good logs", 0), ("bad", 1), ("none", 3)])
def test_the_action_gates_and_reports(place, path, code):
    (place / "none").mkdir()
    step = action()["runs"]["steps"][1]
    inputs = {
        "LRDIAG_PATHS": f"{path}\n", "LRDIAG_POLICY": "gate.yml", "LRDIAG_RULES": "",
        "LRDIAG_BASELINE": "", "LRDIAG_SARIF": "lrdiag.sarif",
    }  # fmt: skip
    assert inputs.keys() == step["env"].keys()
    done = run(
        place, step["run"], **inputs, GITHUB_STEP_SUMMARY="summary.md", GITHUB_OUTPUT="output"
    )
    assert done.returncode == code, done.stderr
    assert (place / "output").read_text() == f"exit-code={code}\n"
    assert json.loads((place / "lrdiag.sarif").read_text())["version"] == "2.1.0"
    assert (place / "summary.md").read_text()
    if code == 1:
        assert re.search(r"^::error file=bad/m\.csv,line=\d+,title=high", done.stdout, re.M)


def test_nothing_in_an_input_is_run_by_the_action(place):
    step = action()["runs"]["steps"][1]
    inputs = dict.fromkeys(step["env"], "$(touch PWNED)`touch PWNED`; touch PWNED")
    run(place, step["run"], **inputs, GITHUB_STEP_SUMMARY="s", GITHUB_OUTPUT="o")
    assert not (place / "PWNED").exists()
    assert "${{" not in step["run"]


def test_every_input_and_output_of_the_action_is_described():
    described = action()
    for entry in (*described["inputs"].values(), *described["outputs"].values()):
        assert entry["description"]
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text()))
    assert used == described["inputs"].keys()


def test_the_gitlab_snippet_gates_and_reports(place):
    (place / "bad").rename(place / "logs")
    job = load_document(ROOT / "docs" / "gitlab-ci.yml")["lrdiag"]
    install, command = job["script"]
    assert install == "pip install lrdiag"
    assert run(place, command).returncode == 1
    reports = job["artifacts"]["reports"]
    quality = json.loads((place / reports["codequality"]).read_text())
    assert "high" in [entry["check_name"] for entry in quality]
    assert ET.parse(place / reports["junit"]).getroot().get("failures") != "0"


@pytest.fixture(params=["lrdiag-rules-check", "lrdiag-rules-test"])
def hook(request):
    return next(
        h for h in load_document(ROOT / ".pre-commit-hooks.yaml") if h["id"] == request.param
    )


def test_a_hook_passes_good_rules_and_fails_bad_ones(place, hook):
    command = f"{hook['entry']} rules/own.yml"
    assert run(place, command).returncode == 0
    (place / "rules" / "own.yml").write_text(RULES.replace("severity", "severitx"))
    done = run(place, command)
    assert done.returncode == 2
    assert "rules/own.yml:3:" in done.stderr


def test_a_hook_takes_rule_files_only(hook):
    wanted, left = re.compile(hook["files"]), re.compile(hook["exclude"])

    def taken(path):
        return bool(wanted.search(path)) and not left.search(path)

    assert taken("rules/own.yml")
    assert taken("team/rules/own.yaml")
    for path in ("rules/own.cases.yml", "rules/cases/own.yml", "rules/roles.yml", "src/x.yml",
                 "rules/policies/p.yml", "rules/x.json"):  # fmt: skip
        assert not taken(path)
