"""First parameters from closed forms are those of the planted schedule, before anything is fitted.

That they are is why a few least-squares fits suffice. `off` is the largest distance from the
planted rates that the closest candidate may have, as a share of the highest rate: 0 where the
closed form is exact on clean rates.
"""

import numpy as np
import pytest

from lrdiag.runs import Series
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.monotone_candidates import falling, flat_tail, lines, slope_of
from lrdiag.schedule.oscillating_candidates import turning_points, waving
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.sample import row_sample
from lrdiag.schedule.single_peak_candidates import peaked
from lrdiag.schedule.smooth_family import best_smooth

CYCLE = {"base_lr": 0.02, "max_lr": 0.2, "step_size_up": 10, "step_size_down": 10}
ONE = {"max_lr": 0.2, "total_steps": 100, "pct_start": 0.3, "div_factor": 10,
       "final_div_factor": 1e4}  # fmt: skip
RISE = ("linear", {"base_lr": 0.2, "start_factor": 0.1, "end_factor": 1.0, "total_iters": 10})
PLAIN_RISE = ("linear", {"start_factor": 0.1, "end_factor": 1.0, "total_iters": 10})
DECAY = ("exponential", {"base_lr": 0.2, "gamma": 0.97})
POWER = ("polynomial", {"base_lr": 0.2, "total_iters": 100, "power": 2.0})


def linear(start, end, total):
    return "linear", {"base_lr": 0.2, "start_factor": start, "end_factor": end,
                      "total_iters": total}  # fmt: skip


def wsd(kind, warmup=0, stable=50, decay=40, low=0.0):
    return "wsd", {"base_lr": 0.2, "warmup": warmup, "stable": stable, "decay": decay,
                   "decay_type": kind, "min_ratio": low}  # fmt: skip


def base(family, **more):
    return family, {"base_lr": 0.2, **more}


# family and parameters, generator, off at logs that begin with step 0 and with step 1
PLANTED = [
    (linear(1.0, 0.0, 150), lines, 0, 0),
    (linear(1.0, 0.0, 60), lines, 0, 0),
    (linear(1.0, 0.1, 60), lines, 0, 0),
    (linear(0.25, 1.0, 60), lines, 0, 0),
    (base("exponential", gamma=0.95), falling, 0, 0),
    (base("polynomial", total_iters=120, power=2.0), falling, 0, 0),
    (base("polynomial", total_iters=100, power=0.9), falling, 0, 0),
    (base("polynomial", total_iters=130, power=0.5), falling, 0, 0),
    (base("polynomial", total_iters=130, power=4.5), falling, 0, 0),
    (base("cosine", T_max=100, eta_min=0.02), falling, 0.01, 0.01),
    (base("cosine", T_max=130, eta_min=0.0), falling, 0.005, 0.005),
    (base("inverse_sqrt", warmup=0, timescale=30), falling, 0, 0),
    (wsd("linear"), falling, 0, 0),
    (wsd("cosine", decay=30, low=0.1), falling, 0, 0),
    (wsd("1-sqrt", decay=70), falling, 0, 0),
    (wsd("linear", 10), peaked, 0, 0),
    (wsd("cosine", 10), peaked, 0, 0),
    (wsd("1-sqrt", 10), peaked, 0, 0),
    (wsd("linear", 10, low=0.1, decay=30), peaked, 0, 0),
    (wsd("cosine", 10, low=0.1, decay=30), peaked, 0, 0),
    (base("warmup_cosine", warmup=10, total=100), peaked, 0.01, 0.016),
    (base("warmup_cosine", warmup=10, total=90, start_factor=0.25, eta_min=0.02), peaked,
     0.03, 0.035),
    (base("warmup_linear", warmup=10, total=100), peaked, 0, 0),
    (base("warmup_linear", warmup=20, total=120, start_factor=0.3), peaked, 0, 0),
    (base("inverse_sqrt", warmup=20, timescale=20), peaked, 0, 0),
    (base("inverse_sqrt", warmup=20, timescale=50), peaked, 0, 0),
    (("one_cycle", ONE), peaked, 0.004, 0.03),
    (("one_cycle", {**ONE, "div_factor": 25}), peaked, 0.004, 0.03),
    (("one_cycle", {**ONE, "anneal_strategy": "linear"}), peaked, 2e-5, 2e-5),
    (("one_cycle", {**ONE, "three_phase": True}), peaked, 0, 0.03),
    (("one_cycle", {**ONE, "pct_start": 0.7}), peaked, 0.01, 0.012),
    (base("sequential", parts=[RISE, DECAY], milestones=[10]), peaked, 0, 0),
    (base("sequential", parts=[RISE, POWER], milestones=[10]), peaked, 0, 0),
    (base("chained", parts=[PLAIN_RISE, ("exponential", {"gamma": 0.97})]), peaked, 0.07, 0.055),
    (base("cosine_restarts", T_0=20, T_mult=1), waving, 0, 0),
    (base("cosine_restarts", T_0=15, T_mult=2, eta_min=0.02), waving, 0.05, 0.05),
    (base("cosine_restarts", T_0=9, T_mult=3), waving, 0, 0),
    (("cyclic", {**CYCLE, "mode": "triangular"}), waving, 0, 0),
    (("cyclic", {**CYCLE, "step_size_down": 25, "mode": "triangular"}), waving, 0, 0),
    (("cyclic", {**CYCLE, "step_size_up": 40, "step_size_down": 50, "mode": "triangular"}),
     waving, 0.18, 0.18),
    (("cyclic", {**CYCLE, "step_size_down": 20, "mode": "triangular2"}), waving, 0, 0),
    (("cyclic", {**CYCLE, "mode": "exp_range", "gamma": 0.98}), waving, 0.162, 0.162),
    (base("cosine", T_max=25, eta_min=0.02), waving, 0.008, 0.008),
    (base("cosine", T_max=40, eta_min=0.0), waving, 0.02, 0.02),
]  # fmt: skip
NAMES = [f"{family}-{n}" for n, ((family, _), *_) in enumerate(PLANTED)]


