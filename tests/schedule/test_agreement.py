"""How a log relates to its configuration: each mistake found, conventions not blamed."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.configured import from_options
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.mistakes import MISTAKES

PER = 40
EPOCHS = EpochAxis(np.array([0, 90]), np.array([0.0, 90.0]), "step is epoch")
STEPS = EpochAxis(np.array([0, 90 * PER]), np.array([0.0, 90.0]), "configured")
PARAMETERS = {"base_lr": 0.1, "milestones": [30, 60], "gamma": 0.1}
CONFIGURED = from_options([30, 60], gamma=0.1, epochs=90, steps_per_epoch=PER, base_lr=0.1)


def agreement(rates, steps=None, axis=EPOCHS, configured=CONFIGURED, restarts=()):
    rates = np.asarray(rates, float)
    steps = np.arange(len(rates)) if steps is None else steps
    lr = Series("lr", steps.astype(np.int64), np.full(len(rates), np.nan), rates, restarts=restarts)
    return infer_schedule({"lr": lr}, axis, configured).agreements[0]


def used(tick):
    return rate_at("multistep", PARAMETERS, np.asarray(tick, float))


E = np.arange(90)
S = np.arange(0, 90 * PER, 10)


def test_a_log_that_follows_its_configuration_matches():
    found = agreement(used(E))
    assert (found.kind, found.rule) == ("matches", "")


@pytest.mark.parametrize("shift", [-1, 1])
def test_one_row_early_or_late_throughout_is_a_convention(shift):
    found = agreement(used(np.maximum(E + shift, 0)))
    assert (found.kind, found.rule) == ("convention", "")


def test_a_whole_epoch_early_on_rows_of_steps_is_a_mistake():
    found = agreement(used(S // PER + 1), S, STEPS)
    assert (found.kind, found.rule) == ("early", "schedule-mismatch")


@pytest.mark.parametrize(
    ("tick", "kind", "rule"),
    [
        (0 * S, "never_stepped", "schedule-not-applied"),
        (S, "stepped_per_batch", "schedule-stepped-per-batch"),
        (2 * (S // PER), "stepped_twice", "schedule-double-stepped"),
        (np.where(S >= 45 * PER, S // PER - 45, S // PER), "reset_on_resume", "lr-jump-on-resume"),
    ],
)
def test_each_mistake_is_named_with_its_rule(tick, kind, rule):
    found = agreement(used(tick), S, STEPS)
    assert (found.kind, found.rule) == (kind, rule)
    assert found.mistake and found.remedy and found.message


def test_another_gamma_is_said_with_both_values():
    rates = rate_at("multistep", {**PARAMETERS, "gamma": 0.2}, E)
    found = agreement(rates)
    assert found.kind == "gamma_differs"
    assert (found.observed, found.threshold) == (pytest.approx(0.2), 0.1)


def test_the_square_of_gamma_is_gamma_applied_twice():
    rates = rate_at("multistep", {**PARAMETERS, "gamma": 0.01}, E)
    assert agreement(rates).kind == "gamma_applied_twice"


def test_a_milestone_without_a_drop_is_missing():
    rates = rate_at("multistep", {**PARAMETERS, "milestones": [60]}, E)
    found = agreement(rates)
    assert (found.kind, found.rule) == ("missing_drop", "schedule-mismatch")
    assert "30" in found.message


def test_a_jump_at_a_restart_is_a_jump_on_resume():
    found = agreement(np.where(E >= 50, 10 * used(E), used(E)), restarts=(50,))
    assert (found.kind, found.rule, found.first_step) == ("jump_on_resume", "lr-jump-on-resume", 50)


def test_the_last_row_alone_is_no_finding():
    rates = used(E)
    rates[-1] *= 10
    assert agreement(rates).rule == ""


def test_a_milestone_beyond_the_end_is_never_reached():
    configured = from_options([30, 120], gamma=0.1, epochs=90, base_lr=0.1)
    rates = rate_at("multistep", {**PARAMETERS, "milestones": [30]}, E)
    found = agreement(rates, configured=configured)
    assert (found.kind, found.rule) == ("beyond_end", "milestone-never-reached")


def test_a_milestone_beyond_the_end_needs_no_logged_rate():
    configured = from_options([120], gamma=0.1, epochs=90)
    found = infer_schedule({}, EPOCHS, configured, last_step=89).agreements
    assert found[0].rule == "milestone-never-reached"


def test_printed_rates_are_no_other_gamma():
    rates = [float(f"{v:.4f}") for v in rate_at("multistep", {**PARAMETERS, "base_lr": 0.0127}, E)]
    configured = from_options([30, 60], gamma=0.1, epochs=90, base_lr=0.0127)
    assert agreement(rates, configured=configured).rule == ""


def test_a_schedule_unlike_the_configuration_is_unexplained_not_blamed():
    rng = np.random.default_rng(0)
    found = agreement(np.sort(rng.uniform(0.01, 0.1, 90))[::-1])
    assert (found.kind, found.rule) == ("unexplained", "")


def test_every_mistake_has_a_rule_and_a_remedy():
    for mistake in MISTAKES.values():
        assert mistake.rule and mistake.text and mistake.remedy
        assert all("#" in r and "/" in r for r in mistake.references)


def test_edited_milestones_that_a_resume_ignores_are_told():
    edited = from_options([50, 70], gamma=0.1, epochs=90, steps_per_epoch=PER, base_lr=0.1)
    old = {"base_lr": 0.1, "milestones": [42, 80], "gamma": 0.1}
    rates = rate_at("multistep", old, E.astype(float))
    found = agreement(rates, configured=edited, restarts=(35,))
    assert (found.kind, found.rule) == ("milestones_ignored_on_resume", "lr-jump-on-resume")
    assert "step(s) 42, 80" in found.message and found.references
    assert agreement(rates, configured=edited).kind == "unexplained"


def test_stepped_per_batch_names_what_the_log_cannot_tell_from_it():
    assert agreement(used(S), S, STEPS).equivalent == ("epochs_for_steps",)


def test_a_schedule_that_begins_anew_needs_no_factor():
    # 1 / 0.3**2 is no factor that anyone chose.
    begun = np.where(E >= 70, 0.1, 0.1 * 0.3 ** np.searchsorted([30, 60], E, "right"))
    configured = from_options([30, 60], gamma=0.3, epochs=90, base_lr=0.1)
    found = agreement(begun, configured=configured)
    assert found.kind == "reset_on_resume" and found.first_step == 70


def test_a_reset_is_placed_where_it_happened_not_where_it_shows():
    # Begun anew after 16 epochs, when nothing had changed yet: milestones come 16 epochs late.
    anew = 0.1 * 0.1 ** np.searchsorted([30, 60], np.where(E >= 16, E - 16, E), "right")
    found = agreement(anew)
    assert found.kind == "reset_on_resume" and found.first_step == 16


def test_a_rate_that_stays_is_not_printed_in_two_ways():
    # 5e-7 is printed as 0.000001 or as 0, never as both: the rate changed once more at epoch 70.
    rate = np.repeat([5e-5, 5e-6, 1e-6, 0.0], [30, 30, 10, 20])
    configured = from_options([30, 60], gamma=0.1, epochs=90, base_lr=5e-5)
    found = agreement(rate, configured=configured)
    assert found.kind not in ("matches", "convention")


def test_a_factor_is_seen_where_a_rate_has_fallen_to_next_to_nothing():
    rate = 2e-5 * 0.1 ** np.floor(E / 6.0)
    rate[80:] *= 0.3
    configured = from_options([], step_size=6, gamma=0.1, epochs=90, base_lr=2e-5)
    found = agreement(rate, configured=configured)
    assert (found.kind, found.first_step) == ("extra_drop", 80)
