"""What to train with next: where the first drop should be, and drops that brought nothing."""

from dataclasses import replace
from typing import Any

from lrdiag.findings import DropSummary, Finding, ScheduleSummary, SegmentSummary, Severity, Status
from lrdiag.schedule.proposal import propose


def drop(epoch: float, before: float, interval: tuple[float, float] = (-0.5, -0.1)) -> DropSummary:
    efficacy = {role: {"interval": interval} for role in ("train_loss", "val_loss")}
    return DropSummary(int(epoch), epoch, before, before / 10, "lr", "logged", efficacy=efficacy)


def summary(*drops: DropSummary, **more: Any) -> ScheduleSummary:
    last = SegmentSummary(0, 60, 0.1, 0.0, 60.0)
    return ScheduleSummary("multistep", {}, drops=drops, segments=(last,), **more)


def late(rule: str = "drop-too-late", status: Status = Status.FAILED, first: int = 20) -> Finding:
    return Finding(
        rule,
        status,
        Severity.NOTE,
        "Flat for 20 epochs.",
        confidence=0.9,
        suggested={"first_milestone": first},
    )


def test_a_late_first_drop_moves_and_later_ones_keep_their_share_of_what_is_left() -> None:
    found = propose(summary(drop(40, 0.1), drop(50, 0.01)), [late()])
    assert found is not None
    assert found["milestones"] == [20, 40] and found["gamma"] == 0.1 and found["base_lr"] == 0.1
    assert "milestones=[20, 40], gamma=0.1" in found["pytorch"]
    assert "Flat for 20 epochs." in found["reason"] and "not a promise" in found["reason"]
    assert found["probability"] == 0.9


def test_a_drop_that_a_finding_calls_idle_is_left_out() -> None:
    idle = Finding("plateau-after-drop", Status.FAILED, Severity.NOTE, "Nothing.", drop=2)
    found = propose(summary(drop(20, 0.1), drop(50, 0.01)), [idle])
    assert found is not None and found["milestones"] == [20]
    assert "plateau-after-drop: Nothing." in found["reason"]


def test_more_than_six_drops_are_no_choice_to_advise_on() -> None:
    many = [drop(float(e), 0.1 * 0.1**e) for e in range(1, 9)]
    assert propose(summary(*many), [late()]) is None


def test_nothing_is_proposed_without_a_reason_or_where_the_rate_rose() -> None:
    plain = summary(drop(20, 0.1), drop(50, 0.01))
    assert propose(plain, []) is None
    assert propose(plain, [late(status=Status.PASSED)]) is None
    assert propose(summary(drop(20, 0.1), rises=(drop(30, 0.01),)), [late()]) is None
    assert propose(summary(), [late()]) is None


def test_drops_whose_effect_is_lost_in_the_noise_stay() -> None:
    assert propose(summary(drop(20, 0.1, (-0.02, 0.03))), []) is None


def test_a_finding_that_was_accepted_proposes_nothing() -> None:
    accepted = replace(late(), suppressed="accepted by the owner until March")
    assert propose(summary(drop(40, 0.1)), [accepted]) is None


def idle(number: int) -> Finding:
    return Finding("plateau-after-drop", Status.FAILED, Severity.NOTE, "Nothing.", drop=number)


def test_epochs_that_ending_early_would_save_are_told() -> None:
    found = propose(summary(drop(20, 0.1), drop(45, 0.01)), [idle(2)])
    assert found is not None and found["milestones"] == [20]
    assert "at epoch 45, would have saved 15 of 60 epochs (25%)" in found["reason"]


def test_a_healthy_run_gets_no_proposal_that_saves_nothing() -> None:
    between = summary(drop(20, 0.1), drop(30, 0.01), drop(40, 0.001))
    assert propose(between, [idle(2)]) is None
    assert propose(summary(drop(20, 0.1), drop(56, 0.01)), [idle(2)]) is None


def test_a_run_with_a_warning_is_told_of_an_idle_drop_between_others() -> None:
    between = summary(drop(20, 0.1), drop(30, 0.01), drop(40, 0.001))
    warned = Finding("overfitting", Status.FAILED, Severity.WARNING, "It overfits.")
    found = propose(between, [idle(2), warned])
    assert found is not None and found["milestones"] == [20, 40]
    assert "saved" not in found["reason"]
