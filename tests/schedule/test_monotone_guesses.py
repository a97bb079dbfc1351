"""Each first guess of falls and lines from a few rows, where every number can be worked out."""

import numpy as np
import pytest

from lrdiag.schedule.monotone_candidates import (
    cosine_from,
    cosine_terms,
    cosines,
    decays,
    exponentials,
    falling,
    inverse_roots,
    lines,
    plateaus_then_decay,
    polynomials,
)
from lrdiag.schedule.sample import Sample
from lrdiag.schedule.values import Clock


def points(rates, width=1e-9, first=0):
    rate = np.asarray(rates, float)
    n = len(rate)
    return Sample(np.arange(n) + float(first), rate, np.broadcast_to(np.asarray(width, float), n),
                  Clock(), np.arange(n), np.arange(n))  # fmt: skip


def only(found):
    (one,) = found
    return one


def near(**flat):
    return {k: v if isinstance(v, str) else pytest.approx(v) for k, v in flat.items()}


# Lines


@pytest.mark.parametrize(("rates", "count"), [
    ([4.0, 3.0, 2.0], 2), ([4.0, 3.0, 3.0], 0), ([4.0, 3.0], 0), ([4.0, 3.0, 2.0, 2.0], 1),
    ([4.0, 2.0, 0.0, 0.0], 2), ([1.0, 2.0, 3.0], 1), ([2.0, 1.0, 2.0, 1.5], 0),
    ([1.0, 1.0, 2.0], 0),
])  # fmt: skip
def test_a_line_needs_two_rows_that_move(rates, count):
    assert len(list(lines(points(rates), 0.0))) == count


@pytest.mark.parametrize("origin", [0.0, 1.0])
def test_a_fall_to_nothing(origin):
    to_zero, to_last = lines(points([4.0, 3.0, 2.0, 1.0, 0.0, 0.0, 0.0]), origin)
    for found in (to_zero, to_last):
        assert found.flat == near(base_lr=4.0 - origin, start_factor=1.0, end_factor=0.0,
                                  total_iters=4.0 - origin, origin=origin)  # fmt: skip
    assert to_zero.free == ("base_lr", "total_iters")


@pytest.mark.parametrize("origin", [0.0, 1.0])
def test_a_fall_to_a_level(origin):
    found = only(lines(points([4.0, 3.0, 2.0, 1.0, 0.5, 0.5, 0.5]), origin))
    first = 4.0 - origin
    assert found.flat["total_iters"] == pytest.approx(3.5 - origin)
    assert found.flat["base_lr"] == pytest.approx(first)
    assert found.flat["end_factor"] == pytest.approx(0.5 / first)


def test_a_rise_to_a_level():
    found = only(lines(points([1.0, 2.0, 3.0, 4.0, 4.0, 4.0], first=2), 1.0))
    assert found.flat == near(base_lr=4.0, start_factor=0.0, end_factor=1.0, total_iters=4.0,
                              origin=1.0)  # fmt: skip


def test_wide_rows_weigh_little():
    sample = points([4.0, 3.0, 2.5, 1.0, 0.0], [1e-6, 1e-6, 1.0, 1e-6, 1e-6])
    assert next(iter(lines(sample, 0.0))).flat["total_iters"] == pytest.approx(4.0)


def test_a_line_weighs_each_row_by_its_width_squared():
    # Of (0, 4) and (1, 2) four times as sure as of (2, 1): weights 4, 4 and 1.
    to_zero = next(iter(lines(points([4.0, 2.0, 1.0], [1e-3, 1e-3, 2e-3]), 0.0)))
    slope, start = np.polyfit([0.0, 1.0], [4.0, 2.0], 1, w=[1.0, 1.0])
    assert to_zero.flat["total_iters"] == pytest.approx(-start / slope)


def test_a_rise_from_its_second_step_on():
    rise = only(lines(points([2.0, 3.0, 4.0, 5.0], first=3), 1.0))
    # The line was at 0 at tick 1; the last row ends it.
    assert rise.flat == near(base_lr=5.0, start_factor=0.0, end_factor=1.0, total_iters=5.0,
                             origin=1.0)  # fmt: skip
    half = only(lines(points([3.0, 4.0, 5.0, 6.0], first=3), 1.0))
    assert half.flat["start_factor"] == pytest.approx(1.0 / 6.0)


def test_the_period_of_a_cosine_counts_from_the_start_of_the_run():
    # Logged from tick 30 on: between half and three times of 50 - 1 ticks.
    tick = np.arange(30, 51)
    rates = 2.0 + 2.0 * np.cos(np.pi * tick / 60.0)
    flat = list(cosines(points(rates, first=30), 1.0))[-1].flat
    assert flat["T_max"] == pytest.approx(60.0, rel=0.035)


# Exponentials


