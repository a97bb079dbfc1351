"""Runs behind URLs are judged on local copies; what could not be fetched counts against them."""

from contextlib import contextmanager

import numpy as np
import pytest

from lrdiag.diagnose import analyze_paths
from lrdiag.findings import Problem, Verdict
from lrdiag.fleet import remote_runs
from lrdiag.sources.remote import LocalCopies

URL = "https://host/metrics.csv"


def analyzed(monkeypatch, path, problems):
    @contextmanager
    def copied(paths, folder=None):
        yield LocalCopies(paths=[path], names={str(path): URL}, problems=list(problems))

    monkeypatch.setattr(remote_runs, "local_copies", copied)
    return remote_runs.analyze_remote([URL], None, analyze_paths)


@pytest.fixture
def healthy(tmp_path):
    path = tmp_path / "metrics.csv"
    noise = np.random.default_rng(0).normal(0, 0.03, (2, 40))
    train, val = ((0.1 + 0.85 ** np.arange(40)) * np.exp(row) for row in noise)
    pairs = zip(train, val + 0.05, strict=True)
    rows = (f"{i},{a:.4f},{b:.4f}\n" for i, (a, b) in enumerate(pairs))
    path.write_text("epoch,train_loss,val_loss\n" + "".join(rows))
    return path


def test_a_log_that_was_fetched_is_judged_under_its_url(monkeypatch, healthy):
    report = analyzed(monkeypatch, healthy, [])
    assert report.verdict is Verdict.HEALTHY
    assert [source.path for source in report.runs[0].sources] == [URL]


def test_an_older_copy_of_what_cannot_be_fetched_is_not_called_healthy(monkeypatch, healthy):
    failed = Problem(URL, "unreadable", "error", "503 five times in a row.")
    report = analyzed(monkeypatch, healthy, [failed])
    assert (report.verdict, report.runs[0].verdict) == (Verdict.UNDECIDED, Verdict.UNDECIDED)
    assert "fetched before is judged: 503" in report.runs[0].problems[-1].message


@pytest.mark.parametrize(("file", "severity"), [("https://host/b.csv", "error"), (URL, "info")])
def test_problems_of_other_files_and_mere_notes_change_no_verdict(
    monkeypatch, healthy, file, severity
):
    report = analyzed(monkeypatch, healthy, [Problem(file, "unreadable", severity, "503")])
    assert report.verdict is Verdict.HEALTHY
