from __future__ import annotations

import dataclasses
import re

import pytest

from lrdiag.findings import Finding, HealthReport, RunReport, Severity, Status, Verdict
from lrdiag.reports.columns import cells
from lrdiag.reports.html import HtmlFormat
from lrdiag.reports.markdown import MarkdownFormat
from lrdiag.reports.terminal import TerminalFormat

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", ["healthy", "sick", "mixed", "many", "hostile"])
@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("width", [40, 80, 132])
def test_no_line_is_wider_than_the_screen(examples, name, verbose, width):
    if name == "many" and verbose:
        pytest.skip("the same code as for ten runs")
    text = TerminalFormat(verbose=verbose, width=width).render(getattr(examples, name)())
    too_wide = [line for line in text.splitlines() if cells(line) > width]
    assert not too_wide


def test_the_verdict_and_what_to_do_come_first(examples):
    lines = TerminalFormat().render(examples.sick()).splitlines()
    assert lines[0].startswith("UNHEALTHY  1 error, 1 warning")
    assert lines[2] == "What to do"
    assert lines[3].startswith("  1. overfitting: Keep the checkpoint of epoch 104")


def test_a_healthy_run_is_one_screen_without_alarm(examples):
    text = TerminalFormat().render(examples.healthy())
    assert text.startswith("HEALTHY")
    assert "What to do" not in text
    assert len(text.splitlines()) <= 24


def test_a_finding_shows_all_that_supports_it(examples):
    text = " ".join(TerminalFormat().render(examples.sick()).split())
    for piece in (
        "error overfitting, epochs 104–199", "observed 0.31", "threshold 0.04",
        "95 % interval 0.27 to 0.35", "relative rise of val_loss over its best", "97 % sure",
        "96 points", "The rise is 15 times the noise", "do: Keep the checkpoint of epoch 104",
    ):  # fmt: skip
        assert piece in text


def test_not_judged_is_compact_and_in_full_on_request(examples):
    brief = TerminalFormat().render(examples.sick())
    assert "Not judged: 2 answers" in brief
    assert "passed" not in brief
    full = TerminalFormat(verbose=True).render(examples.sick())
    assert "post-drop-divergence, loss-spike" in full
    assert "no-signal: the number of classes is not known" in " ".join(full.split())


def test_many_runs_take_one_line_each_worst_first(examples):
    lines = TerminalFormat().render(examples.many()).splitlines()
    runs = [line for line in lines if line[3:].startswith("sweep/lr")]
    assert len(runs) == 200
    assert all("unhealthy" in line for line in runs[:50])
    assert not any("unhealthy" in line for line in runs[50:])


def test_names_that_are_alike_at_both_ends_can_be_told_apart(examples):
    front, end = "sweep/resnet_width64_lr", "_cosine_seed1_with_a_long_name/metrics.csv"
    first, *others = examples.many().runs
    runs = [dataclasses.replace(first, run=f"{front}{lr}{end}") for lr in (1, 2, 3)]
    long = dataclasses.replace(examples.many(), runs=(*runs, *(
        dataclasses.replace(run, run=f"{front}{k}9{end}") for k, run in enumerate(others[:9])
    )))  # fmt: skip
    text = TerminalFormat().render(long)
    rows = [line for line in text.splitlines() if line[:2] in ("✗ ", "! ", "✓ ")]
    assert len({line.split()[1] for line in rows}) == 12
    assert "All runs are called sweep/resnet_width64_*" in " ".join(text.split())


def test_drops_are_marked_below_the_curves(examples):
    lines = TerminalFormat().render(examples.sick()).splitlines()
    lr = next(line for line in lines if line.strip().startswith("lr "))
    drops = next(line for line in lines if line.strip().startswith("drops"))
    first = drops.index("↓")
    assert lr[first - 1] != lr[first]
    assert drops.count("↓") == 2


def test_colours_only_when_asked_for_and_they_change_nothing_else(examples):
    plain = TerminalFormat().render(examples.sick())
    coloured = TerminalFormat(colour=True).render(examples.sick())
    assert "\x1b" not in plain
    assert "\x1b[31;1m" in coloured
    assert ESCAPE.sub("", coloured) == plain


def test_hostile_names_do_not_reach_the_terminal(examples):
    for verbose in (False, True):
        text = TerminalFormat(verbose=verbose, colour=True).render(examples.hostile())
        rest = ESCAPE.sub("", text).replace("\n", "")
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", rest)


def test_a_broken_check_and_an_accepted_finding_are_told():
    broken = Finding("loss-spike", Status.ERROR, Severity.ERROR, reason="ZeroDivisionError in it")
    accepted = Finding("overfitting", Status.FAILED, Severity.ERROR, suppressed="until June (Ann)")
    run = RunReport("r", Verdict.UNDECIDED, findings=(broken, accepted))
    report = HealthReport((run,))
    assert "! loss-spike on r: ZeroDivisionError in it" in TerminalFormat().render(report)
    assert "accepted" in TerminalFormat(verbose=True).render(report)


def test_an_accepted_finding_is_shown_with_what_it_says_and_why_it_is_accepted():
    accepted = Finding(
        "overfitting", Status.FAILED, Severity.ERROR, message="val_loss rose 30 %.",
        suppressed="best checkpoint kept (ada, until 2027-06-30)",
    )  # fmt: skip
    report = HealthReport((RunReport("r", Verdict.HEALTHY, findings=(accepted,)),))
    for found in (TerminalFormat(), MarkdownFormat(), HtmlFormat()):
        text = " ".join(found.render(report).split())
        assert "overfitting: val_loss rose 30 %." in text.replace("&#37;", "%")
        assert "best checkpoint kept (ada, until 2027-06-30)" in text


def test_a_megabyte_of_name_stays_short(examples):
    run = dataclasses.replace(examples.run(sick=True), run="n" * 1_000_000)
    run = dataclasses.replace(run, roles={"val_loss": "t" * 1_000_000})
    report = HealthReport((run,), verdict=Verdict.UNHEALTHY)
    assert len(TerminalFormat(verbose=True).render(report)) < 10_000


def test_a_proposed_line_is_not_broken_by_its_comment(examples):
    run = examples.sick().runs[0]
    code = run.schedule.proposed["pytorch"]
    told = {**run.schedule.proposed, "pytorch": f"{code}  # step() every epoch; base lr 0.1"}
    proposed = dataclasses.replace(run, schedule=dataclasses.replace(run.schedule, proposed=told))
    report = dataclasses.replace(examples.sick(), runs=(proposed,))
    lines = TerminalFormat(width=90).render(report).splitlines()
    at = lines.index(f"  try next   {code}")
    assert lines[at + 1].strip() == "# step() every epoch; base lr 0.1"
    assert lines[at + 2].strip().startswith("drop-too-late: ")