def test_an_exponential_is_that_of_the_logarithms():
    found = only(exponentials(points([8.0, 4.0, 2.0, 1.0]), 1.0))
    assert found.flat == near(base_lr=4.0, gamma=0.5, origin=1.0)
    assert found.free == ("base_lr", "gamma")


@pytest.mark.parametrize(("rates", "width", "told"), [
    ([8.0, 4.0, 2.0], 1e-9, True),
    ([8.0, 4.0], 1e-9, False),
    ([8.0, 4.0, 2.0], 1.0, False),  # a rate of two half-widths has no logarithm to speak of
    ([8.0, 4.0, 2.0], 0.99, True),
    ([2.0, 2.0, 2.0], 1e-9, False),
    ([2.0, 4.0, 8.0], 1e-9, False),
])  # fmt: skip
def test_an_exponential_needs_three_rows_that_fall(rates, width, told):
    assert bool(list(exponentials(points(rates, width), 0.0))) is told


def test_high_rates_weigh_more_in_the_logarithm():
    # Of equal half-widths the logarithm of a low rate is the more uncertain one.
    found = only(exponentials(points([1000.0, 500.0, 1.0], 0.1), 0.0))
    assert found.flat["gamma"] == pytest.approx(0.5, rel=0.01)


# Powers


@pytest.mark.parametrize("power", [0.3, 0.5, 0.9, 1.3, 2.0, 3.0, 4.5])
@pytest.mark.parametrize(("origin", "first"), [(0.0, 0), (1.0, 1), (0.0, 2)])
def test_a_power_is_one_of_seven(power, origin, first):
    tick = np.arange(8) + first
    found = only(polynomials(points((20.0 - tick) ** power, first=first), origin))
    assert found.flat == near(base_lr=(20.0 - origin) ** power, total_iters=20.0 - origin,
                              power=power, origin=origin)  # fmt: skip
    assert found.free == ("base_lr", "total_iters", "power")


@pytest.mark.parametrize(("rates", "width", "told"), [
    ([9.0, 4.0, 1.0], 1e-9, False), ([16.0, 9.0, 4.0, 1.0], 1e-9, True),
    ([16.0, 9.0, 4.0, 1.0], 1.0, False), ([16.0, 9.0, 4.0, 1.0], 0.99, True),
    ([1.0, 1.0, 1.0, 1.0], 1e-9, False), ([1.0, 4.0, 9.0, 16.0], 1e-9, False),
])  # fmt: skip
def test_a_power_needs_four_rows_that_fall(rates, width, told):
    assert bool(list(polynomials(points(rates, width), 0.0))) is told


def test_a_power_ends_after_the_last_row_above_nothing():
    found = only(polynomials(points([16.0, 9.0, 4.0, 1.0, 0.0, 0.0]), 0.0))
    assert found.flat["total_iters"] == pytest.approx(4.0)
    slow = only(polynomials(points([5.0, 4.9, 4.8, 4.7, 0.0]), 0.0))
    assert slow.flat["total_iters"] > 3.0


# Cosines


@pytest.mark.parametrize(("half", "crest", "mean", "size"), [
    (20.0, 0.0, 3.0, 2.0), (20.0, 5.0, 3.0, 2.0), (20.0, -4.0, 1.0, 1.0), (12.0, 3.0, 2.0, 0.5),
])  # fmt: skip
def test_terms_of_a_cosine(half, crest, mean, size):
    tick = np.arange(40)
    rates = mean + size * np.cos(np.pi * (tick - crest) / half)
    # The grid from a quarter to four times the half-period has it as its middle.
    found, terms = cosine_terms(points(rates), half / 4, half * 4, 9)
    assert found == pytest.approx(half)
    turn = np.pi * crest / half
    assert terms == pytest.approx([mean, size * np.cos(turn), size * np.sin(turn)], abs=1e-6)


def test_terms_need_four_rows_and_heed_their_widths():
    assert cosine_terms(points([3.0, 2.0, 1.0]), 1.0, 9.0) is None
    assert cosine_terms(points([3.0, 2.0, 1.0, 0.5]), 1.0, 9.0) is not None
    rates = 3.0 + 2.0 * np.cos(np.pi * np.arange(20) / 20)
    width = np.full(20, 1e-6)
    rates[7], width[7] = 9.0, 1e3
    _, terms = cosine_terms(points(rates, width), 20.0, 20.0, 1)
    assert terms == pytest.approx([3.0, 2.0, 0.0], abs=0.01)


