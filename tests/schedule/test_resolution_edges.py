"""How finely rates were logged, and what the rows of a log are, at the limits."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.epoch_lengths import allowed_lengths
from lrdiag.schedule.points import PROBE_ROWS, clean_rates, probe_rows
from lrdiag.schedule.resolution import (
    Resolution,
    half_widths,
    printed_width,
    resolution,
    tells_apart,
    width_of,
)
from lrdiag.schedule.sample import estimated_lengths, row_sample, staircase_samples

NAN = float("nan")


def arr(*values):
    return np.array(values, float)


def rates_of(rates, steps=None, restarts=()):
    rates = np.asarray(rates, float)
    steps = np.arange(len(rates)) if steps is None else np.asarray(steps)
    return clean_rates(Series("lr", steps, np.full(len(rates), NAN), rates, restarts=restarts))


# The resolution of printed numbers


EIGHT = arr(0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18)


@pytest.mark.parametrize(("rates", "expected"), [
    (EIGHT, Resolution("decimals", 2, True)),
    (EIGHT[:7], Resolution("decimals", 2, False)),
    (-EIGHT, Resolution("decimals", 2, True)),
    (np.repeat(EIGHT[:7], 5), Resolution("decimals", 2, False)),
    (arr(*(f"{v:.5f}" for v in EIGHT * 1e-3)), Resolution("decimals", 5, True)),
    (arr(1.23, 0.123, 0.0123, 0.00123, 1.24e-4, 1.25e-5, 1.26e-6, 1.27e-7),
     Resolution("digits", 3, True)),
    (arr(0.1, 0.01, 0.001), Resolution("decimals", 3, False)),
    (arr(0.0), Resolution("decimals", 1, False)),
    (arr(30.0, 20.0), Resolution("decimals", 1, False)),
    (arr(0.123456789), Resolution("decimals", 9, False)),
    (arr(0.1234567891), Resolution("double")),
    (arr(np.float32(0.1), np.float32(0.3)), Resolution("float32")),
    (arr(np.float32(0.1), 0.3000000000001), Resolution("double")),
])  # fmt: skip
def test_the_resolution_that_explains_every_value(rates, expected):
    assert resolution(rates) == expected


def test_many_values_are_sampled():
    values = np.round(np.linspace(0.1, 0.9, 5000), 4)
    assert resolution(values) == Resolution("decimals", 4, True)


@pytest.mark.parametrize(("how", "size", "expected"), [
    (Resolution("decimals", 3), arr(0.5, 5.0), [0.51e-3, 0.51e-3]),
    (Resolution("digits", 3), arr(0.5, 5.0, 0.099), [0.51e-3, 0.51e-2, 0.51e-4]),
    (Resolution("digits", 1), arr(1.0, 9.9), [0.51, 0.51]),
    (Resolution("double"), arr(0.0, 1.0), [1.9e-10, 1.9e-9 + 1.9e-10]),
    (Resolution("float32"), arr(0.0, 1.0), [4e-10, 6.4e-8 + 4e-10]),
])  # fmt: skip
def test_half_widths_of_a_known_resolution(how, size, expected):
    assert width_of(how, size) == pytest.approx(np.array(expected), rel=1e-9, abs=1e-11)


def test_certain_printing_has_one_width():
    wide, fine = half_widths(EIGHT)
    assert wide.tolist() == fine.tolist() == pytest.approx([0.51e-2] * 8)


def test_fixed_decimals_show_on_large_rates_only():
    # Printed with %.4f above 0.001 and with digits below, as loggers do.
    rates = arr(0.1234, 0.0321, 0.0057, 0.0012, 9.87e-4, 1.23e-4, 4.56e-5, 7.89e-6)
    wide, _ = half_widths(rates)
    assert wide[:4] == pytest.approx([0.51e-4] * 4)
    assert (wide[4:] < 1e-5).all()


@pytest.mark.parametrize(("rates", "width"), [
    (arr(0.1234), 0.51e-4), (arr(0.123456), 0.51e-6), (arr(0.123), 0.0), (arr(0.1234567), 0.0),
    (arr(0.5, 0.12345), 0.51e-5),
])  # fmt: skip
def test_the_width_of_just_the_decimals_seen(rates, width):
    assert printed_width(rates) == pytest.approx(width)


def test_few_round_values_may_have_been_printed_coarsely():
    wide, fine = half_widths(arr(0.1, 0.05, 0.025))
    # Four decimals are the coarsest usual, and three digits.
    assert wide == pytest.approx([0.51e-3, 0.51e-4, 0.51e-4], rel=1e-3)
    assert (fine < 1e-7).all()


@pytest.mark.parametrize(("smallest", "width"), [
    (1e-3, 0.51e-4), (8.4e-4, 0.51e-5), (1e-4, 0.51e-5), (8e-5, 0.51e-6), (1e-7, 0.51e-7),
])  # fmt: skip
def test_a_printing_that_would_blur_the_smallest_rate_is_not_assumed(smallest, width):
    wide, _ = half_widths(arr(0.1, smallest))
    assert width / 11 < wide[1] <= width * 1.01


@pytest.mark.parametrize(("rates", "how", "apart"), [
    (arr(1.0, 1.0 + 1e-11), Resolution("double"), True),
    (arr(1.0, 1.0 + 1e-13), Resolution("double"), False),
    (arr(1.0, 1.0 + 1e-6), Resolution("float32"), True),
    (arr(1.0, 1.0 + 2e-7), Resolution("float32"), False),
    (arr(1e-9, 2e-9), Resolution("decimals", 3), True),
    (arr(0.0, 0.0), Resolution("double"), False),
])  # fmt: skip
def test_neighbours_that_differ_by_more_than_rounding(rates, how, apart):
    assert tells_apart(rates, how).tolist() == [apart]


# Cleaning


def test_the_last_row_of_a_step_wins_and_steps_back_are_restarts():
    found = rates_of([0.1, 0.2, 0.3, 0.4], [5, 6, 5, 7], restarts=(9,))
    assert (found.step.tolist(), found.rate.tolist()) == ([5, 6, 7], [0.3, 0.2, 0.4])
    assert found.restarts == (5, 9)
    assert rates_of([0.1, 0.2], [5, 5]).restarts == (5,)
    assert rates_of([0.1, 0.2], [5, 6]).restarts == ()


def test_rows_that_are_not_finite_are_counted():
    found = rates_of([0.1, NAN, np.inf, 0.4])
    assert (found.step.tolist(), found.dropped) == ([0, 3], 2)
    assert len(rates_of([NAN, NAN])) == 0


@pytest.mark.parametrize(("rates", "mended"), [
    ([0.1, 0.1, 0.001, 0.01, 0.01], {2: 0.01}),
    ([0.1, 0.001, 0.01, 0.01], {1: 0.01}),
    ([0.1, 0.1, 0.002, 0.01, 0.01], {}),  # not the square
    ([0.1, 0.1, 0.001, 0.01, 0.009], {}),  # does not stay
    ([0.1, 0.001, 0.01], {}),  # too few rows
    ([0.1, 0.099, 0.0995, 0.0995], {}),  # next to no dip
    ([0.1, 0.1, 0.025, 0.05, 0.05, 0.0125, 0.025, 0.025], {2: 0.05, 5: 0.025}),
    ([0.1, 0.0, 0.01, 0.01, 0.0], {}),
])  # fmt: skip
def test_one_row_dips_of_gamma_squared_are_mended(rates, mended):
    found = rates_of(rates)
    expected = np.array(rates)
    for row, rate in mended.items():
        expected[row] = rate
    assert found.rate.tolist() == expected.tolist() and found.dips == len(mended)


# Rows that tell the most


def test_few_rows_are_all_probed():
    assert probe_rows(rates_of(np.ones(PROBE_ROWS)), np.arange(PROBE_ROWS)).tolist() == list(
        range(PROBE_ROWS)
    )


def test_both_sides_of_changes_and_the_ends_are_probed():
    rates = np.ones(500)
    rates[100:] = 0.5
    rates[333:] = 0.2
    rows = probe_rows(rates_of(rates), np.arange(500)).tolist()
    assert {0, 499, 99, 100, 332, 333} <= set(rows)
    assert rows == sorted(set(rows)) and len(rows) <= PROBE_ROWS + 8


def test_only_rows_that_count_are_probed():
    rates = np.ones(500)
    rates[100:] = 0.5
    rows = probe_rows(rates_of(rates), np.arange(50, 500))
    assert rows.min() == 50 and {99, 100} <= set(rows.tolist())


# Samples


def sample(n, rate=None):
    return row_sample(rates_of(np.linspace(1, 2, n) ** 2 if rate is None else rate))


def test_a_sample_of_rows_counts_steps():
    found = row_sample(rates_of([0.1, 0.2, 0.4], [5, 7, 11]))
    assert (found.tick.tolist(), found.row.tolist()) == ([5, 7, 11], [0, 1, 2])
    part = found.part(1)
    assert (part.tick.tolist(), part.rate.tolist(), part.row.tolist()) == ([7, 11], [0.2, 0.4],
                                                                          [1, 2])  # fmt: skip
    assert len(found.part(0, 2)) == 2


@pytest.mark.parametrize(("n", "probes"), [(3, 3), (56, 56), (57, None), (5000, None)])
def test_a_fit_looks_at_few_points_with_both_ends(n, probes):
    found = sample(n).probe
    assert len(found) == probes if probes else 40 < len(found) <= 60
    assert {0, 1, n - 2, n - 1} <= set(found.tolist())


def test_a_fit_looks_around_the_peak():
    rate = np.concatenate([np.linspace(0.1, 1, 400), np.linspace(1, 0.1, 2000)[1:]])
    found = set(sample(0, rate).probe.tolist())
    assert set(range(396, 403)) <= found
    assert set(range(5)) <= found and set(range(len(rate) - 5, len(rate))) <= found


def test_a_peak_at_an_end_has_neighbours_on_one_side():
    assert sample(0, np.linspace(1, 0.1, 900)).probe.min() == 0
    assert sample(0, np.linspace(0.1, 1, 900)).probe.max() == 899


def test_a_thinned_sample_keeps_ends_bends_and_their_neighbours():
    rate = np.ones(3000)
    rate[1000:] = 0.5
    rate[2222:] = 0.25
    whole = sample(0, rate)
    thin = whole.thin(240)
    assert 160 <= len(thin) <= 300
    assert set(range(5)) | set(range(2995, 3000)) <= set(thin.row.tolist())
    assert {999, 1000, 2221, 2222} <= set(thin.row.tolist())
    assert thin.rate.tolist() == rate[thin.row].tolist()
    assert whole.thin(3000) is whole and whole.thin(2999) is not whole


# Staircases of epochs


STEPS = np.arange(0, 1000, 10)


def epochs(per=100.0, start=0):
    return EpochAxis(np.array([start, start + 10 * per]), np.array([0.0, 10.0]), "configured")


def test_rows_of_steps_that_agree_within_epochs_are_a_staircase():
    rates = 0.1 * 0.9 ** (STEPS // 100)
    (found,) = staircase_samples(rates_of(rates, STEPS), epochs(), None)
    assert found.tick.tolist() == list(range(10))
    assert found.rate == pytest.approx(0.1 * 0.9 ** np.arange(10.0))
    assert found.row.tolist() == list(range(0, 100, 10))
    assert (found.clock.tick, found.clock.origin, found.clock.floor) == (100.0, 0.0, True)


def test_steps_may_count_from_one():
    rates = 0.1 * 0.9 ** (STEPS // 100)
    (found,) = staircase_samples(rates_of(rates, STEPS + 1), epochs(), None)
    assert found.tick.tolist() == list(range(10)) and found.clock.origin in (0.0, 1.0)
    single = np.arange(1, 1001)
    (found,) = staircase_samples(rates_of(0.1 * 0.9 ** ((single - 1) // 100), single), epochs(),
                                 None)  # fmt: skip
    assert found.clock.origin == 1.0


def test_epochs_may_end_one_step_early():
    single = np.arange(1000)
    (found,) = staircase_samples(rates_of(0.1 * 0.9 ** ((single + 1) // 100)), epochs(), None)
    assert found.clock.origin == -1.0 and found.tick.tolist() == list(range(11))


def test_a_rate_that_moves_within_epochs_is_no_staircase():
    assert staircase_samples(rates_of(0.1 * 0.99 ** (STEPS / 10), STEPS), epochs(), None) == []


def test_rows_of_epochs_have_no_staircase():
    identity = EpochAxis(np.array([0, 10]), np.array([0.0, 10.0]), "step is epoch")
    assert staircase_samples(rates_of([0.1, 0.05, 0.02]), identity, None) == []
    assert staircase_samples(rates_of([0.1], [100]), epochs(), None) == []
    assert staircase_samples(rates_of([0.1, 0.05, 0.02]), epochs(per=1.0), None) == []


def test_without_an_axis_the_length_of_an_epoch_is_estimated():
    rates = rates_of(0.1 * 0.9 ** (STEPS // 100), STEPS)
    assert estimated_lengths(rates, None) == [100.0]
    assert estimated_lengths(rates, 10)[0] == 100.0
    assert estimated_lengths(rates_of(np.repeat([0.3, 0.2, 0.1], 9)), None) == []
    four = rates_of(np.repeat([0.4, 0.3, 0.2, 0.1], 9))
    assert estimated_lengths(four, None) == [9.0]
    assert estimated_lengths(rates_of([0.4, 0.3, 0.2, 0.1]), None) == []
    (found,) = staircase_samples(rates, EpochAxis(), None)
    assert found.clock.tick == 100.0


@pytest.mark.parametrize(("steps", "epochs_", "allowed"), [
    (range(0, 100), 10, {10.0}), (range(0, 100, 5), 10, {10.0}), ([0], 1, set()),
    (range(0, 99), 10, {10.0}), (range(1, 101), 10, {10.0}),
])  # fmt: skip
def test_an_epochs_length_ends_the_log_in_its_last_epoch(steps, epochs_, allowed):
    found = allowed_lengths(np.array(list(steps)), epochs_)
    assert allowed <= set(found)
    for per in found:
        assert epochs_ - 1 <= (steps[-1] + 1) / per <= epochs_ + 0.2
