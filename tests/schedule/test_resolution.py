"""Printed digits, decimals and float32 are recognised from the values."""

import numpy as np
import pytest

from lrdiag.schedule.resolution import half_widths, resolution

RATES = 0.1 * 0.93 ** np.arange(60)


@pytest.mark.parametrize(
    ("printed", "kind", "places"),
    [("{:.6f}", "decimals", 6), ("{:.2e}", "digits", 3), ("{:.6g}", "digits", 6)],
)
def test_printing_is_recognised_and_covers_the_truth(printed, kind, places):
    logged = np.array([float(printed.format(v)) for v in RATES])
    found = resolution(logged)
    assert (found.kind, found.places) == (kind, places)
    assert np.all(np.abs(logged - RATES) <= half_widths(logged)[0])


def test_float32_is_recognised():
    logged = RATES.astype(np.float32).astype(float)
    assert resolution(logged).kind == "float32"
    assert np.all(np.abs(logged - RATES) <= half_widths(logged)[0])


def test_doubles_are_doubles():
    assert resolution(RATES).kind == "double"


def test_few_round_values_leave_the_printing_open():
    logged = np.array([0.1, 0.1, 0.01, 0.01])
    coarse, fine = half_widths(logged)
    assert not resolution(logged).certain and np.all(coarse >= fine)
