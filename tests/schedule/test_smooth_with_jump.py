"""A smooth schedule that jumps once is cut there, and only there."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.infer import infer_schedule

EPOCHS = EpochAxis(np.array([0, 100]), np.array([0.0, 100.0]), "step is epoch")


def cosine(n: int = 60) -> np.ndarray:
    return 0.05 * (1 + np.cos(np.pi * np.arange(n) / n))


def schedule_of(rate: np.ndarray):
    step = np.arange(len(rate))
    series = Series("lr", step, np.full(len(step), np.nan), np.asarray(rate, np.float64))
    return infer_schedule({"lr": series}, EPOCHS)


@pytest.mark.parametrize("factor", [0.3, 0.5, 2.0, 5.0])
def test_a_jump_to_another_level_is_one_change_of_a_cosine(factor: float) -> None:
    rate = cosine()
    rate[30:] *= factor
    found = schedule_of(rate)
    assert [c.step for c in (*found.drops, *found.rises)] == [30]
    assert bool(found.drops) == (factor < 1)
    assert found.family.name == "cosine"


def test_the_whole_curve_has_no_change() -> None:
    found = schedule_of(cosine())
    assert not found.drops and not found.rises


def test_noise_on_the_curve_is_no_jump() -> None:
    noise = np.random.default_rng(3).normal(1.0, 0.02, 60)
    found = schedule_of(cosine() * noise)
    assert not found.drops and not found.rises
