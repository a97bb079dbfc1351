"""A rate that moves all the time counts as it was logged, not as its ends suggest."""

from dataclasses import replace

import numpy as np
import pytest

from lrdiag.checks.rows import rows_of
from lrdiag.checks.shape import rates_of
from lrdiag.runs import Series
from lrdiag.schedule.values import Family, GroupSchedule, Schedule, Segment

N = 40
COSINE = 0.5 * (1 + np.cos(np.pi * np.arange(N) / N))


def smooth_view(make_view, value, steps=None, **fields):
    view = make_view({"train_loss": np.linspace(2, 1, N), "val_loss": np.linspace(2, 1, N)})
    steps = np.arange(N) if steps is None else steps
    schedule = Schedule(
        groups=(GroupSchedule("lr", (), Family("cosine", {}), N),),
        segments=(Segment(0, N, float(value[0]), float(value[-1])),),
        smooth=True,
    )
    rates = {
        "lr": Series("lr", np.asarray(steps, np.int64), np.zeros(len(steps)), np.asarray(value))
    }
    return replace(view, schedule=schedule, **{"rates": rates, **fields})


def test_a_cosine_to_nothing_spends_half_the_run_above_half_its_rate(make_view):
    view = smooth_view(make_view, np.append(COSINE[:-1], 0.0))
    rate = rates_of(view, rows_of(view))
    assert rate == pytest.approx(np.append(COSINE[:-1], 0.0))
    assert np.mean(rate >= 0.5) == pytest.approx(0.5, abs=0.05)


def test_rates_logged_in_another_order_and_with_gaps_are_put_in_place(make_view):
    order = np.random.default_rng(0).permutation(N)[: N // 2]
    value = COSINE[order].copy()
    value[3] = np.nan
    view = smooth_view(make_view, value, order)
    assert rates_of(view, rows_of(view)) == pytest.approx(COSINE, abs=0.3)


@pytest.mark.parametrize("value", [np.full(N, np.nan), np.zeros(N)])
def test_rates_that_say_nothing_leave_it_to_the_segments(make_view, value):
    view = smooth_view(make_view, value)
    segments = (Segment(0, N, 0.1, 0.001),)
    view = replace(view, schedule=replace(view.schedule, segments=segments))
    rate = rates_of(view, rows_of(view))
    assert rate[0] == pytest.approx(0.1) and rate[N // 2] == pytest.approx(0.01)


def test_without_logged_rates_the_segments_tell(make_view):
    view = smooth_view(make_view, COSINE, rates={})
    rate = rates_of(view, rows_of(view))
    assert rate is not None and rate[0] == pytest.approx(1.0)
