"""Few or round values, other units and resumed logs: which explanation of a log is preferred."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.agreement import agreements_of, reconciled
from lrdiag.schedule.configured import from_options
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.values import ConfiguredSchedule

EPOCHS = EpochAxis(np.array([0, 60]), np.array([0.0, 60.0]), "step is epoch")
STEPS = EpochAxis(np.array([0, 2400]), np.array([0.0, 60.0]), "configured")
E = np.arange(60)


def log(rates, steps=None, restarts=()):
    rates = np.asarray(rates, float)
    steps = np.arange(len(rates)) if steps is None else np.asarray(steps)
    return clean_rates(Series("lr", steps, np.full(len(rates), np.nan), rates, restarts=restarts))


def found(rates, config, steps=None, axis=EPOCHS, epochs=60):
    return reconciled(config, log(rates, steps), axis, epochs).hypothesis


def kinds(rates, config, steps=None, axis=EPOCHS, epochs=60):
    some = log(rates, steps)
    return [a.kind for a in agreements_of(reconciled(config, some, axis, epochs), some)]


def multi(tick, gamma=0.1, places=(20, 40), base=0.1):
    given = {"base_lr": base, "milestones": list(places), "gamma": gamma}
    return rate_at("multistep", given, np.asarray(tick, float))


CONFIG = from_options([20, 40], gamma=0.1, epochs=60, base_lr=0.1)


# Round values


@pytest.mark.parametrize("gamma", [0.2, 0.25, 0.05, 0.5])
def test_another_round_gamma_is_another_gamma(gamma):
    h = found(multi(E, gamma), CONFIG)
    assert (h.kind, h.gamma) == ("wrong_gamma", gamma)


def test_a_gamma_that_printing_hides_is_the_configured_one():
    config = from_options([20, 40], gamma=0.316, epochs=60, base_lr=0.1)
    printed = [float(f"{v:.4f}") for v in multi(E, 0.316)]
    assert found(printed, config).kind == "ok"
    coarse = [float(f"{v:.2f}") for v in multi(E, 0.316)]
    assert found(coarse, config) is None or found(coarse, config).kind in ("ok", "wrong_gamma")


def test_a_small_jump_of_few_round_values_is_a_coarser_printing():
    config = from_options([20], gamma=0.123, epochs=60, base_lr=0.1)
    rates = np.where(E < 20, 0.1, 0.0123)
    assert found(rates, config).kind == "ok"
    rates = np.where(E < 20, 0.1, 0.0125)
    h = found(rates, config)
    assert h.kind == "wrong_gamma" and h.gamma == pytest.approx(0.125)


def test_a_rate_that_fell_below_what_was_printed_is_no_jump():
    config = from_options([20, 40], gamma=0.001, epochs=60, base_lr=0.1)
    printed = [float(f"{v:.5f}") for v in multi(E, 0.001)]
    assert found(printed, config).kind == "ok"


# Another base rate, throughout or from a step on


@pytest.mark.parametrize("factor", [2.0, 0.5, 8.0])
def test_another_base_rate_is_a_factor_on_all_rows(factor):
    h = found(factor * multi(E), CONFIG)
    assert (h.kind, h.at, h.factor) == ("jump", 0.0, pytest.approx(factor))
    assert kinds(factor * multi(E), CONFIG) == ["convention"]


@pytest.mark.parametrize("at", [1, 25, 45, 58])
def test_a_factor_from_a_step_on_is_placed_there(at):
    rates = np.where(at <= E, 3.0, 1.0) * multi(E)
    h = found(rates, CONFIG)
    assert (h.kind, h.at, h.factor) == ("jump", float(at), pytest.approx(3.0))


def test_the_last_row_alone_is_how_logs_end():
    rates = multi(E)
    rates[-1] *= 3
    assert kinds(rates, CONFIG) == ["convention"]


@pytest.mark.parametrize(("at", "start"), [(30, 30), (50, 50), (10, 10)])
def test_a_schedule_that_begins_anew(at, start):
    config = ConfiguredSchedule("exponential", gamma=0.9, base_lr=0.1)
    rates = 0.1 * 0.9 ** np.where(at <= E, E - start, E)
    h = found(rates, config)
    assert (h.kind, h.at) == ("resume_reset", float(at)) or (
        h.kind == "jump" and h.factor == pytest.approx(0.9**-start)
    )


def test_a_stepped_schedule_that_begins_anew_has_drops_again():
    rates = multi(np.where(E >= 25, E - 25, E))
    h = found(rates, CONFIG)
    assert (h.kind, h.at, h.tick_at) == ("resume_reset", 25.0, 25.0)
    half_way = multi(np.where(E >= 25, E - 10, E))
    h = found(half_way, CONFIG)
    assert h is None or h.kind != "ok"


# Units


def test_milestones_in_epochs_stepped_every_batch_on_rows_of_steps():
    steps = np.arange(0, 2400, 1)
    config = from_options([20, 40], gamma=0.1, epochs=60, base_lr=0.1)
    assert found(multi(steps), config, steps, STEPS).kind == "per_batch"
    some = np.arange(0, 2400, 5)
    assert found(multi(some), config, some, STEPS).kind == "per_batch"


def test_milestones_in_steps_stepped_once_an_epoch_on_rows_of_steps():
    steps = np.arange(0, 2400, 10)
    config = from_options([20, 40], gamma=0.1, base_lr=0.1, unit="step")
    h = found(multi(steps // 40), config, steps, STEPS)
    assert h.kind == "per_epoch" and kinds(multi(steps // 40), config, steps, STEPS) == [
        "steps_for_epochs"
    ]
    # Without an axis the length of the training tells how many steps an epoch has.
    h = found(multi(steps // 40), config, steps, EpochAxis(), 60)
    assert h.kind == "per_epoch" and 39 <= h.per_epoch <= 41


@pytest.mark.parametrize("shift", [1, -1])
def test_rows_of_steps_may_be_one_step_early_or_late(shift):
    steps = np.arange(0, 2400, 10)
    config = from_options([800, 1600], gamma=0.1, base_lr=0.1, unit="step")
    rates = multi(steps + shift, places=(800, 1600))
    assert kinds(rates, config, steps, STEPS) in (["matches"], ["convention"])


@pytest.mark.parametrize("first", [0, 1, 2, 3, 7, 100])
def test_a_log_may_be_numbered_from_any_index(first):
    config = from_options([20, 40], gamma=0.1, epochs=60, base_lr=0.1)
    axis = EpochAxis(np.array([first, first + 60]), np.array([0.0, 60.0]), "step is epoch")
    assert kinds(multi(E), config, E + first, axis)[-1] in ("matches", "convention")


@pytest.mark.parametrize("every", [2, 3, 5])
def test_rows_of_every_few_epochs_are_no_epochs_of_few_batches(every):
    some = E[::every]
    assert kinds(multi(some), CONFIG, some)[-1] == "matches"


# Families


@pytest.mark.parametrize(("family", "given"), [
    ("warmup_multistep", {"warmup": 5, "start_factor": 0.0}),
    ("warmup_cosine", {"warmup": 5, "total": 60}),
    ("polynomial", {"total_iters": 60, "power": 0.9}),
    ("linear", {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 60}),
    ("cosine_restarts", {"T_0": 20}),
    ("one_cycle", {"max_lr": 0.1, "total_steps": 60, "pct_start": 0.3, "div_factor": 25.0,
                   "final_div_factor": 1e4}),
    ("inverse_sqrt", {"warmup": 10}),
])  # fmt: skip
def test_configured_families_match_and_their_mistakes_are_found(family, given):
    config = ConfiguredSchedule(family, (20, 40) if "multi" in family else (), gamma=0.1,
                                base_lr=0.1, parameters=given)  # fmt: skip
    full = {"base_lr": 0.1, "gamma": 0.1, "milestones": [20, 40], **given}

    def rates(tick):
        return rate_at(family, full, np.asarray(tick, float))

    assert kinds(rates(E), config)[0] == "matches"
    if family != "cosine_restarts":  # of 20 epochs, twice as fast is as often as 22 times
        assert found(rates(2 * E), config).k == 2
    assert found(rates(0 * E), config).kind in ("never_stepped", "jump")
    assert found(rates(np.maximum(E - 2, 0)), config).kind == "offset"


def test_a_missing_drop_is_looked_for_among_all_milestones():
    config = from_options([10, 20, 30, 40], gamma=0.5, epochs=60, base_lr=0.1)
    for missed in (10, 20, 30, 40):
        kept = [m for m in (10, 20, 30, 40) if m != missed]
        h = found(multi(E, 0.5, kept), config)
        assert (h.kind, h.missed) == ("missed_drop", missed)
    assert found(multi(E, 0.5, [10, 40]), config) is None or (
        found(multi(E, 0.5, [10, 40]), config).kind != "missed_drop"
    )
