"""Families under printing and distant rows, and smooth schedules that jump."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.sample import row_sample
from lrdiag.schedule.smooth_with_jump import smooth_with_jump

NAN = float("nan")
EPOCHS = EpochAxis(np.array([0, 100]), np.array([0.0, 100.0]), "step is epoch")


def series(rates, steps=None, restarts=()):
    rates = np.asarray(rates, float)
    steps = np.arange(len(rates)) if steps is None else np.asarray(steps)
    return Series("lr", steps, np.full(len(rates), NAN), rates, restarts=restarts)


def infer(rates, steps=None, axis=EPOCHS, **more):
    return infer_schedule({"lr": series(rates, steps)}, axis, **more)


# A smooth schedule that jumps


def jumped(n=100, at=50, factor=3.0, family="exponential", **parameters):
    given = {"base_lr": 0.1, "gamma": 0.95, **parameters}
    rates = rate_at(family, given, np.arange(n))
    rates[at:] *= factor
    return rates


@pytest.mark.parametrize("at", [8, 20, 50, 96])
@pytest.mark.parametrize("factor", [0.2, 1.5, 10.0])
def test_a_jump_of_a_smooth_schedule_is_placed(at, factor):
    sample = row_sample(clean_rates(series(jumped(at=at, factor=factor))))
    fit, place = smooth_with_jump(sample)
    assert (fit.candidate.family, place) == ("exponential", at)
    assert fit.misfit <= 1.4
    assert fit.candidate.flat["gamma"] == pytest.approx(0.95)


@pytest.mark.parametrize(("at", "factor"), [(7, 3.0), (97, 3.0), (50, 1.1), (50, 0.95)])
def test_too_few_rows_or_too_small_a_jump_prove_nothing(at, factor):
    assert smooth_with_jump(row_sample(clean_rates(series(jumped(at=at, factor=factor))))) is None


def test_a_schedule_that_begins_anew_is_placed():
    whole = rate_at("cosine", {"base_lr": 0.1, "T_max": 100}, np.arange(100))
    rates = np.concatenate([whole[:60], whole[:40]])
    found = smooth_with_jump(row_sample(clean_rates(series(rates))))
    assert found is not None and found[1] == 60 and found[0].candidate.family == "cosine"


def test_a_jump_into_noise_is_no_jump_of_a_schedule():
    rates = jumped()
    rates[50:] = np.random.default_rng(0).uniform(0.05, 0.1, 50)
    assert smooth_with_jump(row_sample(clean_rates(series(rates)))) is None


@pytest.mark.parametrize("factor", [0.3, 4.0])
def test_a_jump_is_a_change_of_the_schedule(factor):
    found = infer(jumped(factor=factor))
    changes = found.rises if factor > 1 else found.drops
    assert [c.step for c in changes] == [50] and found.family.name == "exponential"
    assert len(found.drops) + len(found.rises) == 1


# Families under printing and distance of rows


FAMILIES = [
    ("exponential", {"base_lr": 0.1, "gamma": 0.97}),
    ("cosine", {"base_lr": 0.1, "T_max": 120, "eta_min": 0.001}),
    ("linear", {"base_lr": 0.1, "start_factor": 1.0, "end_factor": 0.1, "total_iters": 80}),
    ("polynomial", {"base_lr": 0.1, "total_iters": 120, "power": 2.0}),
    ("warmup_cosine", {"base_lr": 0.1, "warmup": 10, "total": 120}),
    ("warmup_linear", {"base_lr": 0.1, "warmup": 10, "total": 120}),
    ("cosine_restarts", {"base_lr": 0.1, "T_0": 30, "T_mult": 1, "eta_min": 0.0}),
    ("wsd", {"base_lr": 0.1, "warmup": 10, "stable": 70, "decay": 40, "decay_type": "linear"}),
    ("inverse_sqrt", {"base_lr": 0.1, "warmup": 12, "timescale": 12}),
]


@pytest.mark.parametrize("printed", ["{:.6f}", "{:.4g}", "{:.3e}", "{:.8f}"])
@pytest.mark.parametrize(("family", "given"), FAMILIES)
def test_printed_rates_give_the_family_that_was_configured(family, given, printed):
    rates = [float(printed.format(v)) for v in rate_at(family, given, np.arange(120)).tolist()]
    found = infer(rates)
    assert found.family.name == family and found.family.exact
    assert found.drops == () and found.rises == ()
    for name, value in given.items():
        if isinstance(value, int | float) and name in found.family.parameters:
            assert found.family.parameters[name] == pytest.approx(value, rel=0.02, abs=2e-5)


@pytest.mark.parametrize("every", [2, 5])
@pytest.mark.parametrize(("family", "given"), FAMILIES)
def test_rows_several_steps_apart_rebuild_the_log(family, given, every):
    steps = np.arange(0, 120 * every, every)
    scaled = {k: v * every if isinstance(v, int) and k != "T_mult" else v for k, v in given.items()}
    if "gamma" in scaled:
        scaled["gamma"] **= 1 / every
    rates = rate_at(family, scaled, steps.astype(float))
    found = infer(rates, steps, EpochAxis())
    assert found.family.exact
    clock = found.family.clock
    rebuilt = rate_at(found.family.name, found.family.parameters,
                      (steps - clock.origin) / clock.tick)  # fmt: skip
    assert rebuilt == pytest.approx(rates, rel=1e-5, abs=1e-8)
