"""The shape of a run, the places of its changes, and traits in words."""

import math

import numpy as np
import pytest

from lrdiag.checks.rows import rows_of
from lrdiag.checks.shape import NEEDED_ROWS, SHAPE_ROWS, rates_of, shape_of
from lrdiag.checks.stages import place_drops, place_rises, row_of
from lrdiag.checks.trait_words import reasons, told
from lrdiag.checks.traits import traits_of
from lrdiag.schedule.values import Change
from lrdiag.statistics.scorecard import scorecard


def lines(n=40, train=-0.05, val=-0.03):
    t = np.arange(n)
    return {"train_loss": 2.0 * np.exp(train * t), "val_loss": 2.2 * np.exp(val * t)}


@pytest.fixture
def traits(make_view, rates):
    def of(curves, *drops, **more):
        n = len(curves["train_loss"])
        return traits_of(make_view(curves, rates(n, *drops), **more))

    return of


# The shape


@pytest.mark.parametrize(("rows", "shaped"), [(NEEDED_ROWS - 1, False), (NEEDED_ROWS, True)])
def test_a_shape_needs_ten_rows_and_both_losses(make_view, rows, shaped):
    assert (shape_of(make_view(lines(rows))) is not None) is shaped
    assert (traits_of(make_view(lines(rows))) is not None) is shaped
    assert shape_of(make_view({"train_loss": lines()["train_loss"]})) is None
    assert shape_of(make_view({"val_loss": lines()["val_loss"]})) is None


