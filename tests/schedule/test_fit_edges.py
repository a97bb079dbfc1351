"""Least squares, rounding to what people write, and what counts as sane."""

import numpy as np
import pytest

from lrdiag.runs import Series
from lrdiag.schedule.candidate import Candidate, Fitted, fitted, rounded, sane, scales
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.leastsquares import fit
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.sample import row_sample
from lrdiag.schedule.short_decimals import shortest_between

TICK = np.arange(40.0)


def sample_of(rate, digits=None, first=0):
    rate = np.asarray(rate, float)
    if digits is not None:
        rate = np.array([float(f"{v:.{digits}g}") for v in rate])
    step = np.arange(first, first + len(rate))
    return row_sample(clean_rates(Series("lr", step, np.full(len(rate), np.nan), rate)))


# Levenberg-Marquardt


def test_a_line_is_fitted_from_afar():
    truth = 3.0 + 0.5 * TICK
    found, misfit = fit(
        lambda p: p[0] + p[1] * TICK, np.array([0.0, 0.0]), np.ones(2), truth, np.full(40, 1e-3)
    )
    assert found == pytest.approx([3.0, 0.5], abs=1e-5) and misfit < 0.02


@pytest.mark.parametrize("start", [[0.5, 0.8], [2.0, 0.99], [1.0, 0.9]])
def test_a_curve_is_fitted(start):
    truth = 1.3 * 0.93**TICK
    found, misfit = fit(
        lambda p: p[0] * p[1] ** TICK, np.array(start), np.array([1.0, 0.1]), truth,
        np.full(40, 1e-6),
    )  # fmt: skip
    assert found == pytest.approx([1.3, 0.93], abs=1e-6) and misfit < 1.0


def test_the_misfit_is_the_largest_distance_in_half_widths():
    rate = np.array([0.0, 0.0, 0.0, 4.0])
    found, misfit = fit(lambda p: np.full(4, p[0]), np.zeros(1), np.ones(1), rate, np.full(4, 0.5))
    assert found == pytest.approx([1.0], abs=1e-6)  # the mean
    assert misfit == pytest.approx(6.0, abs=1e-5)


def test_narrow_points_weigh_more():
    rate, width = np.array([0.0, 1.0]), np.array([1.0, 0.1])
    found, _ = fit(lambda p: np.full(2, p[0]), np.zeros(1), np.ones(1), rate, width)
    assert found == pytest.approx([100 / 101], abs=1e-6)


def test_without_iterations_the_start_is_kept():
    found, misfit = fit(
        lambda p: np.full(3, p[0]), np.array([2.0]), np.ones(1), np.zeros(3), np.full(3, 0.5), 0
    )
    assert found.tolist() == [2.0] and misfit == 4.0


def test_a_model_that_is_nowhere_a_number_ends_at_its_start():
    found, misfit = fit(
        lambda p: np.full(3, np.nan), np.array([2.0]), np.ones(1), np.zeros(3), np.ones(3)
    )
    assert found.tolist() == [2.0] and misfit == 1e15


def test_a_parameter_without_effect_does_no_harm():
    found, misfit = fit(
        lambda p: np.full(3, p[0]), np.array([2.0, 7.0]), np.ones(2), np.ones(3), np.full(3, 1e-3)
    )
    assert found == pytest.approx([1.0, 7.0], abs=1e-6) and misfit < 1e-2


# Candidates


def exponential(**flat):
    full = {"base_lr": 0.1, "gamma": 0.9, "origin": 0.0, **flat}
    return Candidate("exponential", full, ("base_lr", "gamma"))


def test_rates_of_a_candidate_count_from_its_origin():
    rates = exponential(origin=2.0).rates(np.array([0.0, 2.0, 3.0]))
    assert rates == pytest.approx([0.1, 0.1, 0.09])


def test_a_moved_candidate_has_the_other_values_of_its_free_parameters():
    moved = exponential().moved(np.array([0.3, 0.8]))
    assert moved.flat == {"base_lr": 0.3, "gamma": 0.8, "origin": 0.0}
    assert exponential().flat["gamma"] == 0.9


def test_the_misfit_of_a_candidate_is_its_worst_row():
    sample = sample_of(0.1 * 0.9**TICK)
    assert exponential().misfit(sample) <= 1.0
    off = exponential(base_lr=0.101).misfit(sample)
    assert off == pytest.approx((0.001 * 0.9**TICK / sample.width).max())
    assert exponential(gamma=np.nan).misfit(sample) == 1e15


