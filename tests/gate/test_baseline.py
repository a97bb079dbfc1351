"""Comparing a run with the report of the model in production, at the very margins."""

from __future__ import annotations

import json

import pytest

from lrdiag.errors import PolicyError
from lrdiag.findings import MetricSummary, RunReport, Verdict
from lrdiag.gate import baseline as baselines
from lrdiag.gate.baseline import Baseline, BaselineMetric, compare, compared_roles, read_baseline
from lrdiag.gate.policy import BaselinePolicy, Policy

NO_NOISE = BaselineMetric(0.75, 0.0, True)


def metric(last, noise=0.0, higher=True):
    return MetricSummary(0.1, last, last, 40, noise, 50, higher_is_better=higher)


def run(**metrics):
    return RunReport("r", Verdict.HEALTHY, metrics=metrics)


def against(former, now, policy=None):
    """What speaks against a run whose only metric is val_recall."""
    return [*compare(run(val_recall=now), Baseline({"r": {"val_recall": former}}, "b.json"),
                     policy or Policy(), 1)]  # fmt: skip


def write(path, **data):
    path.write_text(json.dumps({"format_version": 1, "runs": [], **data}))
    return path


def test_exactly_the_margin_worse_is_not_worse():
    policy = Policy(baseline=BaselinePolicy(metrics={"val_recall": 0.25}))
    assert against(NO_NOISE, metric(0.5), policy) == []
    assert against(NO_NOISE, metric(0.499), policy)[0][2]


def test_without_margin_and_noise_the_same_value_passes_and_less_does_not():
    assert against(NO_NOISE, metric(0.75)) == []
    assert against(NO_NOISE, metric(0.7499))[0][2]


@pytest.mark.parametrize(("before", "now"), [(None, 0.0), (0.0, None), (None, None)])
def test_unknown_noise_widens_no_margin(before, now):
    found = against(BaselineMetric(0.75, before, True), metric(0.7, now))
    assert [failed for _, _, failed in found] == [True]


def test_noise_of_both_models_adds_up_in_squares():
    # sqrt(0.03² + 0.04²) = 0.05, times two: 0.1
    former = BaselineMetric(0.75, 0.03, True)
    assert against(former, metric(0.651, 0.04)) == []
    assert against(former, metric(0.649, 0.04))[0][2]


def test_the_run_knows_better_than_the_baseline_which_way_is_better():
    assert against(BaselineMetric(0.75, 0.0, False), metric(0.9, higher=True)) == []


def test_the_baseline_tells_which_way_is_better_where_the_run_does_not():
    assert against(NO_NOISE, metric(0.9, higher=None)) == []
    assert against(NO_NOISE, metric(0.5, higher=None))[0][2]


def test_where_nobody_knows_which_way_is_better_it_is_undecided():
    found = against(BaselineMetric(0.75, 0.0, None), metric(0.9, higher=None))
    assert [(name, failed) for name, _, failed in found] == [("baseline:val_recall", False)]


def test_which_metrics_are_compared():
    former = dict.fromkeys(["val_loss", "val_recall/3", "train_loss", "val_f1"], NO_NOISE)
    required = Policy(roles=("val_recall",))
    named = Policy(roles=("val_recall",), baseline=BaselinePolicy(metrics={"val_auc": 0.1}))
    assert compared_roles(Policy(), former) == ("val_f1", "val_loss")
    assert compared_roles(required, former) == ("val_recall",)
    assert compared_roles(named, former) == ("val_auc",)


def test_a_metric_with_nothing_said_of_its_last_value_counts(tmp_path):
    path = write(tmp_path / "b.json", runs=[{"run": "r", "metrics": {"val_f1": {"last": 0.5}}}])
    assert read_baseline(path).runs["r"]["val_f1"].last == 0.5


def test_numbers_that_no_float_holds_are_unknown(tmp_path):
    runs = [{"run": "r", "metrics": {"val_f1": {"last": 10**400}, "val_auc": {"last": "1"}}}]
    metrics = read_baseline(write(tmp_path / "b.json", runs=runs)).runs["r"]
    assert [m.last for m in metrics.values()] == [None, None]


def test_the_largest_report_is_read_and_one_byte_more_is_refused(tmp_path, monkeypatch):
    path = write(tmp_path / "b.json")
    monkeypatch.setattr(baselines, "MAX_BYTES", path.stat().st_size)
    assert read_baseline(path).runs == {}
    path.write_text(path.read_text() + " ")
    with pytest.raises(PolicyError, match="larger than 0 MiB"):
        read_baseline(path)
    path.write_text("[" + " " * 100)
    with pytest.raises(PolicyError, match="larger than"):  # never read as a whole
        read_baseline(path)


def test_the_limit_is_named_in_mebibytes(tmp_path, monkeypatch):
    path = write(tmp_path / "b.json", padding=" " * (3 << 20))
    monkeypatch.setattr(baselines, "MAX_BYTES", 3 << 20)
    with pytest.raises(PolicyError, match="larger than 3 MiB"):
        read_baseline(path)


@pytest.mark.parametrize("text", ["{", "[]", '{"runs": [], "format_version": "x"}'])
def test_what_is_no_baseline_is_told_with_how_to_write_one(tmp_path, text):
    path = tmp_path / "b.json"
    path.write_text(text)
    with pytest.raises(PolicyError) as caught:
        read_baseline(path)
    assert str(caught.value).startswith(str(path))
    assert caught.value.action.startswith("Write one with `lrdiag analyze")
