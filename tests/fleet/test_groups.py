"""Groups of seeds: found, their noise measured, findings of one or all, odd ones out."""

import numpy as np
import pytest
from scipy import stats

from lrdiag.errors import ConfigError
from lrdiag.findings import (
    Finding,
    HealthReport,
    MetricSummary,
    RunReport,
    Severity,
    Status,
    Verdict,
)
from lrdiag.fleet import intervals
from lrdiag.fleet.group_findings import describe, grouped, odd_runs
from lrdiag.fleet.groups import find_groups


def run(name, best=0.5, failed=(), observed=None, roles=("val_loss",), **params):
    findings = tuple(
        Finding(
            rule,
            Status.FAILED if rule in failed else Status.PASSED,
            Severity.ERROR,
            observed=observed,
            threshold=0.1 if observed is not None else None,
        )
        for rule in ("overfitting", "loss-spike")
    )
    metrics = {role: MetricSummary(1.0, best, best, 9, 0.01, 10) for role in roles}
    return RunReport(
        name,
        Verdict.UNHEALTHY if failed else Verdict.HEALTHY,
        roles={role: role for role in roles},
        findings=findings,
        metrics=metrics,
        params=params,
    )


def names(groups):
    return [(group.name, [r.run for r in group.runs]) for group in groups]


def test_seeds_in_the_parameters_make_groups():
    runs = [
        run(f"version_{i}", seed=i % 3, lr=lr, wd=0.1, log_dir=f"/x/{i}")
        for i, lr in enumerate([0.1, 0.1, 0.1, 0.3, 0.3, 0.3])
    ]
    found = find_groups(runs)
    assert [[r.run for r in group.runs] for group in found] == [
        ["version_0", "version_1", "version_2"],
        ["version_3", "version_4", "version_5"],
    ]
    assert found[0].by == "seed parameter"


@pytest.mark.parametrize("name", ["resnet_seed{}", "resnet/seed={}", "resnet-rep{}", "a/rng_{}/b"])
def test_seeds_in_the_name_make_groups(name):
    found = find_groups([run(name.format(i)) for i in (1, 2, 10)])
    assert len(found) == 1
    assert len(found[0].runs) == 3
    assert "*" in found[0].name


@pytest.mark.parametrize(
    "runs",
    [
        [run("a", lr=0.1), run("b", lr=0.1)],  # no seed anywhere: may differ by code or data
        [run("a", seed=1), run("b", seed=2)],  # nothing but the seed is known
        [run("a", seed=1, lr=1, wd=1), run("b", seed=2, lr=2, wd=1)],
        [run("x_seed1", lr=1), run("x_seed2", lr=2)],
        [run("seedling1"), run("seedling2")],
        [run("a_seed1"), run("a_seed2", roles=("val_accuracy",))],
        [],
    ],
)
def test_runs_that_may_differ_otherwise_are_no_group(runs):
    assert find_groups(runs) == ()


def test_group_by_parameter_and_by_pattern():
    runs = [run(f"{a}/{b}", arch=a, opt={"name": b}) for a in "xy" for b in ("sgd", "adam")]
    assert names(find_groups(runs, "arch")) == [
        ("x/*", ["x/sgd", "x/adam"]),
        ("y/*", ["y/sgd", "y/adam"]),
    ]
    assert len(find_groups(runs, "opt.name")) == 2
    assert len(find_groups(runs, "/(.*)")) == 2


def test_a_wrong_expression_is_told_once_and_in_words(capfd):
    with pytest.raises(ConfigError, match=r"'\(': missing \)"):
        find_groups([run("a")], "(")
    assert capfd.readouterr().err == ""


