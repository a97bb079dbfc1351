"""Warm-ups and milestones as a person would paste them: whole ticks, of epochs where those are."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.written_warmup import with_whole_warmup

PER = 20
STEPS = EpochAxis(np.array([0, 60 * PER]), np.array([0.0, 60.0]), "configured")


def family_of(rate, axis=None):
    step = np.arange(len(rate))
    series = Series("lr", step, np.full(len(step), np.nan), np.asarray(rate, np.float64))
    return infer_schedule({"lr": series}, axis or EpochAxis()).family


def test_a_warm_up_from_a_tenth_has_whole_ticks() -> None:
    flat = {"base_lr": 0.1, "warmup": 5, "start_factor": 0.1, "total": 60, "eta_min": 0.0}
    found = family_of(rate_at("warmup_cosine", flat, np.arange(60.0)))
    assert found.name == "warmup_cosine" and found.exact
    assert found.parameters["warmup"] == 5 and found.parameters["total"] == 60
    assert found.parameters["start_factor"] == pytest.approx(0.1)
    assert "start_factor=0.1, total_iters=5)" in found.pytorch and "milestones=[5]" in found.pytorch


def test_a_long_warm_up_from_a_hundredth_begins_where_the_log_begins() -> None:
    flat = {"base_lr": 0.1, "warmup": 100, "start_factor": 0.01, "total": 1200, "eta_min": 1e-5}
    found = family_of(rate_at("warmup_cosine", flat, np.arange(1200.0)))
    assert found.parameters["warmup"] == 100
    assert found.parameters["start_factor"] == pytest.approx(0.01, rel=1e-3)


def test_changes_at_epochs_of_a_log_by_step_are_told_in_epochs() -> None:
    epoch = np.arange(60 * PER) // PER
    flat = {"base_lr": 0.1, "warmup": 5, "start_factor": 0.1, "milestones": [31, 45], "gamma": 0.1}
    found = family_of(rate_at("warmup_multistep", flat, epoch.astype(float)), STEPS)
    assert found.parameters["milestones"] == [31, 45] and found.parameters["warmup"] == 5
    assert "step() every epoch" in found.pytorch
    plain = family_of(0.1 * 0.1 ** np.searchsorted([31, 45], epoch, "right"), STEPS)
    assert plain.parameters["milestones"] == [31, 45]
    assert "step() every epoch" in plain.pytorch


@pytest.mark.parametrize(
    "flat",
    [
        {"warmup": 5.0, "start_factor": 0.0, "origin": 0.0},
        {"warmup": 5.5, "start_factor": 0.1, "origin": -0.5},
        {"warmup": 5.3, "start_factor": 0.0, "origin": 0.0},
        {"warmup": 0.5, "start_factor": 0.0, "origin": -0.5},
    ],
)
def test_what_is_whole_or_cannot_be_stays(flat) -> None:
    assert with_whole_warmup(flat, 0.0) == flat
