"""Rows of drops where a log shows little: merged drops, coarse printing, short warm-ups."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.short_decimals import is_short_factor, significant_digits

EPOCHS = EpochAxis(np.array([0, 400]), np.array([0.0, 400.0]), "step is epoch")


def schedule_of(rate, step=None):
    step = np.arange(len(rate)) if step is None else np.asarray(step)
    series = Series("lr", step, np.full(len(step), np.nan), np.asarray(rate, np.float64))
    return infer_schedule({"lr": series}, EPOCHS)


def changes(found) -> list[tuple[int, str]]:
    both = [(c.step, "drop") for c in found.drops] + [(c.step, "rise") for c in found.rises]
    return sorted(both)


def test_drops_merged_between_rows_in_unknown_numbers_are_powers_of_one_gamma() -> None:
    merged = np.array([5, 7, 6, 7, 7, 9, 2])
    rate = np.r_[6.03e-5 * 0.853 ** np.r_[0, np.cumsum(merged)], np.full(23, np.nan)]
    rate[8:] = rate[7]
    found = schedule_of(rate.astype(np.float32))
    assert changes(found) == [(i, "drop") for i in range(1, 8)]
    assert found.family.name == "multistep"
    assert found.family.parameters["gamma"] == pytest.approx(0.853, rel=1e-4)


@pytest.mark.parametrize(
    ("first", "places"),
    [
        ([5e-5, 2.1e-5, 9e-6, 4e-6, 4e-6, 1e-6], 6),
        ([0.1, 0.01, 0.001], 3),
    ],
)
def test_a_few_coarse_drops_at_the_start_of_a_long_run_are_drops(first, places) -> None:
    rate = np.round(np.r_[first, np.zeros(300)], places)
    found = schedule_of(rate, np.arange(len(rate)) * 10 + 9)
    rows = np.flatnonzero(np.diff(rate)) + 1
    assert changes(found) == [(int(r) * 10 + 9, "drop") for r in rows]


def test_late_drops_that_follow_one_another_in_coarse_rows_share_one_gamma() -> None:
    rate = np.repeat([300, 150, 75, 19, 5, 2, 1], [7, 3, 5, 1, 1, 1, 1]) / 1e6
    step = np.r_[0:15, 17, 20, 22, 23]
    assert changes(schedule_of(rate, step)) == [(r, "drop") for r in (7, 10, 17, 20, 22, 23)]


@pytest.mark.parametrize("rows", [(9, 10), (10, 11)])
def test_a_decay_seen_in_two_rows_is_no_pair_of_drops(rows) -> None:
    rate = np.full(max(rows) + 1, 1e-3)
    rate[list(rows)] = [0.941124636146141e-3, 1.2410336637047603e-7]
    assert changes(schedule_of(rate)) == []


@pytest.mark.parametrize("last", [1e-4, 0.001 / 3, 0.001 * np.sqrt(0.1), 2.5e-4])
def test_a_drop_in_the_last_row_by_a_factor_that_people_write_is_a_drop(last) -> None:
    assert changes(schedule_of(np.r_[np.full(11, 1e-3), last])) == [(11, "drop")]


def test_a_warm_up_of_two_ticks_is_no_rise_by_hand() -> None:
    rate = np.repeat([6.74e-6, 3.37337e-3, 6.74e-3, 2.022e-3], [50, 50, 400, 500])
    assert changes(schedule_of(rate)) == [(500, "drop")]


def test_a_ramp_that_waits_one_more_tick_at_its_start_is_a_warm_up() -> None:
    rate = np.repeat([0.001, 0.0055, 0.01, 0.003], [10, 5, 30, 45])
    assert changes(schedule_of(rate)) == [(45, "drop")]


def test_two_unequal_rises_are_by_hand() -> None:
    rate = np.repeat([0.1, 0.2, 0.6, 0.06], [3, 2, 5, 1])
    assert changes(schedule_of(rate)) == [(3, "rise"), (5, "rise"), (10, "drop")]


def test_a_rise_long_after_a_warm_up_is_one_of_its_own() -> None:
    rate = np.r_[0.0, 1e-5, np.full(22, 2e-5), np.full(38, 6e-5), np.full(8, 1.8e-5)]
    assert changes(schedule_of(rate)) == [(24, "rise"), (62, "drop")]


def test_a_decay_that_reaches_zero_does_not_jump_there() -> None:
    done = np.clip((np.arange(330) - 247) / 65, 0, 1)
    rate = 1e-3 * np.minimum(np.arange(330) / 32, 1 - done)
    assert changes(schedule_of(rate.astype(np.float32))) == []


def test_drops_down_to_nothing_and_a_factor_on_resume_are_all_told() -> None:
    rate = 4.05e-5 * np.repeat(0.1 ** np.arange(16.0), 20)
    rate[290:] *= 0.5
    rate = np.array([float(f"{v:.6g}") for v in rate])
    rows = sorted({*range(20, 320, 20), 290})
    assert changes(schedule_of(rate)) == [(r, "drop") for r in rows]


@pytest.mark.parametrize(
    ("number", "digits"), [(0.1, 1), (0.25, 2), (1e-05, 1), (123.0, 3), (0.0, 1), (0.3333, 4)]
)
def test_digits_are_those_of_the_shortest_decimal(number: float, digits: int) -> None:
    assert significant_digits(number) == digits


@pytest.mark.parametrize(
    ("factor", "short"),
    [(0.1, True), (1 / 3, True), (0.1**0.5, True), (0.14791366, False), (0.0, False)],
)
def test_factors_that_people_write(factor: float, short: bool) -> None:
    assert is_short_factor(factor * (1 - 1e-7), factor * (1 + 1e-7)) is short


def test_an_open_range_holds_no_factor_that_people_write() -> None:
    assert is_short_factor(1e-3, 1e297) is False


def test_one_rise_early_in_a_log_without_its_start_is_a_change() -> None:
    # A ramp through the first two rows would have been below zero when the training began.
    rate = np.r_[3e-4, np.full(3, 3e-3), np.full(17, 7.5e-4), np.full(4, 3.75e-4)]
    found = changes(schedule_of(rate, np.arange(6, 31)))
    assert found == [(7, "rise"), (10, "drop"), (27, "drop")]


def test_the_last_stair_of_a_warm_up_is_no_rise() -> None:
    # Epochs of 98 steps, three of warm-up from nothing; the log begins within the third.
    step = np.arange(210, 1100, 5)
    rate = np.where(step < 294, 0.2 / 3, np.where(step < 490, 0.1, 0.02))
    assert changes(schedule_of(rate, step)) == [(490, "drop")]


def test_a_decay_to_nothing_has_no_drops() -> None:
    rate = np.r_[0.1, 0.06718975018837349, 0.03238461661916281, np.zeros(41)]
    assert changes(schedule_of(rate, np.arange(44) * 20 + 1)) == []


def test_a_decay_that_ends_at_a_round_rate_has_no_drops() -> None:
    rate = np.r_[np.full(17, 0.1), 0.0575280897319317, 0.01]
    assert changes(schedule_of(rate, np.arange(19) * 47 + 46)) == []


def test_a_decay_that_was_over_after_one_row_has_no_drops() -> None:
    rate = np.r_[0.03226315975189209, np.full(60, 0.001)]
    assert changes(schedule_of(rate, np.arange(61) * 20 + 39)) == []


def test_coarse_ratios_that_are_surely_powers_of_one_gamma_are_drops() -> None:
    powers = np.cumsum([0, 1, 0, 2, 2, 1, 2, 2, 2, 1, 2])
    rate = np.array([float(f"{5e-5 * 0.593**p:.2e}") for p in np.r_[powers, np.full(37, 15)]])
    found = schedule_of(rate)
    assert changes(found) == [(r, "drop") for r in (1, 3, 4, 5, 6, 7, 8, 9, 10)]


def test_coarse_drops_to_nothing_are_drops_where_no_curve_shows_them_with_their_digits() -> None:
    rate = np.repeat([2e-5, 2e-6, 1e-6, 0.0], [12, 13, 5, 8])
    assert changes(schedule_of(rate)) == [(r, "drop") for r in (12, 25, 30)]


def test_one_drop_in_the_second_row_of_float32_is_a_drop() -> None:
    rate = np.r_[np.float32(1e-3), np.full(80, np.float32(5.35815e-05))]
    assert changes(schedule_of(rate, np.arange(81) * 5 + 4)) == [(9, "drop")]


def test_the_last_stair_of_a_ramp_in_the_second_row_is_no_rise() -> None:
    rate = np.r_[0.0085857, np.full(18, 0.01), np.full(3, 0.005), np.full(14, 0.0025)]
    assert changes(schedule_of(rate, np.arange(36) * 7 + 55)) == [(188, "drop"), (209, "drop")]


def test_a_coarsely_printed_decay_has_no_drops_of_a_factor_next_to_one() -> None:
    rate = np.array([float(f"{0.0123 * 0.9955**t:.2e}") for t in range(40)])
    assert changes(schedule_of(rate)) == []
