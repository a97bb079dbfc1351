"""What to train with next, at the limits of what speaks for it."""

import pytest

from lrdiag.findings import DropSummary, Finding, ScheduleSummary, SegmentSummary, Severity, Status
from lrdiag.schedule.proposal import propose

NAN = float("nan")


def drop(epoch, before, after=None):
    return DropSummary(round(epoch or 0), epoch, before, before / 10 if after is None else after,
                       "lr", "logged")  # fmt: skip


def summary(*drops, end=60.0, **more):
    return ScheduleSummary("multistep", {}, drops=drops,
                           segments=(SegmentSummary(0, 60, 0.1, 0.0, end),), **more)  # fmt: skip


def moved(rule="drop-too-late", first=20, **more):
    given = {"first_milestone": first} if first is not None else {}
    return Finding(rule, Status.FAILED, Severity.NOTE, "So.", suggested=given, **more)


def idle(number):
    return Finding("plateau-after-drop", Status.FAILED, Severity.NOTE, "So.", drop=number)


@pytest.mark.parametrize(("drops", "first", "end", "milestones"), [
    # Later drops keep their share of what is left: 50 is half-way from 40 to 60.
    ((40, 50), 20, 60.0, [20, 40]),
    ((40, 45, 55), 20, 60.0, [20, 30, 50]),
    ((10, 30), 20, 60.0, [20, 36]),
    ((40,), 20, 60.0, [20]),
    ((40, 50), 20, None, [20, 48]),  # the end unknown: one epoch behind the last drop
    ((20, 60), 30, 60.0, [30]),  # at the end no drop is worth it
])  # fmt: skip
def test_later_milestones_keep_their_share(drops, first, end, milestones):
    given = [drop(float(e), 0.1 * 0.1**k) for k, e in enumerate(drops)]
    assert propose(summary(*given, end=end), [moved(first=first)])["milestones"] == milestones


def test_gamma_is_the_middle_ratio_and_base_the_first_rate():
    drops = (drop(20.0, 0.12345678, 0.05), drop(30.0, 0.05, 0.01), drop(40.0, 0.01, 0.001))
    found = propose(summary(*drops), [moved(first=15)])
    assert (found["gamma"], found["base_lr"]) == (0.2, 0.123457)
    assert found["pytorch"] == (
        f"scheduler = MultiStepLR(optimizer, milestones={found['milestones']}, gamma=0.2)"
        "  # step() every epoch; base lr 0.123457"
    )


@pytest.mark.parametrize("finding", [
    moved("drop-too-early"), moved("drop-too-late"), idle(2),
])  # fmt: skip
def test_what_speaks_for_another_schedule(finding):
    assert propose(summary(drop(20.0, 0.1), drop(40.0, 0.01)), [finding]) is not None


@pytest.mark.parametrize("finding", [
    moved("lr-too-low"), moved(first=None), idle(None), idle(3), idle(1),
    Finding("plateau-after-drop", Status.PASSED, Severity.NOTE, "So.", drop=1),
])  # fmt: skip
def test_what_does_not(finding):
    assert propose(summary(drop(20.0, 0.1), drop(40.0, 0.01)), [finding]) is None


@pytest.mark.parametrize("drops", [
    (drop(None, 0.1),), (drop(20.0, 0.1), drop(None, 0.01)), (drop(20.0, 0.1, 0.0),),
    (drop(20.0, 0.1, 0.2),), (drop(20.0, 0.1, NAN),),
])  # fmt: skip
def test_drops_without_an_epoch_or_a_ratio_are_no_base_for_advice(drops):
    assert propose(summary(*drops), [moved()]) is None


@pytest.mark.parametrize(("count", "advised"), [(6, True), (7, False)])
def test_more_than_six_drops_are_no_choice(count, advised):
    drops = [drop(30.0 + k, 0.1 * 0.5**k, 0.1 * 0.5 ** (k + 1)) for k in range(count)]
    assert (propose(summary(*drops), [moved()]) is not None) is advised


def test_an_only_drop_that_was_idle_leaves_nothing_to_advise():
    assert propose(summary(drop(20.0, 0.1)), [idle(1)]) is None


def test_a_moved_drop_counts_before_an_idle_one():
    found = propose(summary(drop(30.0, 0.1), drop(40.0, 0.01)), [idle(2), moved(first=10)])
    assert len(found["milestones"]) == 2 and found["milestones"][0] == 10
    assert "probability" not in found
    assert propose(summary(drop(30.0, 0.1)), [moved(confidence=0.7)])["probability"] == 0.7
