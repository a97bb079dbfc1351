"""Rates of random constant levels, after a warm-up or not: every fall is a drop, at its row.

Each number below draws the levels, their lengths, the warm-up, the distance of rows and how rates
are printed.
"""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.infer import infer_schedule

PRINTED = ("{!r}", "{:.6g}", "{:.4g}", "{:.3e}")
FACTORS = (0.1, 0.2, 0.3, 0.5, 0.7)


def levels(rng, by_hand):
    """float64[n]: two to five levels of 5 to 60 rows; falls by one factor, or by hand."""
    count = int(rng.integers(2, 6))
    lengths = rng.integers(5, 60, count)
    base = float(f"{10 ** rng.uniform(-3, 0):.0e}")
    if not by_hand:
        values = base * float(rng.choice(FACTORS)) ** np.arange(count)
    else:  # rises too
        values = np.array([float(f"{base * 10 ** rng.uniform(-2, 0.5):.1e}") for _ in lengths])
    return np.repeat(values, lengths)


def drawn(number):
    rng = np.random.default_rng(number)
    rates, warm = levels(rng, by_hand=number % 3 == 1), 0
    if number % 3 == 0:
        warm = int(rng.integers(4, 12))
        rates = np.concatenate([rates[0] * np.arange(1, warm + 1) / (warm + 1), rates])
    printed = PRINTED[int(rng.integers(len(PRINTED)))]
    steps = int(rng.integers(0, 2)) + np.arange(len(rates)) * int(rng.choice([1, 1, 10]))
    return warm, steps, np.array([float(printed.format(r)) for r in rates.tolist()])


@pytest.mark.parametrize("number", range(300))
def test_every_fall_of_a_level_is_a_drop_and_a_warm_up_is_none(number):
    warm, steps, rates = drawn(number)
    series = Series("lr", steps, np.full(len(steps), np.nan), rates)
    found = infer_schedule({"lr": series}, EpochAxis())
    move = np.diff(rates)
    falls = steps[1:][(move < 0) & (np.arange(1, len(rates)) > warm)]
    rises = steps[1:][(move > 0) & (np.arange(1, len(rates)) > warm)]
    assert [d.step for d in found.drops] == falls.tolist()
    assert [r.step for r in found.rises] == rises.tolist()
    for change in (*found.drops, *found.rises):
        row = steps.tolist().index(change.step)
        assert (change.before, change.after) == (rates[row - 1], rates[row])
