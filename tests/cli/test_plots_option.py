from __future__ import annotations

import pytest
from click.testing import CliRunner

from lrdiag.cli.main import cli


@pytest.fixture
def log(tmp_path):
    rows = "\n".join(f"{e},{0.1 if e < 10 else 0.01},{2 / (e + 1)}" for e in range(20))
    (tmp_path / "log.csv").write_text(f"epoch,lr,val_loss\n{rows}\n")
    return tmp_path


def test_plots_are_written_beside_the_markdown_report(log):
    target = log / "my report.md"
    arguments = ["analyze", str(log / "log.csv"), "-f", "md", "-o", str(target), "--plots", "files"]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    assert "](my%20report_plots/run-001.svg)" in target.read_text("utf-8")
    assert (log / "my report_plots" / "run-001.svg").read_text("utf-8").startswith("<svg ")


def test_plot_files_without_a_report_file_are_refused(log):
    arguments = ["analyze", str(log / "log.csv"), "-f", "md", "--plots", "files"]
    done = CliRunner().invoke(cli, arguments)
    assert "--plots files needs --output" in str(done.exception)


def test_plots_can_be_embedded(log):
    arguments = ["analyze", str(log / "log.csv"), "-f", "md", "--plots", "embedded"]
    assert "data:image/svg+xml;base64," in CliRunner().invoke(cli, arguments).output
