"""`text_patterns` in lrdiag.yml reaches the reader of plain text."""

from __future__ import annotations

import json
import os
import subprocess
import sys


def analyze(folder):
    environment = {k: v for k, v in os.environ.items() if k != "LRDIAG_TEXT_PATTERNS"}
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    environment["PYTHONPATH"] = root
    return subprocess.run(
        [sys.executable, "-m", "lrdiag", "analyze", "train.out", "--no-cache", "-f", "json"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_pattern_of_ones_own(tmp_path):
    lines = [f"<<{i}>> goes to {1 / (i + 1):.4f} today" for i in range(30)]
    (tmp_path / "train.out").write_text("\n".join(lines) + "\n")
    (tmp_path / "patterns.yml").write_text(
        "patterns:\n  - name: mine\n    regex: '<<(?P<epoch>\\d+)>> goes to (?P<train_loss>\\S+)'\n"
    )
    (tmp_path / "lrdiag.yml").write_text("text_patterns: patterns.yml\n")
    done = analyze(tmp_path)
    assert done.returncode in (0, 3), done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["series"]["train_loss"]["points"] == 30


def test_a_missing_pattern_file_is_named(tmp_path):
    (tmp_path / "train.out").write_text("nothing\n")
    (tmp_path / "lrdiag.yml").write_text("text_patterns: gone.yml\n")
    done = analyze(tmp_path)
    assert done.returncode == 2
    assert "gone.yml" in done.stderr
