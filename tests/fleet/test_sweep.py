"""Sweeps: best healthy and best unhealthy run, settings that go with findings, honestly."""

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest

from lrdiag.errors import ConfigError
from lrdiag.findings import (
    DropSummary,
    Finding,
    MetricSummary,
    RunReport,
    ScheduleSummary,
    Severity,
    Status,
    Verdict,
)
from lrdiag.fleet import sweep_text
from lrdiag.fleet.association import associations
from lrdiag.fleet.settings import flat_settings, is_seed, matters, varied
from lrdiag.fleet.sweep import sweep_of
from lrdiag.fleet.sweep_picture import svg
from lrdiag.reports.json_report import plain


def run(name, best=0.5, failed=False, lr=0.1, **params):
    status = Status.FAILED if failed else Status.PASSED
    finding = Finding("overfitting", status, Severity.ERROR, message="val_loss rose 30 %.")
    return RunReport(
        name,
        Verdict.UNHEALTHY if failed else Verdict.HEALTHY,
        findings=(finding,),
        metrics={"val_loss": MetricSummary(2.0, best * 1.1, best, 8, 0.01, 10, best_epoch=8.0)},
        schedule=ScheduleSummary(
            "multistep", {"base_lr": lr}, drops=(DropSummary(5, 5.0, lr, lr / 10, "lr", "logged"),)
        ),
        params={"optimizer": {"lr": lr}, **params},
    )


def test_best_healthy_and_best_unhealthy_are_named_with_why():
    runs = [run("a", 0.5), run("b", 0.4, failed=True), run("c", 0.45), run("d", 0.9, failed=True)]
    sweep = sweep_of(runs)
    assert [row.run for row in sweep.rows] == ["b", "c", "a", "d"]
    assert sweep.best_healthy.run == "c"
    assert sweep.best_unhealthy.run == "b"
    text = sweep_text.terminal(sweep)
    assert "Best healthy run: c" in text
    assert "b: val_loss 0.4, better, but not healthy: overfitting: val_loss rose 30 %." in text


def test_row_tells_peak_rate_and_drops():
    row = sweep_of([run("a", lr=0.3)]).rows[0]
    assert (row.best_epoch, row.rate, row.milestones) == (8.0, 0.3, (5.0,))


def test_no_healthy_run_is_said():
    sweep = sweep_of([run("a", failed=True)])
    assert sweep.best_healthy is None
    assert "No run is fit to deploy" in sweep_text.terminal(sweep)


def test_runs_without_the_metric_come_last_and_are_kept():
    lost = RunReport("lost", Verdict.UNDECIDED)
    sweep = sweep_of([lost, run("a")])
    assert [row.run for row in sweep.rows] == ["a", "lost"]
    with pytest.raises(ConfigError, match="accuracy_of_nothing"):
        sweep_of([run("a")], "accuracy_of_nothing")


def test_planted_association_is_found_and_noise_is_not():
    random = np.random.default_rng(1)
    runs = [
        run(f"r{i}", failed=lr > 0.05, lr=lr, width=int(random.integers(1, 99)), depth=i % 3)
        for i, lr in enumerate([0.01] * 12 + [0.1] * 12)
    ]
    found = [a for a in associations(runs) if a.found]
    assert {a.setting for a in found} == {"optimizer.lr"}
    best = found[0]
    assert best.effect == 1.0
    assert best.low > 0.5
    assert best.adjusted >= best.p_value


def test_settings_in_words_are_compared_as_shares():
    runs = [
        run(f"r{i}", failed=bool(i % 2), optimizer_name="adam" if i % 2 else "sgd")
        for i in range(24)
    ]
    found = [a for a in associations(runs) if a.found]
    assert [a.setting for a in found] == ["optimizer_name"]
    assert found[0].value == "'sgd'"
    assert found[0].effect == -1.0
    assert -1.0 <= found[0].low <= found[0].effect <= found[0].high < 0


def test_few_runs_give_no_association():
    assert associations([run("a", failed=True, lr=1.0), run("b", lr=0.1)]) == ()


def test_false_discoveries_stay_below_the_rate():
    random = np.random.default_rng(0)
    alarms = 0
    for _ in range(100):
        runs = [
            run(
                f"r{i}",
                failed=bool(random.random() < 0.4),
                **{f"p{k}": float(random.normal()) for k in range(6)},
            )
            for i in range(20)
        ]
        alarms += any(a.found for a in associations(runs))
    assert alarms <= 12  # 5 expected at most; more than 12 has probability 0.15 %


@pytest.mark.parametrize("width", [40, 80, 100, 160])
def test_names_that_are_alike_at_both_ends_can_be_told_apart(width):
    runs = [run(f"resnet_lr0.1_{'x' * 30}_s{i}_cosine_{'y' * 40}/metrics.csv") for i in range(6)]
    runs += [run(f"resnet_lr0.1_{'x' * 30}_s9_linear_more_{'y' * 40}/metrics.csv")]
    text = sweep_text.terminal(sweep_of(runs), width)
    for i in (0, 1, 2, 3, 4, 5, 9):
        assert f"s{i}_" in text.partition("All runs are called")[0]
    assert "All runs are called resnet_lr0.1_" in text


