"""What a hypothesis that explains a log means, in words and numbers."""

from dataclasses import replace

import numpy as np
import pytest
from planted_runs import CONFIG, EPOCH, EPOCHS, PER, ROWS, STEPS, answer, multi

from lrdiag.axes import EpochAxis
from lrdiag.schedule.agreement import agreements_of, plain
from lrdiag.schedule.configured import from_options
from lrdiag.schedule.explained import explained
from lrdiag.schedule.hypotheses import (
    Hypothesis,
)

# What it means


def agreement(rates, steps=ROWS, axis=STEPS, config=CONFIG, epochs=90, restarts=()):
    found, log = answer(rates, steps, axis, config, epochs, restarts)
    return agreements_of(found, log)


def test_messages_hold_the_numbers():
    def message(rates, **more):
        return agreement(rates, **more)[0].message

    assert message(multi(0 * ROWS)).startswith("The rate stays at 0.1 from the first")
    assert "stepped 3 times" in message(multi(3 * EPOCH))
    assert message(multi(EPOCH, gamma=0.5)) == (
        "Each drop multiplies by 0.5; 0.1 is configured."
    )  # fmt: skip
    assert "by 0.01, the square of the configured 0.1." in message(multi(EPOCH, gamma=0.01))
    assert "milestone 30 passed" in message(multi(EPOCH, milestones=[60]))
    jumped = np.where(ROWS >= 2000, 5, 1) * multi(EPOCH)
    assert "From step 2000 the rate is 5 times the configured multistep." in message(jumped)
    anew = multi(np.where(ROWS >= 2000, EPOCH - 50, EPOCH))
    assert message(anew) == "At step 2000 the configured multistep began anew."
    assert message(multi(np.maximum(EPOCH - 2, 0))) == (
        "Drops come 2 epoch(s) after the configured ones, at every drop."
    )
    assert message(multi(EPOCH + 2)) == (
        "Drops come 2 epoch(s) before the configured ones, at every drop."
    )


def test_a_row_early_or_late_is_told_as_a_convention():
    def told(shift):
        epochs = np.arange(90)
        (found,) = agreement(multi(np.maximum(epochs + shift, 0)), epochs, EPOCHS)
        return found

    assert (told(0).kind, told(0).message) == (
        "matches", "The logged rate is the configured multistep at every row.",
    )  # fmt: skip
    assert told(1).kind == told(-1).kind == "convention"
    assert "seen 1 row early throughout" in told(1).message
    assert "seen 1 row late throughout" in told(-1).message
    assert (told(2).kind, told(-2).kind) == ("early", "late")


def test_observed_threshold_and_place():
    (found,) = agreement(multi(EPOCH, gamma=0.5))
    assert (found.observed, found.threshold, found.unit) == (0.5, 0.1, "gamma")
    assert (found.first_step, found.last_step, found.confidence) == (0, 3590, 0.99)
    (found,) = agreement(np.where(ROWS >= 2000, 5, 1) * multi(EPOCH))
    assert (found.observed, found.threshold, found.unit) == (pytest.approx(5.0), None, "factor")
    assert (found.first_step, found.last_step) == (2000, 3590)
    (found,) = agreement(multi(EPOCH))
    assert (found.observed, found.threshold, found.unit) == (None, None, "")
    assert found.details["hypothesis"]["per_epoch"] == PER


def test_a_factor_below_one_is_an_extra_drop_and_above_one_a_jump():
    down = np.where(ROWS >= 2000, 0.3, 1) * multi(EPOCH)
    up = np.where(ROWS >= 2000, 3, 1) * multi(EPOCH)
    assert agreement(down)[0].kind == "extra_drop"
    assert agreement(down, restarts=(2000,))[0].kind == "jump_on_resume"
    assert agreement(down, restarts=(1990,))[0].kind == "extra_drop"
    assert agreement(up)[0].kind == "jump_on_resume"
    assert agreement(3 * multi(EPOCH))[0].kind == "convention"
    slightly_above = np.where(ROWS >= 2000, 1.5, 1) * multi(EPOCH)
    assert agreement(slightly_above)[0].kind == "jump_on_resume"


@pytest.mark.parametrize(("gamma", "kind"), [
    (0.1001, "matches"), (0.103, "gamma_differs"), (0.01, "gamma_applied_twice"),
    (0.0102, "gamma_differs"),
])  # fmt: skip
def test_a_gamma_next_to_the_configured_one_was_rounded(gamma, kind):
    assert agreement(multi(EPOCH, gamma=gamma))[0].kind == kind


def test_stepped_as_often_as_an_epoch_has_batches_is_once_a_batch():
    axis = EpochAxis(np.array([0, 90 * 8]), np.array([0.0, 90.0]), "configured")
    rows = np.arange(0, 90 * 8, 2)
    for k, kind in ((8, "stepped_per_batch"), (7, "stepped_per_batch"), (5, "stepped_twice")):
        config = replace(CONFIG, steps_per_epoch=8)
        found = agreement(multi(k * (rows // 8)), rows, axis, config)[0]
        assert found.kind == kind


def test_milestones_beyond_the_end_come_first():
    config = from_options([30, 90, 120], gamma=0.1, epochs=90, steps_per_epoch=PER, base_lr=0.1)
    beyond, match = agreement(multi(EPOCH, milestones=[30]), config=config)
    assert (beyond.kind, match.kind) == ("beyond_end", "matches")
    assert "milestone(s) 90, 120 lie at or beyond the end (90 epochs)" in beyond.message
    assert (beyond.observed, beyond.threshold, beyond.unit) == (90.0, 90.0, "epoch")
    assert beyond.details["unreached"] == [90, 120]
    assert (beyond.first_step, beyond.last_step) == (0, 3590)


@pytest.mark.parametrize(("places", "beyond"), [([30, 89], []), ([30, 90], [90])])
def test_the_last_epoch_is_reached(places, beyond):
    config = from_options(places, gamma=0.1, epochs=90, steps_per_epoch=PER, base_lr=0.1)
    found = agreement(multi(EPOCH, milestones=places), config=config)
    assert [m for a in found for m in a.details.get("unreached", [])] == beyond


def test_a_step_size_beyond_the_end():
    config = from_options(step_size=95, gamma=0.1, epochs=90, steps_per_epoch=PER, base_lr=0.1)
    found = agreement(0.1 + 0 * ROWS, config=config)
    assert found[0].kind == "beyond_end" and found[0].details["unreached"] == [95]


def test_a_hypothesis_as_plain_data():
    found = plain(Hypothesis("rate_k", k=3), 40.0)
    assert found == {"kind": "rate_k", "base": 0.0, "sub": 0.0, "delta": 0.0, "k": 3,
                     "per_epoch": 40.0}  # fmt: skip
    found = plain(Hypothesis("resume_reset", at=5.0, tick_at=2.0, per_epoch=7.0), 40.0)
    assert (found["at"], found["tick_at"], found["per_epoch"]) == (5.0, 2.0, 7.0)
    assert "k" not in found and "tick_at" not in plain(Hypothesis("jump", at=5.0), None)


# The family that an explained log is told as


def told(*args, **more):
    found, log = answer(*args, **more)
    return explained(found, log)