def test_rules_that_fail_alike_are_told_together():
    runs = [run(f"s_seed{i}/log.csv", failed=("overfitting", "loss-spike")) for i in range(3)]
    (note,) = describe(find_groups(runs)[0])["notes"]
    assert "overfitting, loss-spike in all 3 runs." in note
    one = [run(f"s_seed{i}/log.csv", failed=("overfitting",) if i == 2 else ()) for i in range(4)]
    assert "1 of 4 runs (seed2)" in describe(find_groups(one)[0])["notes"][0]


@pytest.mark.parametrize("by", ["nonsense", "(", ","])
def test_a_group_by_that_cannot_work_is_an_error(by):
    with pytest.raises(ConfigError, match="--group-by"):
        find_groups([run("a", lr=1), run("b", lr=1)], by)


def test_findings_of_one_some_and_all_runs():
    runs = [run(f"s_seed{i}", failed=("overfitting",)) for i in range(4)]
    runs[2] = run("s_seed2", failed=("overfitting", "loss-spike"))
    facts = describe(find_groups(runs)[0])
    by_rule = {f["rule"]: f for f in facts["findings"]}
    assert by_rule["overfitting"]["scope"] == "all"
    assert by_rule["overfitting"]["status"] == "failed"
    assert by_rule["loss-spike"]["scope"] == "one"
    assert by_rule["loss-spike"]["failed"] == ["s_seed2"]
    assert by_rule["loss-spike"]["status"] == "not_judged"
    low, high = by_rule["loss-spike"]["interval"]
    assert low < 0.25 < high
    assert any("all 4 runs" in note for note in facts["notes"])


@pytest.mark.parametrize(
    ("observed", "status"),
    [((0.30, 0.32, 0.31), "failed"), ((0.05, 0.11, 0.30), "not_judged")],
)
def test_the_group_must_clear_the_threshold_by_its_noise(observed, status):
    runs = [
        run(f"s_seed{i}", failed=("overfitting",) if x > 0.1 else (), observed=x)
        for i, x in enumerate(observed)
    ]
    facts = describe(find_groups(runs)[0])
    assert facts["findings"][0]["status"] == status


def report_of(observed):
    return HealthReport(
        tuple(
            run(f"s_seed{i}", failed=("overfitting",) if x > 0.1 else (), observed=x)
            for i, x in enumerate(observed)
        )
    )


def test_a_finding_that_the_noise_between_seeds_may_explain_says_so():
    found = grouped(report_of((0.05, 0.11, 0.30))).runs
    assert [len(r.failed) for r in found] == [0, 1, 1]  # still true of these runs
    for finding in (found[1].failed[0], found[2].failed[0]):
        assert "does not clear the threshold 0.1" in finding.message
        assert "repeat before you change" in finding.message
    assert not any(f.message for f in found[0].findings)


def test_a_finding_beyond_the_noise_between_seeds_stays_as_it_is():
    report = report_of((0.30, 0.32, 0.31))
    assert [r.findings for r in grouped(report).runs] == [r.findings for r in report.runs]


def test_noise_between_runs_is_measured():
    best = [0.50, 0.52, 0.48, 0.51]
    facts = describe(find_groups([run(f"s_seed{i}", best=b) for i, b in enumerate(best)])[0])
    assert facts["metrics"]["val_loss"]["best_sd"] == pytest.approx(np.std(best, ddof=1))
    assert facts["metrics"]["val_loss"]["runs"] == 4


def test_bad_labels_show_against_the_siblings():
    runs = [run(f"s_seed{i}", best=0.5 + 0.01 * i) for i in range(5)]
    assert list(odd_runs(runs)) == []
    runs.append(run("s_seed9", best=0.9))
    odd = list(odd_runs(runs))
    assert [o["run"] for o in odd] == ["s_seed9"]
    assert "labels" in odd[0]["remedy"]


