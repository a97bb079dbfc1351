"""Losses that stop being numbers near a change of the rate."""

import numpy as np
import pytest

from lrdiag.checks.post_drop_divergence import blown_up
from lrdiag.checks.stages import place_drops


@pytest.mark.parametrize("first", [0, 100_000])
@pytest.mark.parametrize(("first_bad", "near"), [(16, False), (19, True), (32, True), (36, False)])
def test_a_blow_up_is_near_its_change_wherever_the_steps_begin(
    make_view, rates, first, first_bad, near
):
    value = np.ones(40)
    value[first_bad:] = np.nan
    curves = {"train_loss": value, "val_loss": np.ones(40)}
    view = make_view(curves, rates(40, 20), per_epoch=10, first=first)
    (drop,) = place_drops(view)
    assert blown_up(view, drop) is near