@pytest.mark.parametrize(("name", "value", "fine"), [
    ("T_max", 0.0, True), ("T_max", -1.0, False), ("T_max", 60 * 39.0, True),
    ("T_max", 60 * 39.0 + 1, False), ("origin", -500.0, True), ("base_lr", 0.0, True),
    ("base_lr", -1e-5, True), ("base_lr", -1e-3, False), ("power", 0.2, True),
    ("power", 0.19, False), ("power", 12.0, True), ("power", 12.1, False),
    ("div_factor", 1.0, False), ("div_factor", 1.01, True), ("div_factor", 99_999.0, True),
    ("div_factor", 1e5, False), ("gamma", -5.0, True),
])  # fmt: skip
def test_what_is_sane(name, value, fine):
    sample = sample_of(0.1 * 0.9**TICK, digits=3)
    assert sane(Candidate("x", {name: value}, (name,)), sample) is fine
    assert sane(Candidate("x", {name: value}, ()), sample)


def test_scales_are_the_size_of_rates_ticks_and_others():
    sample = sample_of(0.2 * 0.9**TICK, first=5)
    names = ("base_lr", "eta_min", "T_max", "gamma", "power", "pct_start", "end_factor", "div")
    flat = dict.fromkeys(names, 4.0) | {"end_factor": 0.0, "div": -25.0}
    assert scales(Candidate("x", flat, names), sample) == pytest.approx(
        [0.2, 0.2, 39.0, 1 / 39, 1.0, 1.0, 1e-3, 25.0]
    )


def test_a_fit_without_free_parameters_is_the_candidate():
    sample = sample_of(0.1 * 0.9**TICK)
    fixed = Candidate("exponential", exponential().flat, ())
    found = fitted(fixed, sample)
    assert found.candidate is fixed and found.misfit == fixed.misfit(sample) <= 1.0


def test_a_fit_finds_the_planted_numbers():
    sample = sample_of(0.25 * 0.93**TICK)
    found = fitted(exponential(), sample)
    assert found.exact
    assert found.candidate.flat["gamma"] == pytest.approx(0.93, abs=1e-6)
    assert found.candidate.flat["base_lr"] == pytest.approx(0.25, abs=1e-6)


@pytest.mark.parametrize(("misfit", "exact"), [(0.0, True), (1.0, True), (1.01, False)])
def test_exact_is_within_a_half_width(misfit, exact):
    assert Fitted(exponential(), misfit).exact is exact


# Rounding


def test_rounding_finds_what_was_configured_under_printing():
    sample = sample_of(0.3 * 0.95**TICK, digits=4)
    found = rounded(fitted(exponential(), sample), sample)
    assert (found.candidate.flat["base_lr"], found.candidate.flat["gamma"]) == (0.3, 0.95)
    assert found.misfit <= 1.0 and found.candidate.free == ()


def test_whole_ticks_are_rounded_first_and_kept_only_where_the_fit_stays():
    flat = {"base_lr": 0.1, "T_max": 50.0, "eta_min": 0.0, "origin": 0.0}
    sample = sample_of(rate_at("cosine", flat, TICK), digits=6)
    start = Candidate("cosine", {**flat, "T_max": 48.0}, ("base_lr", "T_max"))
    found = rounded(fitted(start, sample), sample)
    assert found.candidate.flat["T_max"] == 50.0 and found.candidate.flat["base_lr"] == 0.1
    odd = sample_of(rate_at("cosine", {**flat, "T_max": 50.37}, TICK))
    found = rounded(fitted(start, odd), odd)
    assert found.candidate.flat["T_max"] == pytest.approx(50.37, abs=1e-4)


def test_a_floor_within_its_error_is_zero():
    flat = {"base_lr": 0.1, "T_max": 39.0, "eta_min": 0.0, "origin": 0.0}
    sample = sample_of(rate_at("cosine", flat, TICK), digits=3)
    start = Candidate("cosine", {**flat, "eta_min": 1e-4}, ("base_lr", "eta_min"))
    assert rounded(fitted(start, sample), sample).candidate.flat["eta_min"] == 0.0


@pytest.mark.parametrize(("misfit", "changed"), [(60.0, True), (60.1, False)])
def test_a_hopeless_fit_is_not_rounded(misfit, changed):
    sample = sample_of(0.3 * 0.95**TICK, digits=4)
    rough = Fitted(exponential(base_lr=0.30001, gamma=0.95), misfit)
    found = rounded(rough, sample)
    assert (found is not rough) is changed


# Short decimals


@pytest.mark.parametrize(("low", "high", "number"), [
    (0.09, 0.11, 0.1), (0.094, 0.096, 0.095), (0.5, 0.5, 0.5), (0.1234, 0.12344, 0.1234),
    (29.6, 30.4, 30.0), (1.0, 1.999, 1.0), (1.1, 1.999, 1.5), (0.26, 0.34, 0.3),
])  # fmt: skip
def test_the_shortest_decimal_near_the_middle(low, high, number):
    assert shortest_between(low, high) == number


def test_where_none_is_short_the_middle_is_taken():
    low = 0.1 + 2**-56
    assert shortest_between(1 / 3, 1 / 3) == pytest.approx(1 / 3, abs=1e-16)
    assert low <= shortest_between(low, low + 2**-55) <= low + 2**-55
