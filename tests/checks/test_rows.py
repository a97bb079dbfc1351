"""All curves of a run on one set of rows: which rows, and which points a row stands for."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.checks.rows import MAX_ROWS, Rows, position_of, rows_of
from lrdiag.runs import Run
from lrdiag.schedule.values import Schedule
from lrdiag.view import Curve, RunView

AXIS = EpochAxis(np.array([0, 1000]), np.array([0.0, 10.0]), "configured")
NAN = float("nan")


def curve(role, step, value=None, epoch=None):
    step = np.asarray(step, np.int64)
    value = step if value is None else value
    epoch = step / 100 if epoch is None else epoch
    return Curve(
        role, role, step, np.asarray(epoch, float), np.asarray(value, float), False, "loss"
    )


def rows(*curves, axis=AXIS) -> Rows:
    return rows_of(RunView(Run("r", {}), {c.role: c for c in curves}, axis, Schedule()))


STEPS = np.arange(0, 1000, 100)


def test_one_row_a_point_where_there_are_few():
    found = rows(curve("val_loss", STEPS))
    assert found.position.tolist() == (STEPS / 100).tolist()
    assert found.step.tolist() == STEPS.tolist()
    assert found.curves["val_loss"].tolist() == STEPS.tolist()
    assert (found.unit, found.reference, len(found)) == ("epoch", "val_loss", 10)


def test_the_validation_loss_gives_the_rows_if_it_has_a_finite_point():
    assert rows(curve("train_loss", STEPS), curve("val_loss", [0, 500])).reference == "val_loss"
    empty = curve("val_loss", [0, 500], [NAN, NAN])
    found = rows(curve("train_loss", STEPS), empty)
    assert found.reference == "train_loss"
    assert "val_loss" not in found.curves


def test_without_a_finite_point_there_are_no_rows():
    assert len(rows(curve("val_loss", STEPS, np.full(10, NAN)))) == 0
    assert len(rows()) == 0


def test_points_that_are_not_finite_give_no_row():
    value = np.arange(10.0)
    value[[3, 9]] = NAN, np.inf
    found = rows(curve("val_loss", STEPS, value))
    assert found.step.tolist() == [0, 100, 200, 400, 500, 600, 700, 800]


def test_steps_stand_in_where_an_epoch_is_unknown():
    unknown = STEPS / 100
    unknown[4] = NAN
    view = RunView(Run("r", {}), {}, AXIS, Schedule())
    assert position_of(view, curve("val_loss", STEPS, None, unknown))[1] == "step"
    assert position_of(view, curve("val_loss", STEPS))[1] == "epoch"
    bare = RunView(Run("r", {}), {}, EpochAxis(), Schedule())
    assert position_of(bare, curve("val_loss", STEPS))[1] == "step"


def test_a_missing_row_of_another_curve_lies_between_its_neighbours():
    found = rows(curve("val_loss", STEPS), curve("train_loss", np.delete(STEPS, 4)))
    assert found.curves["train_loss"].tolist() == STEPS.tolist()


def test_iterations_become_the_means_of_their_epochs():
    dense = np.arange(1, 1001)
    epochs = curve("val_loss", STEPS + 100)
    found = rows(epochs, curve("train_loss_step", dense))
    # Steps 1 to 100 have the mean 50.5, 101 to 200 the mean 150.5, …
    assert found.curves["train_loss_step"] == pytest.approx(STEPS + 50.5, abs=1.0)


@pytest.mark.parametrize("first", [0, 100])
def test_epochs_named_by_start_or_end_cover_the_same_iterations(first):
    found = rows(curve("val_loss", STEPS + first), curve("train_loss_step", np.arange(1000)))
    assert found.curves["train_loss_step"] == pytest.approx(STEPS + 49.5, abs=1.5)


def test_a_dense_curve_that_covers_another_part_of_the_run_stays_where_it_is():
    late = np.arange(500, 1000)
    found = rows(curve("val_loss", STEPS), curve("train_loss_step", late))
    dense = found.curves["train_loss_step"]
    assert dense[6] == pytest.approx(550, abs=1)
    assert dense[-1] > 800


def test_iterations_alone_are_gathered_into_whole_epochs():
    found = rows(curve("train_loss_step", np.arange(1000)))
    assert len(found) == 10
    assert found.curves["train_loss_step"] == pytest.approx(np.arange(10) * 100 + 49.5, abs=1)
    assert found.step.tolist() == [99 + 100 * k for k in range(10)]


def test_steps_alone_are_gathered_into_at_most_200_rows():
    found = rows(curve("train_loss", np.arange(100_000)), axis=EpochAxis())
    assert (len(found), found.unit) == (MAX_ROWS, "step")
    assert found.curves["train_loss"][0] == pytest.approx(249.5, abs=1)
    assert found.step[-1] == 99_999


@pytest.mark.parametrize(("points", "kept"), [(200, 200), (260, 260), (261, 200)])
def test_a_few_points_more_than_rows_are_not_gathered(points, kept):
    assert len(rows(curve("train_loss", np.arange(points)), axis=EpochAxis())) == kept


def test_a_single_point_is_a_row():
    found = rows(curve("val_loss", [300], [0.5]))
    assert (found.position.tolist(), found.step.tolist()) == ([3.0], [300])
    assert found.curves["val_loss"].tolist() == [0.5]


def test_rows_are_computed_once():
    view = RunView(Run("r", {}), {"val_loss": curve("val_loss", STEPS)}, AXIS, Schedule())
    assert rows_of(view) is rows_of(view)


def test_a_curve_in_steps_meets_rows_in_epochs_at_its_own_epochs():
    partly = STEPS / 100
    partly[0] = NAN
    found = rows(curve("val_loss", STEPS), curve("train_loss", STEPS, None, partly))
    assert found.curves["train_loss"][1:].tolist() == STEPS[1:].tolist()


def test_one_point_stands_for_one_epoch_of_iterations():
    # 100 steps an epoch: what was logged within an epoch before the only validation is its row.
    found = rows(curve("val_loss", [300], [0.5]), curve("train_loss_step", [100, 250, 300]))
    assert found.curves["train_loss_step"].tolist() == [pytest.approx((100 + 250 + 300) / 3)]


@pytest.mark.parametrize(("epochs", "rows_of_run"), [(1, 20), (3, 21), (9, 27), (10, 10)])
def test_few_epochs_are_cut_into_equal_parts(epochs, rows_of_run):
    step = np.arange(1, 100 * epochs + 1)
    axis = EpochAxis(np.array([0, 1000]), np.array([0.0, 10.0]), "configured")
    found = rows(curve("val_loss", step), axis=axis)
    assert len(found) == rows_of_run
    widths = np.diff(found.step)
    assert widths.max() - widths.min() <= 1


def test_few_epochs_with_a_validation_each_have_a_row_each():
    assert len(rows(curve("val_loss", [99, 199, 299]), curve("train_loss", np.arange(300)))) == 3
