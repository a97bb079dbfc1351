"""Scores against small corpora counted by hand."""

import pytest

from benchmarks.accuracy.calibration import bands
from benchmarks.accuracy.corpus import truth_of
from benchmarks.accuracy.judges import Said, credited, prediction
from benchmarks.accuracy.scoring import Prediction, score


def truth(run, labels, ignore=(), base=0, **more):
    return truth_of({"run_id": run, "labels": labels, "ignore": list(ignore), "base": base} | more,
                    "corpus")  # fmt: skip


TRUTHS = [
    truth("a", ["overfitting"], base=0),
    truth("b", ["overfitting"], base=1),
    truth("c", ["healthy"], base=1),
    truth("d", ["healthy"], ignore=["plateau_after_drop"], base=2),
    truth("e", ["nan_divergence"], base=3),
]


def said(*labels, severity="error", **more):
    names = frozenset(labels)
    return Prediction(names, errors=names if severity == "error" else frozenset(),
                      fails=severity == "error", warns=True, **more)  # fmt: skip


def test_counts_by_hand():
    result = score(
        TRUTHS,
        {"a": said("overfitting"), "c": said("overfitting"), "d": said("plateau_after_drop")},
    )
    assert result.precision["overfitting"].value == pytest.approx(1 / 2)
    assert result.recall["overfitting"].value == pytest.approx(1 / 2)
    assert result.f1["nan_divergence"].value == 0
    assert result.macro_f1.value == pytest.approx((1 / 2 + 0) / 2)
    assert result.alarms.value == pytest.approx(1 / 2)
    assert result.alarm_names == {"overfitting": 1}


def test_a_perfect_tool_has_no_interval_around_one():
    perfect = {t.run_id: said(*t.labels) for t in TRUTHS if t.labels}
    result = score(TRUTHS, perfect)
    assert (result.macro_f1.value, result.macro_f1.low, result.macro_f1.high) == (1, 1, 1)
    assert result.alarms.value == 0
    assert result.verdicts.value == 1


def test_the_interval_covers_the_estimate():
    mixed = [truth(f"r{i}", ["overfitting"] if i % 2 else ["healthy"], base=i) for i in range(40)]
    answers = {t.run_id: said("overfitting") for i, t in enumerate(mixed) if i % 3}
    f1 = score(mixed, answers).f1["overfitting"]
    assert f1.low < f1.value < f1.high


def test_a_finding_without_a_label_is_an_alarm_but_no_mistake():
    odd = prediction([Said("loss-spike", "warning")], TRUTHS[2])
    result = score(TRUTHS, {"c": odd})
    assert result.alarms.value == pytest.approx(1 / 2)
    assert result.micro_f1.value == 0
    assert result.error_alarms.value == 0


def test_findings_below_warning_do_not_alarm():
    note = prediction([Said("overfitting", "info", ("overfitting",))], TRUTHS[2])
    assert score(TRUTHS, {"c": note}).alarms.value == 0


def test_an_ambiguous_rule_counts_as_whichever_label_is_right():
    rule = Said("stuck", "warning", ("lr_too_low", "overfitting"))
    assert credited(rule, TRUTHS[0]) == {"overfitting"}
    assert credited(rule, TRUTHS[2]) == {"lr_too_low"}
    assert credited(rule, truth("x", ["healthy"], ["overfitting"])) == set()


def test_a_bug_that_the_log_cannot_show_is_not_counted():
    hidden = truth("h", ["schedule_not_applied"], unobservable=["schedule_not_applied"])
    result = score([hidden], {})
    assert result.f1["schedule_not_applied"].count == 0
    assert result.verdicts.count == 0
    assert result.alarms.count == 0


def test_bands_hold_the_share_of_right_findings():
    answers = {
        "a": said("overfitting", confidence={"overfitting": 0.96}),
        "b": said("overfitting", confidence={"overfitting": 0.97}),
        "c": said("overfitting", confidence={"overfitting": 0.75}),
        "d": Prediction(),
        "e": Prediction(),
    }
    low, high = bands(TRUTHS, answers)
    assert (low.low, low.precision.value, low.precision.count) == (0.7, 0.0, 1)
    assert (high.low, high.precision.value, high.precision.count) == (0.95, 1.0, 2)


def test_the_verdict_is_the_tools_own_even_by_a_finding_whose_label_is_open():
    open_one = truth("f", ["overfitting"], ignore=["lr_too_low"])
    told = prediction([Said("lr-too-low", "error", ("lr_too_low",))], open_one)
    assert told.fails and told.warns
    assert not told.labels
