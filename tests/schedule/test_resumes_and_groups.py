"""A resume in mid-epoch, param groups with schedules of their own, and dips of get_lr()."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.configured import from_options
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.presentation import lines_of

PER, EPOCHS = 40, 90
STEP = np.arange(PER * EPOCHS)
AXIS = EpochAxis(np.array([0, PER * EPOCHS]), np.array([0.0, EPOCHS]), "configured")
CONFIGURED = from_options([30, 60], gamma=0.1, epochs=EPOCHS, steps_per_epoch=PER, base_lr=0.1)
BY_STEP = EpochAxis(np.array([0, 400]), np.array([0.0, 400.0]), "step is epoch")


def logged(rate, step, restarts=(), tag="lr"):
    step = np.asarray(step, np.int64)
    return Series(tag, step, np.full(len(step), np.nan), np.asarray(rate, float), restarts=restarts)


def schedule_at(tick):
    return rate_at("multistep", {"base_lr": 0.1, "milestones": [30, 60], "gamma": 0.1}, tick)


def infer(rate, step=STEP, configured=CONFIGURED, restarts=()):
    return infer_schedule({"lr": logged(rate, step, restarts)}, AXIS, configured)


@pytest.mark.parametrize("at", [1230, 1210, 2417])
def test_a_resume_in_mid_epoch_that_goes_on_as_before_is_no_change(at: int) -> None:
    """A checkpoint within an epoch repeats rows since the last one; the schedule is the same."""
    step = np.concatenate([np.arange(at), np.arange(at - 25, len(STEP))])
    found = infer(schedule_at(step // PER), step)
    assert [c.step for c in found.drops] == [1200, 2400] and not found.rises
    assert found.agreements[0].kind == "matches"


def test_an_epoch_begun_anew_after_a_resume_delays_the_later_drops_by_what_was_lost() -> None:
    """Steps go on counting, but the epoch of the checkpoint is trained from its start again."""
    lost = 17
    begun = 20 * PER + lost
    tick = np.where(begun <= STEP, (STEP - lost) // PER, STEP // PER)
    found = infer(schedule_at(tick), restarts=(begun,))
    assert [c.step for c in found.drops] == [1200 + lost, 2400 + lost]
    assert not found.rises
    assert (found.agreements[0].kind, found.agreements[0].rule) == ("matches", "")
    assert "resumed at step 817 was trained again" in found.agreements[0].message


@pytest.mark.parametrize(
    ("at", "drops", "rises"),
    [(1013, [2213, 3413], []), (2107, [1200, 3307], [2107])],
)
def test_a_scheduler_that_is_not_restored_in_mid_epoch_is_a_reset(at, drops, rises) -> None:
    """The new scheduler counts epochs from 0 at the resume; the rate goes back up or stays."""
    tick = np.where(at <= STEP, (STEP - at) // PER, STEP // PER)
    found = infer(schedule_at(tick), restarts=(at,))
    assert ([c.step for c in found.drops], [c.step for c in found.rises]) == (drops, rises)
    assert all(c.at_restart for c in found.rises)
    agreement = found.agreements[0]
    assert (agreement.kind, agreement.rule) == ("reset_on_resume", "lr-jump-on-resume")
    assert agreement.first_step == at and "load_state_dict" in agreement.remedy


def test_a_resume_with_another_base_rate_in_mid_epoch_is_a_jump_at_its_step() -> None:
    at = 12 * PER + 11
    found = infer(np.where(at <= STEP, 0.5, 1.0) * schedule_at(STEP // PER), restarts=(at,))
    assert [c.step for c in found.drops] == [at, 1200, 2400]
    assert found.drops[0].at_restart
    assert (found.agreements[0].kind, found.agreements[0].rule) == (
        "jump_on_resume",
        "lr-jump-on-resume",
    )


def test_param_groups_with_different_schedules_are_told_each() -> None:
    epoch = np.arange(90.0)
    heads = {"base_lr": 0.1, "milestones": [30, 60], "gamma": 0.1}
    rates = {
        "lr/head": rate_at("multistep", heads, epoch),
        "lr/scaled": 0.1 * rate_at("multistep", heads, epoch),
        "lr/body": rate_at("multistep", {**heads, "milestones": [45], "gamma": 0.5}, epoch),
        "lr/norm": rate_at("cosine", {"base_lr": 0.01, "T_max": 90, "eta_min": 0.0}, epoch),
        "lr/frozen": np.full(90, 1e-4),
    }
    series = {name: logged(rate, epoch, tag=name) for name, rate in rates.items()}
    found = infer_schedule(series, BY_STEP)
    by_name = {group.group: group for group in found.groups}
    assert [c.step for c in found.drops] == [30, 60]
    assert [c.step for c in by_name["lr/scaled"].changes] == [30, 60]
    assert by_name["lr/scaled"].family.parameters["base_lr"] == pytest.approx(0.01)
    assert [c.step for c in by_name["lr/body"].changes] == [45]
    assert by_name["lr/body"].family.parameters["gamma"] == pytest.approx(0.5)
    assert by_name["lr/norm"].family.name == "cosine" and not by_name["lr/norm"].changes
    assert by_name["lr/frozen"].family.name == "constant"
    text = "\n".join(lines_of("run", found, series))
    assert "param group lr/norm: cosine, 0 changes" in text
    assert "param group lr/body: step, 1 changes" in text


@pytest.mark.parametrize("gamma", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("printed", ["{!r}", "{:.6g}", "{:.2e}"])
def test_dips_of_get_lr_are_mended_under_any_printing(gamma: float, printed: str) -> None:
    rate = rate_at("multistep", {"base_lr": 0.1, "milestones": [20, 40], "gamma": gamma},
                   np.arange(60.0))  # fmt: skip
    rate[[20, 40]] *= gamma
    rate = np.array([float(printed.format(float(v))) for v in rate])
    found = infer_schedule({"lr": logged(rate, np.arange(60))}, BY_STEP)
    assert [c.step for c in found.drops] == [20, 40] and not found.rises
    assert found.notes[0].startswith("2 row(s) show gamma squared")


def test_dips_of_get_lr_agree_with_the_configuration() -> None:
    rate = schedule_at(np.arange(90.0))
    rate[[30, 60]] *= 0.1
    configured = from_options([30, 60], gamma=0.1, epochs=90, base_lr=0.1)
    found = infer_schedule({"lr": logged(rate, np.arange(90))}, BY_STEP, configured)
    assert [a.kind for a in found.agreements] == ["matches"]


def test_a_rate_lowered_for_one_row_by_hand_is_no_dip_of_get_lr() -> None:
    rate = np.full(60, 0.1)
    rate[20] = 0.01
    found = infer_schedule({"lr": logged(rate, np.arange(60))}, BY_STEP)
    assert [c.step for c in found.drops] == [20] and [c.step for c in found.rises] == [21]
    assert not found.notes


def test_dips_of_get_lr_that_last_an_epoch_are_mended_where_several_are_equally_long() -> None:
    epoch = np.arange(60 * 20) // 20
    rate = 0.1 * 0.1 ** np.searchsorted([30, 45], epoch, "right")
    rate[np.isin(epoch, [30, 45])] *= 0.1
    found = infer_schedule({"lr": logged(rate, np.arange(1200))}, BY_STEP)
    assert [c.step for c in found.drops] == [600, 900] and not found.rises
    assert "40 row(s) show gamma squared" in found.notes[0] and "#20486" in found.notes[0]
    once = np.where(epoch == 45, 1e-2, rate)
    assert len(infer_schedule({"lr": logged(once, np.arange(1200))}, BY_STEP).rises) == 1
