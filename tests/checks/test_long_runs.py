"""Runs of more rows than a scorecard looks at: what is told counts the run's own rows."""

import numpy as np
import pytest

from lrdiag.checks.drop_too_late import DropTooLate, flat_from
from lrdiag.checks.generalization_gap import GeneralizationGap
from lrdiag.checks.plateau_after_drop import PlateauAfterDrop
from lrdiag.checks.rows import rows_of
from lrdiag.checks.scorecard_judgement import row_place
from lrdiag.checks.shape import SHAPE_ROWS, rates_of, shape_of

SURE = 1e-12
LONG = 2 * SHAPE_ROWS


def one(check, view):
    (evidence,) = check.evaluate(view)
    return evidence


def level(before, after, n=LONG, drop=80, size=0.002, seed=0):
    value = np.where(np.arange(n) < drop, before, after)
    return value * np.exp(np.random.default_rng(seed).normal(0, size, n))


def still(after=1.0, drop=80):
    return {"train_loss": level(1.0, 1.0, drop=drop), "val_loss": level(1.1, 1.1 * after, drop=drop,
                                                                        seed=1)}  # fmt: skip


def test_two_rows_are_averaged_into_one(make_view):
    shape = shape_of(make_view({"train_loss": np.arange(1.0, LONG + 1), "val_loss": [1.0] * LONG}))
    assert (len(shape), shape.scale) == (SHAPE_ROWS, 2)
    assert np.exp(shape.train[:2]) == pytest.approx([1.5, 3.5])
    odd = shape_of(make_view({"train_loss": np.arange(1.0, LONG), "val_loss": [1.0] * (LONG - 1)}))
    assert len(odd) == SHAPE_ROWS and np.exp(odd.train[-1]) == pytest.approx(LONG - 1)


def test_a_useless_drop_is_told_with_the_rows_of_the_run(make_view, rates):
    view = make_view(still(), rates(LONG, 80))
    facts = one(PlateauAfterDrop(SURE), view).facts
    assert facts["rows_after"] == 48
    assert facts["where"] == row_place(view, 80)


def test_a_late_drop_is_told_with_the_rows_of_the_run(make_view, rates):
    view = make_view(still(0.6), rates(LONG, 80))
    facts = one(DropTooLate(SURE, min_gain=-1.0), view).facts
    flat = flat_from(shape_of(view).val, 40)
    assert facts["flat"] == (40 - flat) * 2
    assert facts["flat_from"] == row_place(view, flat * 2)
    assert facts["where"] == row_place(view, 80)


def test_a_wider_gap_is_told_with_the_rows_of_the_run(make_view, rates):
    view = make_view(still(2.0), rates(LONG, 80))
    found = one(GeneralizationGap(), view)
    assert found.observed == pytest.approx(2.0, abs=0.02) and found.points == LONG
    assert found.first_step == 80 and found.last_step == LONG - 1
    assert found.facts["where"] == row_place(view, 80)
    first = [e.last_step for e in GeneralizationGap().evaluate(
        make_view(still(2.0), rates(LONG, 40, 80)))]  # fmt: skip
    assert first == [79, LONG - 1]


@pytest.mark.parametrize(("rows", "flat"), [(8, 0), (40, 0)])
def test_a_curve_that_always_moves_the_same_way_within_its_noise_was_flat(rows, flat):
    curve = 0.01 * np.random.default_rng(3).normal(0, 1, rows)
    assert flat_from(curve, rows) == flat


def test_the_level_of_a_flat_curve_is_that_of_its_last_quarter():
    # It came down in two steps of 10 %; only the last quarter (row 30 on) is the level.
    curve = np.concatenate([np.full(20, 0.2), np.full(10, 0.1), np.zeros(10)])
    assert 28 <= flat_from(curve, 40) <= 31
    # Of a short curve at least three smoothed rows.
    assert flat_from(np.array([0.5, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0]), 7) == 3


def test_the_rate_of_a_row_lies_between_the_ends_of_its_segment(make_view):
    view = make_view({"train_loss": [1.0] * 30, "val_loss": [1.0] * 30}, [0.1] * 10 + [0.01] * 20)
    found = rates_of(view, rows_of(view))
    assert found.tolist() == [0.1] * 10 + [0.01] * 20


def test_a_stretch_without_a_rate_has_that_of_the_first_that_has_one(make_view):
    view = make_view({"train_loss": [1.0] * 30, "val_loss": [1.0] * 30}, [0.0] * 10 + [0.1] * 20)
    assert rates_of(view, rows_of(view)).tolist() == [0.1] * 30