@pytest.mark.parametrize(("turn", "origin", "crest"), [
    (0.0, 0.0, 0.0), (0.25, 0.0, 5.0), (-0.25, 0.0, -5.0), (0.25, 38.0, 45.0), (0.0, 99.0, 80.0),
    (0.9, 0.0, 18.0), (0.9, -3.0, -22.0),
])  # fmt: skip
def test_the_crest_is_the_one_next_to_the_origin(turn, origin, crest):
    terms = np.array([3.0, 2.0 * np.cos(np.pi * turn), 2.0 * np.sin(np.pi * turn)])
    found = only(cosine_from(points([1.0] * 5), (20.0, terms), origin))
    assert found.flat == near(base_lr=5.0, T_max=20.0, eta_min=1.0, origin=crest)
    assert found.free == ("base_lr", "T_max", "eta_min", "origin")


@pytest.mark.parametrize(("mean", "kinds"), [
    (2.0, 2), (2.039, 2), (1.961, 2), (2.041, 1), (1.959, 1), (3.0, 1),
])  # fmt: skip
def test_a_floor_next_to_nothing_is_also_tried_as_nothing(mean, kinds):
    found = list(cosine_from(points([1.0] * 5), (20.0, np.array([mean, 2.0, 0.0])), 0.0))
    assert len(found) == kinds
    assert found[-1].flat["eta_min"] == pytest.approx(mean - 2.0)
    if kinds == 2:
        assert found[0].flat["eta_min"] == 0.0 and "eta_min" not in found[0].free


# Inverse roots


@pytest.mark.parametrize(
    ("scale", "origin", "first"), [(9.0, 0.0, 0), (9.0, 0.0, 4), (5.0, 1.0, 3)]
)
def test_an_inverse_root_is_a_line_of_its_inverse_squares(scale, origin, first):
    tick = np.arange(8)
    found = only(inverse_roots(points((1 + tick / scale) ** -0.5, first=first), origin))
    assert found.flat == near(base_lr=1.0, warmup=first - origin, timescale=scale, origin=origin)
    assert found.free == ("base_lr", "timescale")


@pytest.mark.parametrize(("rates", "width", "told"), [
    ([1.0, 0.7, 0.6], 1e-9, False), ([1.0, 0.7, 0.6, 0.5], 1e-9, True),
    ([1.0, 0.7, 0.6, 0.375], 0.125, False), ([1.0, 0.7, 0.6, 0.38], 0.125, True),
    ([1.0, 1.0, 1.0, 1.0], 1e-9, False), ([0.5, 0.6, 0.7, 1.0], 1e-9, False),
])  # fmt: skip
def test_an_inverse_root_needs_four_rows_that_fall(rates, width, told):
    assert bool(list(inverse_roots(points(rates, width), 0.0))) is told


# A plateau, then a decay


@pytest.mark.parametrize(("rates", "told"), [
    ([4.0, 4.0, 3.0, 2.0, 1.0], True), ([4.0, 3.0, 2.0, 1.0], False),
    ([4.0, 4.0, 4.0, 3.0, 2.0], False), ([4.0, 4.0, 4.0, 3.0, 2.0, 1.0], True),
    ([4.0, 4.0, 4.0], False),
])  # fmt: skip
def test_a_decay_has_three_rows_after_two_of_the_plateau(rates, told):
    assert bool(list(plateaus_then_decay(points(rates), 0.0))) is told


@pytest.mark.parametrize("origin", [0.0, 1.0])
def test_decays_from_a_plateau(origin):
    rates = [4.0, 4.0, 4.0, 3.0, 2.0, 1.0, 1.0, 1.0]
    head = {"base_lr": 4.0, "warmup": 1.0, "origin": origin}
    found = {c.flat["decay_type"]: c for c in decays(points(rates), 3, head)}
    assert sorted(found) == ["1-sqrt", "cosine", "linear"]
    assert found["linear"].flat == near(
        base_lr=4.0, warmup=1.0, stable=1.0 - origin, decay=3.0, decay_type="linear",
        min_ratio=0.25, origin=origin)  # fmt: skip
    assert found["linear"].free == ("base_lr", "stable", "decay", "min_ratio")


def test_a_decay_that_goes_on_is_tried_without_and_with_a_floor():
    rates = [4.0, 4.0, 4.0, 3.0, 2.0, 1.0]
    linear = [c for c in falling(points(rates), 0.0) if c.flat.get("decay_type") == "linear"]
    assert [c.flat["min_ratio"] for c in linear] == [0.0, 0.125]
    assert [c.free for c in linear] == [("base_lr", "stable", "decay"),
                                        ("base_lr", "stable", "decay", "min_ratio")]  # fmt: skip
    for c in linear:
        assert (c.flat["stable"], c.flat["decay"]) == (pytest.approx(2.0), pytest.approx(4.0))


def test_a_decay_begins_before_the_first_row_that_shows_it():
    found = next(decays(points([4.0, 4.0, 4.0, 3.9, 1.0]), 3,
                        {"base_lr": 4.0, "warmup": 0.0, "origin": 0.0}))  # fmt: skip
    assert 2.0 <= found.flat["stable"] <= 3.0 - 1e-3
