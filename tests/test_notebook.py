from __future__ import annotations

import csv
import html
import math
import re
from pathlib import Path

import example_reports
import pytest

import lrdiag
from lrdiag.errors import LrdiagError, ReportError
from lrdiag.findings import HealthReport, Severity, Verdict
from lrdiag.notebook import Report


@pytest.fixture(scope="module")
def examples():
    return example_reports


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    with (folder / "run.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["epoch", "lr", "train_loss", "val_loss"])
        for e in range(60):
            lr = 0.1 if e < 30 else 0.01
            loss = 0.3 + 2 * math.exp(-e / 8) + 0.01 * math.sin(e * 7)
            table.writerow([e, lr, loss, loss + 0.1 + 0.03 * max(e - 32, 0)])
    return folder


@pytest.fixture(scope="module")
def report(logs):
    return lrdiag.analyze(logs)


def test_a_folder_of_logs_becomes_a_report(report):
    assert isinstance(report, Report)
    assert isinstance(report.report, HealthReport)
    (run,) = report.runs
    assert [d.step for d in run.schedule.drops] == [30]
    assert report.verdict is run.verdict


def test_one_path_or_several(logs):
    assert len(lrdiag.analyze([logs / "run.csv"]).runs) == 1
    assert len(lrdiag.analyze(str(logs / "run.csv")).runs) == 1


def test_the_configured_schedule_is_taken(logs):
    report = lrdiag.analyze(logs, milestones=[30], gamma=0.1)
    assert report.runs[0].schedule.configured["milestones"] in ([30], (30,))


def test_roles_can_be_named(logs):
    report = lrdiag.analyze(logs, roles={"val_loss": "train_loss", "train_loss": "val_loss"})
    assert report.runs[0].roles["val_loss"] == "train_loss"


def test_a_missing_configuration_file_is_an_error(logs):
    with pytest.raises(LrdiagError, match="no such configuration"):
        lrdiag.analyze(logs, config=logs / "none.yml")


def test_findings_as_a_table(examples):
    frame = Report(examples.mixed()).to_frame()
    failed = frame[(frame.status == "failed") & (frame.rule == "overfitting")]
    assert len(failed) == 3
    assert failed.observed.tolist() == [0.31] * 3
    assert failed.first_step.tolist() == [104] * 3
    assert str(frame.dtypes["observed"]) == "float64"
    assert str(frame.dtypes["points"]) == "Int64"
    assert Report(HealthReport(())).to_frame().empty


def test_failed_findings_by_severity(examples):
    report = Report(examples.sick())
    assert [f.rule for _, f in report.failed()] == ["overfitting", "plateau-after-drop"]
    assert [f.rule for _, f in report.failed(Severity.ERROR)] == ["overfitting"]
    assert [f.rule for _, f in report.failed("error")] == ["overfitting"]


def test_deployable_needs_a_run(examples):
    assert Report(examples.healthy()).deployable
    assert not Report(examples.sick()).deployable
    assert not Report(HealthReport(())).deployable


def test_a_notebook_shows_the_page_in_a_frame_of_its_own(examples):
    shown = Report(examples.hostile())._repr_html_()
    frame = re.fullmatch(r'<iframe srcdoc="([^"]*)" sandbox="" [^>]*></iframe>', shown)
    assert frame
    assert html.unescape(frame[1]).startswith("<!doctype html>")


def test_a_notebook_without_html_shows_markdown(examples):
    assert Report(examples.sick())._repr_markdown_().startswith("# 🔴 Training health: unhealthy")


def test_texts(examples):
    report = Report(examples.sick())
    assert repr(report) == "<lrdiag.Report unhealthy: 1 error, 1 warning from 6 judged rules>"
    assert str(report).startswith("UNHEALTHY")
    assert report.verdict is Verdict.UNHEALTHY


def test_saved_in_the_format_of_its_ending(examples, tmp_path):
    report = Report(examples.sick())
    assert report.save(tmp_path / "r.html").read_text("utf-8").startswith("<!doctype html>")
    assert report.save(tmp_path / "r.md").read_text("utf-8").startswith("# 🔴")
    with pytest.raises(ReportError, match="no report format"):
        report.save(tmp_path / "r.pdf")
    with pytest.raises(ReportError, match="cannot write"):
        report.save(tmp_path / "missing" / "r.md")


def test_a_figure_with_the_drops(examples):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    figure = Report(examples.sick()).plot("resnet/version_3")
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "learning rate", "loss", "accuracy and the like",
    ]  # fmt: skip
    loss = figure.axes[1]
    upright = {line.get_xdata()[0] for line in loss.lines if len(set(line.get_xdata())) == 1}
    assert {100.0, 150.0} <= upright
    labels = loss.get_legend_handles_labels()[1]
    assert {"train_loss", "val_loss", "best", "overfitting"} <= set(labels)


def test_a_figure_of_hostile_names_is_drawn(examples):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    report = Report(examples.hostile())
    index = examples.HOSTILE.index("@octocat #12 $x$ ~~gone~~")
    figure = report.plot(index)
    figure.canvas.draw()
    assert figure.axes


def test_a_run_that_is_not_there_is_named(examples):
    with pytest.raises(ReportError, match=r"no run 'other'.*resnet/version_3"):
        Report(examples.sick()).plot("other")
    with pytest.raises(ReportError, match="no run 7"):
        Report(examples.sick()).plot(7)


def test_runs_are_one_call_from_a_data_frame(logs):
    (run,) = lrdiag.read_runs(logs)
    frame = run.series["val_loss"].to_frame()
    assert list(frame.columns) == ["step", "wall_time", "value"]
    assert len(frame) == 60
    assert set(run.to_frame().tag) >= {"lr", "train_loss", "val_loss"}


def test_the_examples_in_the_docstrings_are_true(monkeypatch):
    import doctest

    from lrdiag import notebook, thinning

    monkeypatch.chdir(Path(__file__).parents[1])
    for module in (notebook, thinning):
        tried = doctest.testmod(module)
        assert tried.attempted
        assert tried.failed == 0
