"""Restarts against a slow oracle, and planted files."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.rows import RowRecorder, series_of


def series(steps, epochs=None, values=None, **options):
    rows = RowRecorder()
    for i, step in enumerate(steps):
        rows.start(i + 1, step, float("nan") if epochs is None else epochs[i])
        rows.put("loss", float(i) if values is None else values[i])
    log = ProblemLog("x")
    return series_of(rows.rows(), log, **options), log


def purged(steps):
    """TensorBoard's purge, one row at a time: a step back removes what it repeats."""
    kept = []
    for i, step in enumerate(steps):
        if kept and step < kept[-1][0]:
            kept = [k for k in kept if k[0] < step]
        kept.append((step, float(i)))
    return kept


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(20, 60), min_size=1, max_size=3),
    st.lists(st.integers(1, 10), min_size=3, max_size=3),
)
def test_restarts_agree_with_the_purge(lengths, backs):
    steps, at = [], 0
    for length, back in zip(lengths, backs, strict=False):
        at = max(at - back, 0) if steps else 0
        steps += range(at, at + length)
        at += length
    found, _ = series(steps)
    loss = found["loss"]
    assert list(zip(loss.step.tolist(), loss.value.tolist(), strict=True)) == purged(steps)
    assert loss.superseded == len(steps) - len(loss)


@settings(max_examples=50, deadline=None)
@given(st.permutations(range(30)))
def test_no_point_is_lost_without_a_restart(order):
    found, _ = series(order)
    loss = found["loss"]
    assert len(loss) + loss.superseded == 30
    assert (np.diff(loss.step) >= 0).all()
    if loss.superseded == 0:
        assert sorted(loss.value.tolist()) == list(range(30))


def test_steps_within_the_epoch_become_steps_of_the_training():
    found, log = series([50, 100, 150] * 3, [1, 1, 1, 2, 2, 2, 3, 3, 3])
    assert found["loss"].step.tolist() == list(range(50, 500, 50))
    assert not log.has("restart")


def test_a_batch_column_without_an_epoch_is_unwrapped_when_it_cycles():
    found, _ = series([0, 1, 2, 3] * 5)
    assert found["loss"].step.tolist() == list(range(20))


def test_a_constant_step_is_no_index():
    found, _ = series([0] * 6)
    assert found["loss"].step.tolist() == list(range(6))
    assert found["loss"].index == "row"


def test_many_rows_an_epoch_are_counted_by_row_and_keep_the_epoch():
    epochs = [float(i // 10) for i in range(50)]
    found, _ = series([float("nan")] * 50, epochs)
    assert found["loss"].step.tolist() == list(range(50))
    assert found["epoch"].value.tolist() == epochs


def test_rows_without_a_step_take_the_last_one():
    nan = float("nan")
    found, _ = series([nan, 10, nan, 20, nan])
    assert found["loss"].step.tolist() == [10, 10, 10, 20, 20]


def test_validation_one_step_behind_is_no_restart():
    rows = RowRecorder()
    for i in range(1, 20):
        rows.start(2 * i, i * 10)
        rows.put("loss", 1.0)
        rows.start(2 * i + 1, i * 10 - 1)
        rows.put("val_loss", 1.0)
    log = ProblemLog("x")
    found = series_of(rows.rows(), log)
    assert len(found["loss"]) == len(found["val_loss"]) == 19
    assert log.problems() == ()