def test_an_odd_run_is_told_once_and_left_out_of_the_noise():
    both = ("val_loss", "train_loss")
    runs = [run(f"s_seed{i}", best=0.5 + 0.01 * i, roles=both) for i in range(5)]
    facts = describe(find_groups([*runs, run("s_seed9", best=0.9, roles=both)])[0])
    (told,) = [note for note in facts["notes"] if ": odd one out" in note]
    assert "best val_loss 0.9" in told
    assert "Best train_loss 0.9 against 0.52" in told
    assert "without the odd one out" in facts["notes"][0]
    assert facts["metrics"]["val_loss"]["best_mean"] == pytest.approx(0.52)


def test_groups_of_one_name_are_told_apart_by_their_settings():
    runs = [run(f"run{i}", seed=i, lr=lr, wd=0.1, arch="a") for i, lr in enumerate([1, 2] * 3)]
    assert [name for name, _ in names(find_groups(runs))] == ["run* (lr 1)", "run* (lr 2)"]
    report = grouped(HealthReport(tuple(runs)))
    assert [r.group for r in report.runs] == ["run* (lr 1)", "run* (lr 2)"] * 3


def test_groups_that_no_setting_tells_apart_get_a_number():
    runs = [run(f"a{x}{i}{y}{i}") for i in range(2) for x in "pq" for y in "rs"]
    found = find_groups(runs, "a([pq]).([rs])")
    assert [group.name for group in found] == [
        "ap* (no. 1)", "ap* (no. 2)", "aq* (no. 1)", "aq* (no. 2)"
    ]  # fmt: skip


def test_a_better_run_or_a_small_group_is_not_odd():
    runs = [run(f"s_seed{i}", best=0.5 + 0.01 * i) for i in range(5)]
    assert list(odd_runs([*runs, run("s_seed9", best=0.1)])) == []
    assert list(odd_runs([*runs[:2], run("s_seed9", best=0.9)])) == []


def test_healthy_groups_are_rarely_called_odd():
    random = np.random.default_rng(0)
    alarms = 0
    for _ in range(300):
        best = random.normal(0.5, 0.05, 5)
        alarms += bool(list(odd_runs([run(f"s{i}", best=float(b)) for i, b in enumerate(best)])))
    assert alarms <= 9  # 1 % each; 9 has probability below 0.4 % at that rate


def test_grouped_report_names_groups_and_adds_notes():
    report = HealthReport(tuple(run(f"s_seed{i}") for i in range(3)))
    found = grouped(report)
    assert {r.group for r in found.runs} == {"s_seed*"}
    assert found.groups[0]["runs"] == ["s_seed0", "s_seed1", "s_seed2"]
    assert "differ by seed" in found.notes[0]
    assert grouped(HealthReport((run("alone"),))).groups == ()


def test_runs_grouped_by_a_setting_are_not_said_to_differ_by_seed_alone():
    runs = tuple(run(f"r{i}", lr=0.1, wd=i) for i in range(3))
    (note,) = grouped(HealthReport(runs), by="lr").notes
    assert "3 runs that agree in lr" in note and "seed" not in note


def test_t_tail_is_close_and_never_too_small():
    for degrees in (3, 4, 6, 10, 30):
        for t in (0.5, 1, 2, 3, 5, 8):
            exact = stats.t.sf(t, degrees)
            if exact > 1e-4:
                assert 0.98 * exact <= intervals.t_tail(t, degrees) <= 1.25 * exact


def test_wilson_against_scipy():
    for failed, judged in [(0, 5), (1, 5), (5, 5), (30, 100)]:
        exact = stats.binomtest(failed, judged).proportion_ci(method="wilson")
        assert intervals.wilson(failed, judged) == pytest.approx((exact.low, exact.high), abs=1e-6)


def test_difference_against_scipy():
    a, b = [1.0, 1.2, 0.9, 1.1], [1.5, 1.7, 1.4]
    exact = stats.ttest_ind(b, a, equal_var=False).confidence_interval()
    found = intervals.difference(a, b)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), rel=0.02)
    assert found.certain
    assert not intervals.difference([1.0], [2.0]).certain
    assert intervals.difference([1.0], []) is None