def sample_of(family, parameters, n=100, first=0, every=1):
    step = np.arange(first, first + n * every, every)
    rate = rate_at(family, parameters, step.astype(float))
    return row_sample(clean_rates(Series("lr", step, np.full(n, np.nan), rate)))


def closest(generator, sample, family, origin):
    with np.errstate(all="ignore"):
        off = [
            float(np.abs(c.rates(sample.tick) - sample.rate).max()) / float(sample.rate.max())
            for c in generator(sample, origin)
            if c.family == family
        ]
    return min(o if np.isfinite(o) else np.inf for o in off)


@pytest.mark.parametrize(("planted", "generator", "from_0", "from_1"), PLANTED, ids=NAMES)
@pytest.mark.parametrize("first", [0, 1])
def test_the_closest_first_parameters_are_the_planted_ones(
    planted, generator, from_0, from_1, first
):
    family, parameters = planted
    found = closest(generator, sample_of(family, parameters, first=first), family, float(first))
    assert found <= max((from_0, from_1)[first], 1e-9)


@pytest.mark.parametrize("every", [3, 7])
@pytest.mark.parametrize(("planted", "generator", "from_0", "from_1"), PLANTED[:8], ids=NAMES[:8])
def test_rows_may_be_several_steps_apart(planted, generator, from_0, from_1, every):
    family, parameters = planted
    scaled = dict(parameters)
    for name in ("total_iters", "T_max", "timescale", "warmup"):
        if name in scaled:
            scaled[name] *= every
    if "gamma" in scaled:
        scaled["gamma"] **= 1 / every
    found = closest(generator, sample_of(family, scaled, every=every), family, 0.0)
    assert found <= 1e-9


ALSO = {("one_cycle", "warmup_linear")}
# Not told by the rates: what lies beyond the log or below its resolution.
LOOSE = ("final_div_factor",)


@pytest.mark.parametrize(("planted", "generator", "from_0", "from_1"), PLANTED, ids=NAMES)
def test_the_planted_schedule_is_found_with_its_very_numbers(planted, generator, from_0, from_1):
    family, parameters = planted
    found = best_smooth(sample_of(family, parameters))
    assert found is not None and found.misfit <= 1.0
    candidate = found.candidate
    if candidate.family != family:
        # Another family with fewer numbers makes the very same rates.
        assert (family, candidate.family) in ALSO
        return
    built = candidate.build(candidate.flat)
    for name, value in parameters.items():
        if isinstance(value, int | float) and name in built and name not in LOOSE:
            assert built[name] == pytest.approx(value, rel=1e-6, abs=1e-9), name


# Turning points, tails and straight lines


def sample_from(rates, first=0):
    step = np.arange(first, first + len(rates))
    rate = np.asarray(rates, float)
    return row_sample(clean_rates(Series("lr", step, np.full(len(rate), np.nan), rate)))


@pytest.mark.parametrize(("rates", "turns"), [
    ([1.23456789012, 2.1, 3.3, 2.2, 1.1], [2]),
    ([3.23456789012, 2.1, 1.3, 2.2, 3.1], [2]),
    ([1.23456789012, 2.1, 3.3, 2.2, 1.1, 2.2, 3.3], [2, 4]),
    ([1.23456789012, 2.1, 3.3, 4.4], []),
    ([1.23456789012, 2.1], []),
    ([1.23456789012, 2.1, 2.1, 1.1], [1]),
    ([1.23456789012, 1.23456789012, 2.1], []),
])  # fmt: skip
def test_a_turning_point_is_the_first_row_with_the_extreme_rate(rates, turns):
    assert turning_points(sample_from(rates)).tolist() == turns


