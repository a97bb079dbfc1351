from __future__ import annotations

import math

import pytest

from lrdiag.findings import (
    DropSummary,
    Finding,
    HealthReport,
    RunReport,
    ScheduleSummary,
    Severity,
    Status,
    Verdict,
)
from lrdiag.reports import wording
from lrdiag.reports.registry import report_format


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.1, "0.1"), (1e-5, "1e-05"), (30.0, "30"), (0.31234, "0.312"),
     (math.nan, "nan"), (12345678.0, "1.23e+07")],
)  # fmt: skip
def test_numbers_are_short(value, text):
    assert wording.number(value) == text


def failed(rule="overfitting", severity=Severity.ERROR, confidence=0.9, **more):
    return Finding(rule, Status.FAILED, severity, confidence=confidence, remedy="Do it.", **more)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ({"first_epoch": 3.0, "last_epoch": 9.5}, "epochs 3–9.5"),
        ({"first_epoch": 3.0, "last_epoch": 3.0}, "epoch 3"),
        ({"first_step": 1200, "last_step": 1300}, "steps 1,200–1,300"),
        ({"first_step": 7}, "step 7"),
        ({}, ""),
    ],
)
def test_where_a_finding_is(place, text):
    assert wording.where(failed(**place)) == text


def test_no_finding_is_called_certain():
    assert wording.certainty(failed(confidence=1.0, points=1)) == "99 % sure, 1 point"


def run(name, *findings, verdict=Verdict.UNHEALTHY):
    return RunReport(name, verdict, findings=findings)


def test_actions_are_one_a_rule_errors_first_then_by_runs():
    spike = failed("loss-spike", Severity.WARNING)
    note = failed("still-improving-at-end", Severity.NOTE)
    report = HealthReport((
        run("a", spike, note), run("b", spike), run("c", failed(confidence=0.5)),
        run("d", failed(confidence=0.8)), run("e", failed("nan-divergence")),
    ))  # fmt: skip
    actions = wording.next_actions(report)
    assert [(a.rule, a.runs) for a in actions] == [
        ("overfitting", 2), ("nan-divergence", 1), ("loss-spike", 2),
    ]  # fmt: skip
    assert actions[0].run == "d"


def test_notes_are_actions_only_when_nothing_else_is():
    report = HealthReport((run("a", failed("still-improving-at-end", Severity.NOTE)),))
    assert [a.rule for a in wording.next_actions(report)] == ["still-improving-at-end"]


def test_a_suppressed_finding_asks_for_nothing():
    assert wording.next_actions(HealthReport((run("a", failed(suppressed="known")),))) == []


def test_drops_known_from_the_loss_only_have_no_rates():
    drop = DropSummary(50, 50.0, math.nan, math.nan, "lr", "from_loss", 0.9)
    report = RunReport("r", Verdict.HEALTHY, schedule=ScheduleSummary("unknown", {}, (drop,)))
    assert wording.schedule_line(report) == (
        "unknown: drops at epoch 50 (told by the training loss alone)"
    )


def test_the_best_checkpoint_and_the_epochs_after_it(examples):
    text = wording.best_checkpoint(examples.run(sick=True))
    assert text == "val_loss 0.264 at epoch 101, 98 epochs before the end"


def test_a_run_of_which_nothing_was_judged_says_so():
    assert wording.run_headline(run("a", verdict=Verdict.UNDECIDED)) == "no rule could be judged"
    assert wording.headline(HealthReport(())) == "no run was read"


def test_reasons_are_grouped_largest_first():
    findings = [
        Finding(rule, Status.NOT_JUDGED, Severity.ERROR, reason=reason)
        for rule, reason in (("a", "x"), ("b", "y"), ("c", "y"), ("c", "y"))
    ]
    assert wording.by_reason(findings) == [("y", ["b", "c"]), ("x", ["a"])]


@pytest.mark.parametrize("format_name", ["term", "markdown", "html"])
def test_a_proposed_schedule_is_shown_with_its_reason_and_never_for_a_healthy_run(
    examples, format_name
):
    told = "MultiStepLR(optimizer, milestones=[100, 120]", "30 epochs without"
    sick = report_format(format_name).render(examples.sick()).replace("\\", "")
    healthy = report_format(format_name).render(examples.healthy())
    assert all(text in sick for text in told)
    assert "try next" not in healthy and "Schedule to try" not in healthy


def test_a_proposal_without_a_line_of_pytorch_is_told_in_words():
    proposed = {"milestones": [40, 70], "gamma": 0.1}
    schedule = ScheduleSummary("multistep", {}, proposed=proposed)
    report = RunReport("r", Verdict.WARNING, schedule=schedule)
    assert wording.proposal(report) == ("drops at epochs 40, 70 by 0.1", "")
    assert wording.proposal(RunReport("r", Verdict.HEALTHY)) == ("", "")