def test_whole_names_are_told_where_the_screen_has_room():
    runs = [run(f"s3://bucket/run{i}/metrics.csv") for i in range(3)]
    wide, narrow = (sweep_text.terminal(sweep_of(runs), width) for width in (160, 60))
    assert all(r.run in wide for r in runs) and "All runs are called" not in wide
    assert "All runs are called s3://bucket/*/metrics.csv" in narrow


def test_a_table_of_long_names_fits_the_screen():
    runs = [run(f"resnet_lr{lr}_wd{'0' * k}1_seed{i}/metrics.csv", 0.4 + i / 7, k < 5, lr)
            for lr in (0.001, 0.1) for k in (1, 9) for i in range(3)]  # fmt: skip
    text = sweep_text.terminal(sweep_of(runs), 80).partition("All runs are called")[0]
    assert max(map(len, text.splitlines())) <= 80


def test_equal_runs_come_by_name_whatever_order_they_were_read_in():
    runs = [run("b"), run("c"), run("a"), run("d", 0.4)]
    for order in (runs, runs[::-1]):
        sweep = sweep_of(order)
        assert [row.run for row in sweep.rows] == ["d", "a", "b", "c"]
        assert sweep.best_healthy.run == "d"


def test_a_long_name_stands_on_a_line_of_its_own():
    runs = [run(f"{'a' * 45}{i}{'b' * 45}") for i in range(3)]
    lines = sweep_text.terminal(sweep_of(runs), 100).splitlines()
    for r in runs:
        assert lines[lines.index(r.run) + 1].startswith("  0.5  ")


def test_a_setting_that_a_parameter_tells_is_not_told_twice():
    runs = [run(f"r{i}", lr=lr) for i, lr in enumerate((0.1, 0.2, 0.3))]
    assert "schedule.base_lr" not in varied(runs)
    other = [replace(r, params={}) for r in runs]
    assert "schedule.base_lr" in varied(other)


def test_a_low_setting_is_told_as_such():
    runs = [run(f"r{i}", failed=i < 10, width=i) for i in range(20)]
    found = next(s for s in sweep_text.sentences(sweep_of(runs)) if "width" in s)
    assert "goes with a low width" in found
    assert "the lower value with probability 1.00 (0." in found


def test_an_odd_run_is_told_and_does_not_count_as_noise():
    runs = [run(f"m_seed{i}", 0.5 + 0.01 * i) for i in range(5)]
    quiet = sweep_of(runs).noise
    sweep = sweep_of([*runs, run("m_seed9", 0.9)])
    assert sweep.noise == pytest.approx(quiet)
    assert "Odd one out of its group: m_seed9" in sweep_text.terminal(sweep, 400)
    assert "without odd ones out" in sweep_text.terminal(sweep, 400)


def test_noise_between_seeds_makes_ties():
    runs = [run(f"m{m}_seed{s}", 0.5 + 0.001 * m + 0.01 * s) for m in range(2) for s in range(3)]
    sweep = sweep_of([*runs, run("far", 0.9)])
    assert sweep.noise == pytest.approx(0.01)
    assert "far" not in sweep.ties
    assert "m1_seed0" in sweep.ties


def test_outputs_are_safe_and_parse():
    evil = run('=cmd|"x"!A1 <script>|\x1b[31m', settings_name="x")
    sweep = sweep_of([evil, run("b", failed=True, lr=0.3)])
    assert "\x1b" not in sweep_text.terminal(sweep)
    rows = list(csv.reader(io.StringIO(sweep_text.comma_separated(sweep))))
    assert len(rows) == 3
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert "<script>" not in sweep_text.markdown(sweep)
    json.dumps(plain(sweep_text.as_data(sweep)), allow_nan=False)
    picture = ElementTree.fromstring(svg(sweep))
    marks = [e for e in picture.iter() if e.get("class") in ("healthy", "unhealthy")]
    assert len(marks) == 2
    assert "script" not in [e.tag.rpartition("}")[2] for e in picture.iter()]


def test_settings_that_only_name_or_seed_a_run_do_not_count():
    for name in ("seed", "random_seed", "trainer.seed", "torch_seed", "np.random_state.seed"):
        assert is_seed(name), name
    for name in ("seedling", "seed_points"):
        assert not is_seed(name), name
    for name in ("output_dir", "run_name", "name", "x.log_dir", "timestamp", "version", "gpus"):
        assert not matters(name), name
    for name in ("lr", "model.width", "optimizer.name", "model_name", "data_dir"):
        assert matters(name), name


def test_settings_are_flat_and_bounded():
    assert flat_settings({"a": {"b": {"c": 1}}, "d": [1, 2]}) == {"d": "[1, 2]", "a.b.c": 1}
    assert len(flat_settings({str(i): i for i in range(10_000)})) == 2_000
    assert "optimizer.lr" in varied([run("a", lr=0.1), run("b", lr=0.2)])
