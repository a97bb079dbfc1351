"""A rise of the validation loss that counts whatever the scorecard says, and what it cost."""

import numpy as np
import pytest

from lrdiag.checks.overfitting import Overfitting
from lrdiag.findings import Status

NEVER_BY_CARD = 1.0
"""A probability that no card reaches, so that the clear rise alone decides."""


def one(check, view):
    (evidence,) = check.evaluate(view)
    return evidence


def failed(view, **limits):
    check = Overfitting(min_probability=NEVER_BY_CARD, **limits)
    return one(check, view).status is Status.FAILED


def risen(rise, size=0.001, **more):
    """Best (1.0) at row 15, then these rises above it, row by row to the end."""
    val = np.concatenate([2.0 - np.arange(15) / 15, 1.0 + np.asarray(rise)])
    val = val + np.random.default_rng(0).normal(0, size, len(val))
    return {"train_loss": 2.0 * np.exp(-0.05 * np.arange(len(val))), "val_loss": val, **more}


def test_a_gradual_rise_counts_and_a_smaller_one_is_left_to_the_card(make_view):
    assert failed(make_view(risen(np.linspace(0, 0.5, 25))))
    assert not failed(make_view(risen(np.linspace(0, 0.15, 25))))
    assert failed(make_view(risen(np.linspace(0, 0.15, 25))), clear_rise=0.1)


def test_a_rise_counts_only_while_the_training_loss_falls(make_view):
    curves = risen(np.linspace(0, 0.5, 25))
    curves["train_loss"][15:] = 1.2
    assert not failed(make_view(curves))


@pytest.mark.parametrize(("jump", "counts"), [(0.6, True), (0.9, False), (1.4, False)])
def test_a_rise_that_one_row_brought_is_a_divergence(make_view, jump, counts):
    # Smoothed over three rows a jump is a third as steep: 0.2, 0.3, 0.47 of a rise of 0.5.
    # It lies apart from the rows whose noise counts, those by the best and at the end.
    rise = np.full(45, 0.5)
    rise[:18] = np.linspace(0, 0.05, 18)
    rise[18:22] = jump
    assert failed(make_view(risen(rise))) is counts


@pytest.mark.parametrize(("last", "counts"), [(1.1, True), (1.6, False)])
def test_the_last_row_belongs_to_the_rise(make_view, last, counts):
    # The last of the smoothed rows rises by (last - 0.5) / 3, to 0.5 + that in all.
    rise = np.linspace(0, 0.5, 25)
    rise[-1] = last
    assert failed(make_view(risen(rise)), clear_rise=0.25) is counts


def test_without_limits_of_its_own_the_card_decides(make_view, shapes):
    found = one(Overfitting(clear_rise=9.0), make_view(*shapes.overfitting()))
    assert found.status is Status.FAILED
    assert one(Overfitting(clear_rise=9.0), make_view(*shapes.healthy())).status is Status.PASSED


def test_what_the_last_checkpoint_costs_in_accuracy(make_view):
    accuracy = np.full(40, 0.5)
    accuracy[14:17] = [0.7, 0.8, 0.9]
    accuracy[-3:] = [0.6, 0.7, 0.65]
    found = one(Overfitting(), make_view(risen(np.linspace(0, 0.5, 25), val_accuracy=accuracy)))
    best = int(found.facts["best_epoch"])
    change = 0.65 - accuracy[best - 1 : best + 2].mean()
    assert change < 0  # keeping the last one loses accuracy
    assert found.facts["cost"] == f" and changes validation accuracy by {change:+.1%}"


@pytest.mark.parametrize(("change", "told"), [
    (0.0, ""), (0.0004, ""), (-0.0004, ""), (-0.0006, "-0.1%"), (0.009, "+0.9%"),
    (0.02, "+2.0% (where only the class counts and no probability, keep the last)"),
])  # fmt: skip
def test_an_accuracy_that_stood_still_is_no_cost(make_view, change, told):
    accuracy = np.full(40, 0.5)
    accuracy[-3:] += change
    found = one(Overfitting(), make_view(risen(np.linspace(0, 0.5, 25), val_accuracy=accuracy)))
    assert found.facts["cost"].removeprefix(" and changes validation accuracy by ") == told


def test_a_training_loss_of_zero_has_no_fall_to_tell(make_view):
    curves = risen(np.linspace(0, 0.5, 25))
    curves["train_loss"] = np.zeros(40)
    assert one(Overfitting(), make_view(curves)).facts["train_fall"] == ""


def test_whether_the_training_loss_falls_is_told_by_three_rows_at_both_ends(make_view):
    curves = risen(np.linspace(0, 0.5, 25))
    curves["train_loss"][:] = 1.0
    curves["train_loss"][15:18] = [1.0, 1.3, 1.0]  # about the best
    curves["train_loss"][-3:] = [1.05, 1.05, 1.05]
    assert failed(make_view(curves))
    curves["train_loss"][-3:] = [1.15, 1.15, 1.15]
    assert not failed(make_view(curves))
    curves["train_loss"][-3:] = [1.0, 1.0, 1.2]
    assert failed(make_view(curves))