@pytest.mark.parametrize(("rows", "scale", "count"), [
    (SHAPE_ROWS, 1, 64), (65, 2, 33), (128, 2, 64), (129, 3, 43),
])  # fmt: skip
def test_long_runs_are_averaged_down_to_64_rows(make_view, rates, rows, scale, count):
    loss = np.arange(1.0, rows + 1)
    shape = shape_of(make_view({"train_loss": loss, "val_loss": loss}, rates(rows, 30)))
    assert (shape.scale, len(shape)) == (scale, count)
    expected = [np.log(loss[k : k + scale].mean()) for k in range(0, rows, scale)]
    assert shape.train.tolist() == pytest.approx(expected)
    (drop,) = shape.drops
    assert (drop.row, drop.since, drop.until) == (-(-30 // scale), 0, count)
    assert len(shape.rate) == count


def test_losses_are_floored_where_differences_are_rounding(make_view):
    loss = np.full(20, 2.0)
    loss[5] = 1e-9
    shape = shape_of(make_view({"train_loss": loss, "val_loss": 3 * loss}))
    assert shape.train[5] == pytest.approx(math.log(6e-4))
    assert shape.start == pytest.approx(math.log(6.0)) and shape.ratios


def test_a_loss_that_is_not_positive_is_measured_from_its_lowest(make_view):
    train = np.linspace(3.0, -1.0, 21)
    shape = shape_of(make_view({"train_loss": train, "val_loss": train + 5}))
    assert not shape.ratios
    assert shape.train[[0, 10, 20]].tolist() == pytest.approx(np.log([1.1, 0.6, 0.1]).tolist())
    assert shape.val.tolist() == pytest.approx(shape.train.tolist())
    flat = shape_of(make_view({"train_loss": np.zeros(12), "val_loss": np.ones(12)}))
    assert flat.train.tolist() == pytest.approx([math.log(0.1)] * 12)
    zero = shape_of(make_view({"train_loss": [*[1.0] * 11, 0.0], "val_loss": [1.0] * 12}))
    assert not zero.ratios


def test_accuracy_and_rate_of_a_shape(make_view, rates):
    curves = {**lines(128), "val_accuracy": np.linspace(0, 1, 128)}
    shape = shape_of(make_view(curves, rates(128, 64)))
    assert shape.accuracy[0] == pytest.approx(0.5 / 127)
    assert shape.rate[:32].tolist() == [1.0] * 32
    assert shape.rate[32:].tolist() == pytest.approx([0.1] * 32)
    bare = shape_of(make_view(lines()))
    assert bare.accuracy is None and bare.rate is None


def test_the_rate_between_the_ends_of_a_segment_is_geometric(make_view):
    view = make_view(lines(), 0.1 * 0.9 ** np.arange(40))
    from lrdiag.checks.rows import rows_of
    from lrdiag.schedule.values import Schedule, Segment

    smooth_ = Schedule(segments=(Segment(0, 20, 0.1, 0.001), Segment(20, 40, 0.001, 0.001)))
    view = type(view)(view.run, view.curves, view.axis, smooth_)
    rate = rates_of(view, rows_of(view))
    assert rate[[0, 10, 20, 39]].tolist() == pytest.approx([0.1, 0.01, 0.001, 0.001])
    unknown = Schedule(segments=(Segment(0, 20, float("nan"), float("nan")),))
    view = type(view)(view.run, view.curves, view.axis, unknown)
    assert rates_of(view, rows_of(view)) is None


# Where changes lie


def test_changes_are_numbered_and_bounded_by_their_neighbours(make_view):
    values = np.repeat([0.1, 0.01, 0.05, 0.005], 10)
    view = make_view(lines(), values)
    drops, rises = place_drops(view), place_rises(view)
    assert [(p.number, p.row, p.since, p.until) for p in drops] == [(1, 10, 0, 20), (2, 30, 20, 40)]
    assert [(p.number, p.row, p.since, p.until) for p in rises] == [(1, 20, 10, 30)]


@pytest.mark.parametrize("per_epoch", [1, 25])
@pytest.mark.parametrize("known", [True, False])
def test_changes_are_placed_by_epoch_or_by_step(make_view, rates, per_epoch, known):
    view = make_view(lines(), rates(40, 15), per_epoch=per_epoch, known=known)
    assert [p.row for p in place_drops(view)] == [15]


def test_changes_outside_the_rows_are_left_out(make_view):
    from dataclasses import replace

    from lrdiag.schedule.values import Change, Schedule

    def placed(step):
        view = make_view(lines())
        drop = Change(step, float(step), 0.1, 0.01)
        return [p.row for p in place_drops(replace(view, schedule=Schedule(drops=(drop,))))]

    assert [placed(s) for s in (0, 1, 39, 40, 500)] == [[], [1], [39], [], []]


def test_a_change_without_an_epoch_is_placed_by_its_step(make_view):
    from dataclasses import replace

    from lrdiag.schedule.values import Change, Schedule

    view = make_view(lines(), per_epoch=10)
    drop = Change(150, None, 0.1, 0.01)
    (placed,) = place_drops(replace(view, schedule=Schedule(drops=(drop,))))
    assert placed.row == 15


# In words


@pytest.mark.parametrize(("name", "value", "words"), [
    ("val_up", 0.42, "goes up: 42%"), ("val_noise_early", 0.0123, "first half: 1.2%"),
    ("gap_max", math.log(2), "training loss: 2.00 times"), ("val_rise", math.log(1.2), "+20.0%"),
    ("first_val_late_progress", math.log(1.25), "before the drop: -20.0%"),
    ("last_val_jump", math.log(1.2), "across the last drop: +20.0%"),
    ("first_train_slope_after", 0.0, "a row after the first drop: +0.0%"),
    ("rate_end", -2.0, "highest rate: 0.01"), ("ratio", -1.0, "old rate: 0.1"),
    ("before_rate", -1.0, "highest rate: 0.1"), ("some_thing", 0.12345, "some thing: 0.123"),
    ("gap_end", 50.0, "485165195.41 times"), ("val_rise", 50.0, "+48516519441.0%"),
])  # fmt: skip
def test_a_trait_in_words(name, value, words):
    assert told(name, value).endswith(words)


def test_the_strongest_reasons_come_first_and_weak_ones_are_left_out(traits, shapes, make_view):
    found = traits_of(make_view(*shapes.overfitting()))
    card = scorecard("overfitting")
    points = card.contributions(found)
    given = reasons(card, found)
    best = sorted((v for k, v in points.items() if v > 0.15 and not math.isnan(found.get(k, 0.0))),
                  reverse=True)[:4]  # fmt: skip
    assert [f"({v:+.1f} points)" for v in best] == [r[r.rindex("(") :] for r in given]
    assert 0 < len(given) <= 4
    assert len(reasons(card, found, most=1)) == 1


def test_a_quarter_has_three_rows_at_least(make_view):
    t = np.arange(12)
    curves = {"train_loss": np.exp(-0.01 * t**2), "val_loss": np.ones(12)}
    # Least squares over three rows: half the difference of the outer ones, three rows long.
    expected = 3 * (-0.01) * (11**2 - 9**2) / 2
    found = traits_of(make_view(curves))
    assert found["train_end_slope"] == pytest.approx(expected)
    assert found["train_shape_early"] == pytest.approx(0.01)  # of an eighth, one row here


def test_a_segment_of_one_row_ends_at_the_row_behind_it(make_view, rates):
    val = np.exp(np.linspace(0, -1, 40))
    view = make_view({"train_loss": val, "val_loss": val}, rates(40, 20, 21))
    found = traits_of(view)
    level = np.log(val)
    assert found["first_val_segment"] == pytest.approx(level[21] - level[17:20].mean())


def test_rows_of_epochs_place_a_change_by_its_epoch_whatever_its_step(make_view):
    rows = rows_of(make_view({"val_loss": np.ones(40)}, per_epoch=10))
    assert row_of(rows, Change(239, 21.0, 0.1, 0.01)) == 21
    assert row_of(rows, Change(239, None, 0.1, 0.01)) == 24


def test_a_rate_that_falls_to_nothing_has_no_ratio(make_view):
    view = make_view(lines(), [0.1] * 20 + [0.0] * 20)
    assert np.isnan(traits_of(view)["first_ratio"])
    small = make_view(lines(), [0.1] * 20 + [1e-9] * 20)
    assert traits_of(small)["first_ratio"] == -6.0
