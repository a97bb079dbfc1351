"""Inference on planted schedules: drops, families, agreement, segments."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.configured import from_options
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.values import ChangeSource, ConfiguredSchedule

EPOCHS = EpochAxis(np.array([0, 100]), np.array([0.0, 100.0]), "step is epoch")


def series(rates, steps=None, tag="lr", restarts=()):
    rates = np.asarray(rates, float)
    steps = np.arange(len(rates)) if steps is None else np.asarray(steps)
    return Series(
        tag, steps.astype(np.int64), np.full(len(rates), np.nan), rates, restarts=restarts
    )


def infer(rates, steps=None, configured=None, axis=EPOCHS, **more):
    return infer_schedule({"lr": series(rates, steps)}, axis, configured, **more)


def multistep(n, milestones, gamma=0.1, base=0.1):
    parameters = {"base_lr": base, "milestones": milestones, "gamma": gamma}
    return rate_at("multistep", parameters, np.arange(n))


def test_the_teaching_table_has_drops_at_epochs_10_and_15():
    found = infer([0.1, 0.1, 0.01, 0.001], [1, 5, 10, 15])
    assert [c.step for c in found.drops] == [10, 15]
    assert [(s.first_step, s.end_step) for s in found.segments] == [(1, 10), (10, 15), (15, 16)]
    assert not found.rises and not found.smooth


def test_a_constant_rate_has_no_drop_and_says_what_it_could_be():
    found = infer([0.1] * 20)
    assert not found.drops and found.family.name == "constant"
    assert "multistep" in found.family.equivalent


@pytest.mark.parametrize("places", [[30, 60, 90], [12, 40], [7]])
@pytest.mark.parametrize("printed", ["{!r}", "{:.6f}", "{:.3g}"])
def test_drops_are_exact_under_any_printing(places, printed):
    rates = [float(printed.format(float(v))) for v in multistep(100, places, 0.3)]
    found = infer(rates)
    assert [c.step for c in found.drops] == places


def test_float32_noise_makes_no_drop():
    rates = np.float32(0.1) * (1 + np.float32(6e-8) * (np.arange(50) % 2)).astype(np.float32)
    assert not infer(rates.astype(float)).drops


@pytest.mark.parametrize(
    ("family", "parameters"),
    [
        ("cosine", {"base_lr": 0.1, "T_max": 100, "eta_min": 0.001}),
        ("exponential", {"base_lr": 0.1, "gamma": 0.95}),
        ("linear", {"base_lr": 0.1, "start_factor": 1.0, "end_factor": 0.1, "total_iters": 60}),
        ("polynomial", {"base_lr": 0.1, "total_iters": 100, "power": 2}),
        ("cosine_restarts", {"base_lr": 0.1, "T_0": 20, "T_mult": 2, "eta_min": 0.0}),
        ("warmup_cosine", {"base_lr": 0.1, "warmup": 5, "start_factor": 0, "total": 100}),
        ("warmup_linear", {"base_lr": 0.1, "warmup": 5, "start_factor": 0, "total": 100}),
        ("inverse_sqrt", {"base_lr": 0.1, "warmup": 10, "timescale": 10}),
    ],
)
def test_smooth_families_are_named_with_their_parameters_and_have_no_drop(family, parameters):
    found = infer(rate_at(family, parameters, np.arange(100)))
    assert found.family.name == family and found.family.exact and found.smooth
    assert not found.drops and not found.rises
    for name in ("base_lr", "T_max", "gamma", "T_0", "T_mult", "power", "warmup", "total"):
        if name in parameters:
            assert found.family.parameters[name] == pytest.approx(parameters[name], rel=1e-3)


def test_step_family_gives_the_line_to_paste():
    found = infer(rate_at("step", {"base_lr": 0.1, "step_size": 30, "gamma": 0.1}, np.arange(100)))
    assert found.family.name == "step"
    assert "StepLR(optimizer, step_size=30, gamma=0.1)" in found.family.pytorch


def test_rows_of_steps_show_an_epoch_schedule_as_a_staircase():
    axis = EpochAxis(np.array([0, 2000]), np.array([0.0, 100.0]), "configured")
    steps = np.arange(0, 2000, 10)
    rates = rate_at("cosine", {"base_lr": 0.1, "T_max": 100}, np.floor(steps / 20))
    found = infer(rates, steps, axis=axis)
    assert found.family.name == "cosine" and found.family.clock.tick == 20
    assert not found.drops


def test_a_warm_up_of_the_bias_group_is_no_drop():
    steps = np.arange(60)
    main = rate_at("warmup_cosine", {"base_lr": 0.01, "warmup": 6, "total": 60}, steps)
    bias = np.where(steps < 6, 0.1 - 0.015 * steps, main)
    lr = {"lr/pg0": series(bias), "lr/pg1": series(main), "lr/pg2": series(main)}
    found = infer_schedule(lr, EPOCHS)
    assert not found.drops and len(found.groups) == 3


def test_groups_with_schedules_of_their_own_are_kept_apart():
    lr = {"a": series(multistep(60, [20])), "b": series(multistep(60, [40], 0.5, 0.2))}
    found = infer_schedule(lr, EPOCHS)
    assert [[c.step for c in g.changes] for g in found.groups] == [[20], [40]]
    assert [c.step for c in found.drops] == [20]


def test_no_rate_and_a_configuration_gives_configured_drops():
    found = infer_schedule({}, EPOCHS, from_options([30, 60], epochs=90), last_step=89)
    assert [(c.step, c.source) for c in found.drops] == [
        (30, ChangeSource.CONFIGURED), (60, ChangeSource.CONFIGURED),
    ]  # fmt: skip
    assert found.agreements[-1].kind == "unknown" and not found.agreements[-1].rule


def test_a_configured_plateau_gives_no_drop_points():
    found = infer_schedule({}, EPOCHS, ConfiguredSchedule("plateau", gamma=0.1), last_step=89)
    assert not found.drops


def test_milestones_are_placed_through_the_epoch_axis():
    axis = EpochAxis(np.array([0, 900]), np.array([0.0, 90.0]), "configured")
    found = infer_schedule({}, axis, from_options([30], epochs=90), last_step=899)
    assert [c.step for c in found.drops] == [300]


def test_nothing_logged_and_nothing_configured_is_an_empty_schedule():
    found = infer_schedule({}, EpochAxis())
    assert not found.groups and not found.segments and found.family.name == "unknown"


def test_nan_rates_are_left_out_and_said():
    rates = multistep(40, [20])
    rates[3] = math.nan
    found = infer(rates)
    assert [c.step for c in found.drops] == [20] and "not finite" in found.notes[0]


@settings(max_examples=30, deadline=None)
@given(
    places=st.lists(st.integers(3, 95), min_size=1, max_size=4, unique=True),
    gamma=st.sampled_from([0.1, 0.2, 0.3, 0.5]),
    shift=st.integers(0, 500),
    scale=st.floats(1e-3, 1e3),
)
def test_drops_do_not_depend_on_the_scale_of_rates_or_the_first_step(places, gamma, shift, scale):
    places = sorted(places)
    rates = multistep(100, places, gamma)
    plain = infer(rates)
    moved = infer(rates * scale, np.arange(100) + shift)
    assert [c.step for c in plain.drops] == places
    assert [c.step - shift for c in moved.drops] == places


def test_the_one_row_dip_of_get_lr_is_one_drop_and_is_said():
    rates = multistep(60, [20, 40])
    rates[20], rates[40] = 0.001, 0.0001
    found = infer(rates)
    assert [c.step for c in found.drops] == [20, 40] and not found.rises
    assert "get_last_lr" in found.notes[0]


def test_four_rows_that_all_change_are_drops_not_a_curve():
    found = infer([0.1, 0.01, 0.001, 0.0001], [0, 30, 60, 90])
    assert [c.step for c in found.drops] == [30, 60, 90]
