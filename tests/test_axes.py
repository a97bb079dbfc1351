from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrdiag.axes import EpochAxis
from lrdiag.axis_inference import infer_axis
from lrdiag.roles.resolution import resolve_roles


def axis_of(run, **known):
    return infer_axis(run, resolve_roles(run), **known)


def test_a_step_a_row_is_an_epoch(make_run):
    axis, in_epochs = axis_of(make_run({"train_loss": np.ones(30), "val_loss": np.ones(30)}))
    assert axis.is_identity
    assert not in_epochs
    assert axis.epoch_at(12) == 12


def test_validation_every_hundred_steps_is_its_cadence(make_run):
    steps = {"val_loss": np.arange(1, 21) * 100 - 1}
    axis, _ = axis_of(make_run({"train_loss": np.ones(2000), "val_loss": np.ones(20)}, steps))
    assert axis.steps_per_epoch == 100
    assert int(axis.epoch_at(99) or 0) == 0
    assert int(axis.epoch_at(100) or 0) == 1


def test_configured_epochs_divide_the_steps(make_run):
    steps = {"val_loss": np.arange(1, 11) * 50 - 1}
    axis, _ = axis_of(
        make_run({"train_loss": np.ones(500), "val_loss": np.ones(10)}, steps), epochs=10
    )
    assert axis.steps_per_epoch == 50


def test_two_units_in_one_run_are_told_apart(make_run):
    run = make_run({"train_loss": np.ones(900), "val_loss": np.ones(30), "lr": np.ones(900)})
    axis, in_epochs = axis_of(run)
    assert in_epochs == {"val_loss"}
    assert axis.steps_per_epoch == 30


@pytest.mark.parametrize("per_epoch", [7, 100])
def test_lightning_writes_an_epoch_at_its_last_step(make_run, per_epoch):
    ends = np.arange(1, 21) * per_epoch - 1
    run = make_run(
        {"epoch": np.arange(20.0), "val_loss": np.ones(20), "lr-SGD": np.ones(20)},
        {"epoch": ends, "val_loss": ends, "lr-SGD": ends - per_epoch + 1},
    )
    axis, _ = axis_of(run)
    assert axis.steps_per_epoch == per_epoch
    assert axis.epoch_at(10 * per_epoch) == pytest.approx(10)


@pytest.mark.parametrize("known", [{}, {"epochs": 60}])
@pytest.mark.parametrize("every", [2, 5])
def test_every_few_epochs_logged_are_not_epochs_of_few_batches(make_run, every, known):
    steps = {tag: np.arange(0, 60, every) for tag in ("train_loss", "val_loss")}
    axis, _ = axis_of(make_run({tag: np.ones(len(s)) for tag, s in steps.items()}, steps), **known)
    assert axis.is_identity


def test_configured_epochs_of_few_batches_stay_epochs(make_run):
    steps = {tag: np.arange(1, 31) * 5 - 1 for tag in ("train_loss", "val_loss")}
    axis, _ = axis_of(make_run({tag: np.ones(30) for tag in steps}, steps), epochs=30)
    assert axis.steps_per_epoch == 5


def test_epochs_count_from_the_first_row_of_a_renumbered_log(make_run):
    steps = {"val_loss": 1000 + np.arange(1, 41) * 62 - 1, "train_loss": 1000 + np.arange(2480)}
    run = make_run({"train_loss": np.ones(2480), "val_loss": np.ones(40)}, steps)
    axis, _ = axis_of(run, epochs=40)
    assert axis.steps_per_epoch == 62
    assert axis.epoch_at(1000) == pytest.approx(0)
    assert axis.epoch_at(3480) == pytest.approx(40)


def test_nothing_logged_means_nothing_known(make_run):
    axis, _ = axis_of(make_run({}))
    assert not axis.known
    assert axis.epoch_at(3) is None
    assert axis.steps_per_epoch is None


@given(
    st.lists(st.integers(1, 50), min_size=2, max_size=30),
    st.floats(-5, 400, allow_nan=False),
)
def test_epoch_of_and_step_of_are_inverse(gaps, epoch):
    steps = np.cumsum(gaps)
    axis = EpochAxis(steps.astype(np.int64), np.arange(len(steps), dtype=float), "epoch")
    back = axis.epoch_of(axis.step_of(np.array([epoch])))[0]
    assert back == pytest.approx(epoch, abs=1e-6)