@pytest.mark.parametrize(("rates", "first"), [
    ([0.51234567891, 0.4, 0.3, 0.2, 0.2, 0.2], 3),
    ([0.51234567891, 0.4, 0.3, 0.2], 3),
    ([0.2, 0.2, 0.2], 0),
])  # fmt: skip
def test_the_flat_tail_begins_with_its_first_row(rates, first):
    assert flat_tail(sample_from(rates)) == first


def test_a_weighted_line_is_that_of_the_points_with_weight():
    tick = np.array([0.0, 1.0, 2.0, 3.0])
    value = np.array([5.0, 7.0, 9.0, 100.0])
    assert slope_of(tick, value, np.array([1.0, 1.0, 1.0, 0.0])) == pytest.approx((5.0, 2.0))
    assert slope_of(tick[:1], value[:1], np.ones(1)) == (5.0, 0.0)
    # Of (0, 0) twice and (3, 3) once the mean is (1, 1).
    thrice = slope_of(np.array([0.0, 3.0]), np.array([0.0, 3.0]), np.array([2.0, 1.0]))
    assert thrice == pytest.approx((0.0, 1.0))


def test_a_line_that_has_not_ended_is_also_tried_to_zero():
    sample = sample_of(*linear(1.0, 0.0, 150))
    to_zero, to_last = lines(sample, 0.0)
    assert to_zero.flat["total_iters"] == pytest.approx(150) and to_zero.flat["end_factor"] == 0
    assert to_zero.free == ("base_lr", "total_iters")
    assert to_last.flat["total_iters"] == pytest.approx(99)
    assert to_last.flat["end_factor"] == pytest.approx(51 / 150)
    assert to_last.free == ("base_lr", "end_factor")


def test_a_line_that_ended_has_all_its_numbers_free():
    (falls,) = lines(sample_of(*linear(1.0, 0.1, 60)), 0.0)
    assert falls.free == ("base_lr", "end_factor", "total_iters")
    (rises,) = lines(sample_of(*linear(0.25, 1.0, 60)), 0.0)
    assert rises.free == ("base_lr", "start_factor", "total_iters")
    (unfinished,) = lines(sample_of(*linear(0.25, 1.0, 150)), 0.0)
    assert unfinished.free == ("base_lr", "start_factor")


def test_a_constant_is_no_line():
    assert list(lines(sample_from([0.1] * 5), 0.0)) == []


# A constant head, a jump up, then a schedule of its own (SequentialLR after ConstantLR)


def after_a_constant_head(family, **more):
    parts = [("constant", {"base_lr": 0.05}), (family, {"base_lr": 0.2, **more})]
    return "sequential", {"base_lr": 0.2, "parts": parts, "milestones": [10]}


CONSTANT_HEAD = [
    (after_a_constant_head("exponential", gamma=0.95), 0),
    (after_a_constant_head("polynomial", total_iters=120, power=1.0), 0),
    (after_a_constant_head("polynomial", total_iters=120, power=2.0), 0),
    (after_a_constant_head("cosine", T_max=100, eta_min=0.0), 0.06),
]


@pytest.mark.parametrize(("planted", "off"), CONSTANT_HEAD)
@pytest.mark.parametrize("first", [0, 1])
def test_what_comes_after_a_constant_head(planted, off, first):
    sample = sample_of(*planted, first=first)
    # The jump itself may lie anywhere between its two rows: it is looked at from row 11 on.
    behind = sample.tick > 11
    for candidate in peaked(sample, float(first)):
        assert candidate.family == "sequential"
        assert candidate.flat["head_lr"] == pytest.approx(0.05)
    closest_off = min(
        float(np.abs(c.rates(sample.tick) - sample.rate)[behind].max()) / 0.2
        for c in peaked(sample, float(first))
    )
    assert closest_off <= max(off, 1e-9)


@pytest.mark.parametrize(("planted", "off"), CONSTANT_HEAD[:3])
def test_both_parts_are_found_with_their_numbers(planted, off):
    found = best_smooth(sample_of(*planted))
    assert found.misfit <= 1.0 and found.candidate.family == "sequential"
    built = found.candidate.build(found.candidate.flat)
    (head, constant), (tail, rest) = built["parts"]
    assert (head, constant, built["milestones"]) == ("constant", {"base_lr": 0.05}, [10.0])
    wanted = planted[1]["parts"][1]
    assert tail == wanted[0]
    assert {k: rest[k] for k in wanted[1]} == pytest.approx(wanted[1])


@pytest.mark.parametrize("kind", ["linear", "cosine", "1-sqrt"])
def test_a_decay_that_begins_between_two_rows(kind):
    sample = sample_of(*wsd(kind, stable=353, decay=400), every=7)
    assert closest(falling, sample, "wsd", 0.0) <= 1e-9
