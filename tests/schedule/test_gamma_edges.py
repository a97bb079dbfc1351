"""One gamma for all changes, warm-ups in few rises, and numbers that people write."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.identify import identify
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.one_gamma import bits_of, common_gamma, powers_of_one_gamma
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.short_decimals import is_short_factor, significant_digits
from lrdiag.schedule.steps import steps_of
from lrdiag.schedule.warmup import warmup_rows


def rates_of(rates, steps=None):
    rates = np.asarray(rates, float)
    steps = np.arange(len(rates)) if steps is None else np.asarray(steps)
    return clean_rates(Series("lr", steps, np.full(len(rates), np.nan), rates))


def changes(*ratios, rows=10, first=0.0123456789):
    """A log of constant stretches with these ratios between them."""
    level = first * np.cumprod([1.0, *ratios])
    return steps_of(rates_of(np.repeat(level, rows)))


# One gamma


@pytest.mark.parametrize(("ratios", "gamma", "multiple"), [
    ((0.1,), 0.1, [1]), ((0.5, 0.5), 0.5, [1, 1]), ((0.98, 0.98), 0.98, [1, 1]),
])  # fmt: skip
def test_equal_ratios_are_one_drop_each(ratios, gamma, multiple):
    found, count = common_gamma(changes(*ratios), 1.0)
    assert found == gamma and count.tolist() == multiple


def test_merged_drops_need_ticks_between_their_rows():
    wide = steps_of(rates_of(0.0123456789 * np.array([1, 0.3, 0.09, 0.0081]),
                             [0, 10, 20, 30]))  # fmt: skip
    found, count = common_gamma(wide, 1.0)
    assert (found, count.tolist()) == (0.3, [1, 1, 2])
    found, count = common_gamma(wide, 5.0)
    assert (found, count.tolist()) == (0.3, [1, 1, 2])
    assert common_gamma(wide, 6.0) is None  # one tick between two rows


def test_at_most_six_drops_merge_in_one_change():
    def log(power):
        return steps_of(rates_of(0.0123456789 * np.array([1, 0.9, 0.9 ** (1 + power)]),
                                 [0, 50, 100]))  # fmt: skip

    assert common_gamma(log(6), 1.0)[1].tolist() == [1, 6]
    assert common_gamma(log(7), 1.0) is None


def test_the_smallest_change_may_be_several_drops_itself():
    wide = steps_of(rates_of(0.0123456789 * np.array([1, 0.8**2, 0.8**5]), [0, 50, 100]))
    found, count = common_gamma(wide, 1.0)
    assert found == pytest.approx(0.8) and count.tolist() == [2, 3]


@pytest.mark.parametrize("ratios", [(0.5, 2.0), (0.997,), (0.5, 0.3), (0.1, 0.999)])
def test_what_has_no_common_gamma(ratios):
    assert common_gamma(changes(*ratios), 1.0) is None
    assert powers_of_one_gamma(changes(*ratios)) is None


def test_no_change_has_no_gamma():
    none = steps_of(rates_of([0.1] * 5))
    assert common_gamma(none, 1.0) is None and powers_of_one_gamma(none) is None


def test_finely_logged_powers_of_one_number_tell_without_ticks():
    found, count = powers_of_one_gamma(changes(0.9**2, 0.9**3, 0.9**7, 0.9**2))
    assert found == pytest.approx(0.9) and count.tolist() == [2, 3, 7, 2]
    assert powers_of_one_gamma(changes(0.9**2)) is None or (
        powers_of_one_gamma(changes(0.9**2))[0] == pytest.approx(0.81)
    )


def test_bits_grow_with_changes_and_shrink_with_digits_and_powers():
    ones = np.ones(2, np.int64)
    two = bits_of(changes(0.5, 0.5), 0.5, ones)
    three = bits_of(changes(0.5, 0.5, 0.5), 0.5, np.ones(3, np.int64))
    assert two > 20 and three == pytest.approx(1.5 * two + 0.5 * np.log2(10), rel=0.05)
    more = bits_of(changes(0.5, 0.5), 0.512, ones)
    assert two - more == pytest.approx(2 * np.log2(10), abs=0.2)
    merged = bits_of(changes(0.5, 0.5), 0.5, np.array([1, 10]))
    assert two - merged == pytest.approx(np.log2(10))


def test_coarse_printing_tells_less():
    fine = bits_of(changes(0.1, 0.1), 0.1, np.ones(2, np.int64))
    coarse = steps_of(rates_of(np.repeat([0.11, 0.011, 0.0011], 10)))
    assert bits_of(coarse, 0.1, np.ones(2, np.int64)) < fine / 2


# Numbers that people write


@pytest.mark.parametrize(("number", "digits"), [
    (0.1, 1), (0.25, 2), (0.00123, 3), (100.0, 1), (0.0, 1), (1e-7, 1), (-0.5, 1), (120.5, 4),
    (0.101, 3), (1.5e-9, 2),
])  # fmt: skip
def test_significant_digits(number, digits):
    assert significant_digits(number) == digits


@pytest.mark.parametrize(("low", "high", "short"), [
    (0.0999999, 0.1000001, True), (0.141592, 0.141593, False),
    (0.12339, 0.12341, True), (0.33333333, 0.33333334, True),  # one third
    (0.31622776, 0.31622777, True),  # the square root of a tenth
    (0.0, 0.1, False), (-0.1, 0.1, False), (0.5, 1e12, True), (0.5, 1.1e12, False),
])  # fmt: skip
def test_a_factor_that_people_write_has_at_most_four_digits(low, high, short):
    assert is_short_factor(low, high) is short


# Warm-ups in few rises


@pytest.mark.parametrize(("rates", "rows"), [
    ([0.02, 0.02, 0.04, 0.04, 0.06, 0.06] + [0.06] * 9, 4),  # equal rises
    ([0.01, 0.02, 0.06] + [0.06] * 9, 2),  # row by row
    ([0.01, 0.01, 0.02, 0.02, 0.09] + [0.09] * 9, 0),  # neither
    ([0.01, 0.02, 0.03, 0.04] + [0.04] * 6 + [0.09] * 20, 3),  # a late rise is a jump of its own
    ([0.01, 0.01, 0.05] + [0.05] * 9, 0),  # one rise, not at the first row
    ([0.01, 0.05, 0.04] + [0.03] * 9, 1), ([0.01, 0.05, 0.04, 0.045] + [0.03] * 9, 0),
    ([0.0, 0.0, 0.05] + [0.04, 0.045] * 5, 2),
])  # fmt: skip
def test_where_a_warmup_of_few_rises_ends(rates, rows):
    assert warmup_rows(rates_of(rates)) == rows


@pytest.mark.parametrize(("wait", "rows"), [(3, 6), (4, 3)])
def test_a_rise_that_waited_more_than_three_times_as_long_is_no_part_of_it(wait, rows):
    rates = [0.01, 0.02, 0.03, 0.04, *[0.04] * (wait - 1), *[0.05] * 30]
    assert warmup_rows(rates_of(rates)) == rows


# Curves or changes


EPOCHS = EpochAxis(np.array([0, 100]), np.array([0.0, 100.0]), "step is epoch")


def told(rates, steps=None, axis=EPOCHS):
    found = identify(rates_of(rates, steps), axis)
    return found.family.name, found.rows.tolist()


def decay(n, gamma=0.9, base=0.1):
    return base * gamma ** np.arange(n)


def test_through_five_rows_some_curve_always_passes():
    assert told(decay(6)) == ("exponential", [])
    name, rows = told(decay(5))
    assert rows == [1, 2, 3, 4] and name != "exponential"


def test_two_changes_are_drops_and_a_change_at_every_row_a_curve():
    few = np.full(40, 0.1)
    few[20:], few[21:] = 0.05, 0.03
    assert told(few)[1] == [20, 21]
    assert told(decay(30))[1] == []


def test_a_few_moves_by_hand_among_many_rows_are_drops():
    rates = np.full(100, 0.1)
    for row, rate in ((20, 0.07), (41, 0.033), (60, 0.02), (83, 0.011)):
        rates[row:] = rate
    assert told(rates) == ("manual", [20, 41, 60, 83])


def test_a_rate_that_wanders_is_no_family_that_rebuilds_it():
    rng = np.random.default_rng(0)
    found = infer_schedule(
        {"lr": Series("lr", np.arange(80), np.full(80, np.nan), rng.uniform(0.01, 0.1, 80))}, EPOCHS
    )
    assert not found.family.exact and found.drops == () and found.rises == ()


def test_a_smooth_decay_of_epochs_on_rows_of_steps_has_its_clock():
    steps = np.arange(0, 2000, 10)
    axis = EpochAxis(np.array([0, 2000]), np.array([0.0, 20.0]), "configured")
    found = identify(rates_of(decay(20)[steps // 100], steps), axis)
    assert found.family.name == "exponential" and found.rows.tolist() == []
    clock = found.family.clock
    assert (clock.tick, clock.floor) == (100.0, True) and clock.origin in (0.0, 1.0)


def test_a_constant_rate_is_constant():
    found = identify(rates_of([0.1] * 20), EPOCHS)
    assert (found.family.name, found.family.parameters, found.family.exact) == (
        "constant", {"base_lr": 0.1}, True,
    )  # fmt: skip


def ending(*last, rows=40):
    """A constant rate with other rates in its last rows."""
    rates = np.full(rows, 0.0123456789)
    rates[-len(last) :] = last
    return told(rates)


def test_a_short_factor_or_rate_in_the_last_row_is_a_drop_made_by_hand():
    assert ending(0.00123456789)[1] == [39]
    assert ending(0.005)[1] == [39]
    single_precision = np.full(40, np.float32(0.0123456789))
    single_precision[39] = np.float32(0.005)
    assert told(single_precision)[1] == [39]
    held = np.full(40, 0.0123456789)
    held[20:] = 0.0104287113
    assert told(held)[1] == [20]
