"""Drops of a rate and the segments between them, row by row."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.changes import changes_at, segments_between
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.values import Change

AXIS = EpochAxis(np.array([0, 100]), np.array([0.0, 10.0]), "configured")


def rates(step, rate, restarts=()):
    step = np.asarray(step, np.int64)
    return clean_rates(Series("lr", step, np.full(len(step), np.nan), np.asarray(rate, float),
                           restarts=restarts))  # fmt: skip


def drop(step, before, after):
    return Change(step, None, before, after, "")


LOG = ([0, 10, 20, 30], [0.4, 0.4, 0.1, 0.1])


def test_a_change_tells_the_row_and_what_was_before():
    (change,) = changes_at(rates(*LOG), [2], AXIS, "bias")
    assert (change.step, change.epoch, change.before, change.after, change.group) == (
        20, 2.0, 0.4, 0.1, "bias",
    )  # fmt: skip


def test_a_change_beyond_the_axis_has_no_epoch_that_is_no_number():
    unknown = EpochAxis(np.array([0]), np.array([np.nan]), "unknown")
    (change,) = changes_at(rates(*LOG), [2], unknown, "")
    assert change.epoch is None


@pytest.mark.parametrize(("restart", "at"), [(10, False), (11, True), (20, True), (21, False)])
def test_a_change_is_at_a_restart_between_the_row_before_and_its_own(restart, at):
    (change,) = changes_at(rates(*LOG, restarts=(restart,)), [2], AXIS, "")
    assert change.at_restart is at


def told(changes, first, last, rates_):
    segments = segments_between(changes, first, last, rates_)
    return [(s.first_step, s.end_step, s.first_lr, s.last_lr) for s in segments]


def test_segments_lie_between_the_changes_and_end_behind_the_last_step():
    assert told([drop(20, 0.4, 0.1)], 0, 30, rates(*LOG)) == [
        (0, 20, 0.4, 0.4), (20, 31, 0.1, 0.1),
    ]  # fmt: skip


@pytest.mark.parametrize(("step", "count"), [(-5, 1), (0, 1), (1, 2), (30, 2), (31, 1)])
def test_only_changes_behind_the_first_step_and_up_to_the_last_cut(step, count):
    assert len(told([drop(step, 0.4, 0.1)], 0, 30, rates(*LOG))) == count


def test_a_segment_tells_its_first_and_its_last_rate():
    sloped = rates([0, 10, 20], [0.3, 0.2, 0.1])
    assert told([], 0, 20, sloped) == [(0, 21, 0.3, 0.1)]


def test_a_segment_without_rows_has_no_rate():
    (_, last) = told([drop(40, 0.1, 0.01)], 0, 50, rates(*LOG))
    assert np.isnan(last[2]) and np.isnan(last[3])


def test_where_no_rate_is_logged_the_changes_tell_it():
    changes = [drop(20, 0.1, 0.01), drop(10, 1.0, 0.1)]
    assert told(changes, 0, 30, None) == [
        (0, 10, 1.0, 1.0), (10, 20, 0.1, 0.1), (20, 31, 0.01, 0.01),
    ]  # fmt: skip
    ((*_, rate),) = told([], 0, 30, None)
    assert np.isnan(rate)
