"""A column of random values under the name of a rate: told as unknown, and without delay."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.infer import infer_schedule


def inferred(rate):
    step = np.arange(len(rate), dtype=np.int64)
    return infer_schedule({"lr": Series("lr", step, np.full(len(rate), np.nan), rate)}, EpochAxis())


def test_random_values_have_no_schedule():
    found = inferred(np.random.default_rng(0).random(3000))
    assert found.family.name == "unknown"
    assert found.drops == found.rises == ()


@pytest.mark.parametrize("half", [2, 20])
def test_a_short_cycle_of_many_rows_is_still_told(half):
    place = np.arange(2000) % (2 * half)
    found = inferred(0.001 + 0.009 * np.minimum(place, 2 * half - place) / half)
    assert found.family.name == "cyclic"
    assert found.family.parameters["step_size_up"] == pytest.approx(half)
