from __future__ import annotations

import json

import numpy as np
import pytest

from lrdiag.config import Config
from lrdiag.diagnose import analyze_paths, diagnose_run, left_out_notes, rules_for
from lrdiag.errors import ConfigError
from lrdiag.findings import Status, Verdict
from lrdiag.schedule.values import ConfiguredSchedule

EPOCHS = np.arange(40)
FALLING = 2.0 * np.exp(-EPOCHS / 8.0) + 0.3


@pytest.fixture(scope="module")
def rules():
    return rules_for(Config())


def test_every_rule_ends_one_way_or_another(make_run, rules):
    report = diagnose_run(
        make_run({"train_loss": FALLING, "val_loss": FALLING + 0.1}), rules, Config()
    )
    assert {f.rule for f in report.findings} == {rule.id for rule in rules.rules}
    for finding in report.findings:
        if finding.status in (Status.NOT_JUDGED, Status.NOT_APPLICABLE):
            assert finding.reason


def test_a_run_without_a_point_is_undecided(make_run, rules):
    report = diagnose_run(make_run({}), rules, Config())
    assert report.verdict is Verdict.UNDECIDED


def test_without_a_logged_rate_the_configured_milestones_are_the_drops(make_run, rules):
    schedule = ConfiguredSchedule("multistep", (15, 30), gamma=0.1, origin="command line")
    run = make_run({"train_loss": FALLING, "val_loss": FALLING + 0.1})
    report = diagnose_run(run, rules, Config(schedule=schedule))
    assert [(d.step, d.source) for d in report.schedule.drops] == [
        (15, "configured"),
        (30, "configured"),
    ]


def test_a_disabled_rule_is_not_asked(make_run, rules):
    report = diagnose_run(make_run({"train_loss": FALLING}), rules, Config(disable=("loss-spike",)))
    assert "loss-spike" not in {f.rule for f in report.findings}


def test_a_drop_is_reported_with_what_it_brought(make_run, rules):
    rate = np.where(EPOCHS < 20, 0.1, 0.01)
    loss = np.where(EPOCHS < 20, 1.0 + 0.5 * np.exp(-EPOCHS / 3), 0.6)
    loss = loss + 0.01 * np.random.default_rng(0).normal(size=40)
    report = diagnose_run(make_run({"train_loss": loss, "lr": rate}), rules, Config())
    (drop,) = report.schedule.drops
    assert (drop.step, drop.before, drop.after) == (20, 0.1, 0.01)
    brought = drop.efficacy["train_loss"]
    low, high = brought["interval"]
    assert low < -0.4 < high
    assert low < brought["change"] < high < 0


def test_curves_keep_their_extremes(make_run, rules):
    loss = np.full(5000, 1.0)
    loss[3333] = 50.0
    report = diagnose_run(make_run({"train_loss": loss}), rules, Config())
    (curve,) = [c for c in report.curves if c.role == "train_loss"]
    assert len(curve.value) <= 500
    assert max(curve.value) == 50.0


def test_a_file_that_is_no_log_is_said(tmp_path, rules):
    (tmp_path / "notes.txt").write_text("nothing of interest\n")
    report = analyze_paths([tmp_path], Config(), rules=rules)
    assert report.runs == ()
    assert report.verdict is Verdict.UNDECIDED
    assert any("notes.txt" in note for note in report.notes)


def test_what_was_left_out_is_counted_by_reason():
    notes = left_out_notes([("a.py", "no log"), ("b.py", "no log"), ("c", "a socket")])
    assert notes == ("Left out, no log: a.py and 1 more", "Left out, a socket: c")


def test_disabling_an_unknown_rule_is_an_error():
    with pytest.raises(ConfigError, match="los-spike") as caught:
        rules_for(Config(disable=("los-spike",)))
    assert "loss-spike" in str(caught.value)


def test_a_tree_of_several_formats_says_what_was_read_as_what(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("epoch,loss\n0,0.5\n1,0.4\n2,0.3\n")
    lines = "".join(json.dumps({"epoch": e, "loss": 1 / (e + 1)}) + "\n" for e in range(3))
    (tmp_path / "c.jsonl").write_text(lines)
    report = analyze_paths([tmp_path], Config())
    assert report.notes[0] == "Files read: 2 as csv, 1 as jsonl."
    (tmp_path / "c.jsonl").unlink()
    assert not any("Files read" in note for note in analyze_paths([tmp_path], Config()).notes)
