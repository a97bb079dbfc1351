"""Traits of losses, accuracy, rate and drops, against their definition."""

import math

import numpy as np
import pytest

from lrdiag.checks.traits import slope, smooth, traits_of

T = np.arange(40.0)
SIGMA = 1.4826 / math.sqrt(6)  # of a median absolute second difference


def lines(n=40, train=-0.05, val=-0.03):
    t = np.arange(n)
    return {"train_loss": 2.0 * np.exp(train * t), "val_loss": 2.2 * np.exp(val * t)}


@pytest.fixture
def traits(make_view, rates):
    def of(curves, *drops, **more):
        n = len(curves["train_loss"])
        return traits_of(make_view(curves, rates(n, *drops), **more))

    return of


def test_traits_of_each_loss(traits):
    found = traits(lines())
    assert found["train_total"] == pytest.approx(0.05 * (38 - 0.5))
    assert found["val_total"] == pytest.approx(0.03 * (38 - 0.5))
    assert found["train_end_slope"] == pytest.approx(-0.05 * 10)  # over a quarter
    assert found["train_half_slope"] == pytest.approx(-0.05 * 20)
    assert found["train_rise"] == 0.0 and found["train_up"] == 0.0
    assert found["train_best_at"] == pytest.approx(37 / 38)
    assert found["train_shape_early"] == pytest.approx(0.05 * 5)  # an eighth
    assert found["train_noise_late"] == pytest.approx(0.0, abs=1e-12)
    assert found["drops"] == 0 and found["rises"] == 0


def test_what_is_left_is_a_share_of_the_whole_fall_of_the_loss_itself(traits):
    loss = np.exp(-0.05 * T)
    end = loss[-3:].mean()
    found = traits(lines())
    assert found["train_left_half"] == pytest.approx((loss[19:22].mean() - end) / (1 - end))
    assert found["train_left_quarter"] == pytest.approx((loss[29:32].mean() - end) / (1 - end))


def test_shares_of_a_loss_that_hardly_fell_are_bounded(traits):
    flat = np.ones(40)
    flat[19:22] = 1.5
    found = traits({"train_loss": flat, "val_loss": flat})
    assert found["train_left_half"] == 5.0
    flat[19:22] = 0.5
    assert traits({"train_loss": flat, "val_loss": flat})["train_left_half"] == -5.0


def test_traits_of_both_losses(traits):
    found = traits(lines())
    base = math.log(1.1)
    assert found["gap_end"] == pytest.approx(base + 0.02 * 38)
    assert found["gap_half"] == pytest.approx(base + 0.02 * 20)
    assert found["gap_max"] == pytest.approx(base + 0.02 * 39)
    assert found["gap_min"] == pytest.approx(base + 0.02 * 2)  # the first two rows do not count
    assert found["gap_median"] == pytest.approx(base + 0.02 * 19.5)
    assert found["val_below"] == 0.0
    # The start is the larger of the two first losses.
    assert found["train_end"] == pytest.approx(-0.05 * 38 - base)
    assert found["val_end"] == pytest.approx(-0.03 * 38)
    assert found["val_best"] == pytest.approx(-0.03 * 39)


def test_the_share_of_rows_with_validation_below_training(traits):
    curves = lines(val=-0.05)
    curves["val_loss"][:2] = 0.5
    curves["val_loss"][21:] *= 0.5
    assert traits(curves)["val_below"] == pytest.approx(19 / 38)


@pytest.mark.parametrize(("factor", "together"), [(1.0, 1.0), (-1.0, -1.0)])
def test_whether_late_changes_of_both_losses_go_together(traits, factor, together):
    jitter = np.random.default_rng(0).normal(0, 0.02, 40)
    curves = lines()
    curves["train_loss"] *= np.exp(jitter)
    curves["val_loss"] *= np.exp(factor * jitter)
    assert traits(curves)["together"] == pytest.approx(together, abs=1e-9)
    # The first quarter does not count.
    curves["train_loss"][:9] *= [5, 1, 3, 2, 9, 4, 2, 5, 7]
    assert traits(curves)["together"] == pytest.approx(together, abs=1e-9)


def test_noise_of_a_loss_that_alternates(traits):
    sign = np.where(T % 2, 1.0, -1.0)
    size = np.where(T < 20, 0.03, 0.01)
    curves = lines()
    curves["val_loss"] *= np.exp(size * sign)
    found = traits(curves)
    assert found["val_noise_early"] == pytest.approx(4 * 0.03 * SIGMA)
    assert found["val_noise_late"] == pytest.approx(4 * 0.01 * SIGMA)
    # Every other of the 38 moves behind the first goes up: 0.06 or 0.02, less the fall of 0.03.
    assert 0.0 < found["val_up"] < 0.5


def test_the_share_of_upward_movement(traits):
    curves = lines()
    log = np.zeros(40)
    log[1::2] = 0.2  # up by 0.2 and down by 0.2 in turns, the first move not counted
    curves["val_loss"] = np.exp(log)
    assert traits(curves)["val_up"] == pytest.approx(0.5)
    curves["val_loss"] = np.exp(np.linspace(0, 1, 40))
    assert traits(curves)["val_up"] == 1.0
    curves["val_loss"] = np.ones(40)
    assert traits(curves)["val_up"] == 0.0


def test_a_rise_over_the_best(traits):
    curves = lines()
    curves["val_loss"] = np.exp(np.abs(T - 12) * 0.1)
    found = traits(curves)
    assert found["val_best_at"] == pytest.approx(11 / 38)
    # The mean of three rows is two thirds of a step above the lowest point, 26 steps above at end.
    assert found["val_rise"] == pytest.approx(2.6 - 0.2 / 3)


def test_traits_of_accuracy(traits):
    found = traits({**lines(), "val_accuracy": 0.01 * T})
    assert found["accuracy_end"] == pytest.approx(0.38)
    assert found["accuracy_max"] == pytest.approx(0.39)
    assert found["accuracy_gain"] == pytest.approx(0.37 - 0.005)
    assert found["accuracy_noise"] == pytest.approx(0.0, abs=1e-12)
    assert "accuracy_end" not in traits(lines())


def test_traits_of_the_rate(make_view, rates, traits):
    found = traits(lines(), 20)
    assert found["rate_mean"] == pytest.approx(0.55)
    assert found["rate_end"] == pytest.approx(-1.0)
    assert found["rate_above_0.5"] == found["rate_above_0.3"] == 0.5
    found = traits(lines(), 20, 30)
    assert found["rate_above_0.1"] in (0.5, 0.75)  # 0.1 itself is at the limit
    assert found["rate_end"] == pytest.approx(-2.0)
    assert "rate_mean" not in traits_of(make_view(lines()))


def test_traits_of_a_drop(traits):
    found = traits({**lines(), "val_accuracy": 0.01 * T}, 20)
    assert (found["drops"], found["rises"]) == (1, 0)
    for prefix in ("first", "last"):

        def of(name, prefix=prefix):
            return found[f"{prefix}_{name}"]

        assert (of("position"), of("length"), of("left_after")) == (0.5, 0.5, 0.0)
        assert of("ratio") == pytest.approx(-1.0) and of("before_rate") == pytest.approx(0.0)
        # Before: rows 17 to 19. Just after: rows 21 to 23, without the drop's own. End: 37 to 39.
        assert of("train_jump") == pytest.approx(-0.05 * (22 - 18))
        assert of("train_segment") == pytest.approx(-0.05 * (38 - 18))
        assert of("val_final") == pytest.approx(-0.03 * (38 - 18))
        assert of("train_slope") == pytest.approx(-0.05)
        assert of("train_slope_left") == pytest.approx(-0.05 * 20)
        assert of("val_slope_after") == pytest.approx(-0.03)
        assert of("val_after_left") == pytest.approx(-0.03 * 20)
        # Progress over the last 60 % before the drop: rows 7 to 9 against 17 to 19.
        assert of("train_late_progress") == pytest.approx(0.05 * 10)
        assert of("train_since_start") == pytest.approx(-0.05 * 18)
        assert of("train_noise_before") == pytest.approx(0.0, abs=1e-12)
        assert of("accuracy_gain") == pytest.approx(0.38 - 0.18)
        assert of("accuracy_step") == pytest.approx(0.38 - 0.18)
        loss = np.exp(-0.05 * T)
        end = loss[-3:].mean()
        assert of("train_left") == pytest.approx((loss[17:20].mean() - end) / (1 - end))


def test_traits_of_the_first_and_the_last_of_two_drops(traits):
    found = traits({**lines(), "val_accuracy": 0.01 * T}, 12, 28)
    assert (found["first_position"], found["last_position"]) == (0.3, 0.7)
    assert (found["first_length"], found["last_length"]) == (0.4, 0.3)
    assert (found["first_left_after"], found["last_left_after"]) == (0.3, 0.0)
    assert found["first_train_segment"] == pytest.approx(-0.05 * (26 - 10))
    assert found["first_train_final"] == pytest.approx(-0.05 * (38 - 10))
    assert found["last_train_segment"] == pytest.approx(-0.05 * (38 - 26))
    assert found["first_accuracy_step"] == pytest.approx(0.26 - 0.10)
    assert found["first_accuracy_gain"] == pytest.approx(0.38 - 0.10)
    assert found["last_before_rate"] == pytest.approx(-1.0)
    # 60 % of the 16 rows since the first drop: rows 17 to 19 against 25 to 27.
    assert found["last_train_late_progress"] == pytest.approx(0.05 * 8)


@pytest.mark.parametrize(("drop", "before", "after"), [
    (3, False, True), (4, True, True), (35, True, True), (36, True, False),
])  # fmt: skip
def test_noise_beside_a_drop_needs_rows(traits, drop, before, after):
    found = traits(lines(), drop)
    assert math.isfinite(found["first_val_noise_before"]) is before
    assert math.isfinite(found["first_val_noise_after"]) is after


def test_noise_beside_a_drop_is_that_of_its_own_stretch(traits):
    curves = lines()
    curves["val_loss"] *= np.exp(np.where(T < 20, 0.03, 0.01) * np.where(T % 2, 1.0, -1.0))
    found = traits(curves, 20)
    assert found["first_val_noise_before"] == pytest.approx(4 * 0.03 * SIGMA)
    assert found["first_val_noise_after"] == pytest.approx(4 * 0.01 * SIGMA)


@pytest.mark.parametrize("drop", [1, 2, 38, 39])
def test_a_drop_next_to_an_end_has_traits_too(traits, drop):
    found = traits(lines(), drop)
    assert found["first_position"] == drop / 40
    assert math.isfinite(found["first_train_jump"]) and math.isfinite(found["first_val_segment"])


def test_slopes_and_means():
    assert slope(np.array([1.0, 3.0, 5.0])) == pytest.approx(2.0)
    assert slope(np.array([1.0, 3.0])) == 0.0
    assert slope(np.array([0.0, 3.0, 0.0, 3.0])) == pytest.approx(0.6)
    assert smooth(np.array([0.0, 3.0, 6.0, 0.0])).tolist() == pytest.approx([3.0, 3.0])


def test_slopes_and_levels_across_a_drop_are_those_of_its_own_rows(traits):
    rng = np.random.default_rng(5)
    logs = {role: rng.normal(0, 0.1, 40) for role in ("train_loss", "val_loss")}
    found = traits({role: np.exp(value) for role, value in logs.items()}, 16, 30)
    val = logs["val_loss"]

    def line(first, end):
        return float(np.polyfit(np.arange(end - first), val[first:end], 1)[0])

    before = val[13:16].mean()
    assert found["first_val_jump"] == pytest.approx(val[17:20].mean() - before)
    assert found["first_val_segment"] == pytest.approx(val[27:30].mean() - before)
    assert found["first_val_final"] == pytest.approx(val[37:40].mean() - before)
    assert found["first_val_slope_after"] == pytest.approx(line(17, 30))
    assert found["first_val_after_left"] == pytest.approx(line(17, 40) * 24)
    assert found["first_val_since_start"] == pytest.approx(before - val[0])
    assert found["last_val_jump"] == pytest.approx(val[31:34].mean() - val[27:30].mean())
    assert found["val_end_slope"] == pytest.approx(line(30, 40) * 10)
    assert found["val_half_slope"] == pytest.approx(line(20, 40) * 20)


def test_the_slope_before_a_drop_is_that_of_the_later_half_of_its_stretch(traits):
    rng = np.random.default_rng(6)
    val = rng.normal(0, 0.1, 40)
    found = traits({"train_loss": np.exp(val), "val_loss": np.exp(val)}, 10, 30)

    def line(first, end):
        return float(np.polyfit(np.arange(end - first), val[first:end], 1)[0])

    assert found["last_val_slope"] == pytest.approx(line(20, 30))  # half of 20 rows
    assert found["first_val_slope"] == pytest.approx(line(5, 10))  # half of 10
    assert found["last_val_late_progress"] == pytest.approx(val[17:20].mean() - val[27:30].mean())
    near = traits({"train_loss": np.exp(val), "val_loss": np.exp(val)}, 6)
    assert near["first_val_slope"] == pytest.approx(line(2, 6))  # four rows at least


def test_late_noise_is_that_of_the_last_quarter(traits):
    sign = np.where(T % 2, 1.0, -1.0)
    curves = lines()
    curves["val_loss"] *= np.exp(np.where(T < 30, 0.05, 0.01) * sign)
    assert traits(curves)["val_noise_late"] == pytest.approx(4 * 0.01 * SIGMA)


def test_equal_losses_are_not_below(traits):
    curves = lines(train=-0.03)
    curves["val_loss"] = curves["train_loss"].copy()
    assert traits(curves)["val_below"] == 0.0


def test_a_drop_in_the_last_rows_has_their_level(traits):
    assert traits(lines(), 39)["first_train_jump"] == pytest.approx(-0.05 * (39 - 37))
    assert traits(lines(), 38)["first_train_jump"] == pytest.approx(-0.05 * (39 - 36))


def test_early_noise_is_that_of_the_first_half(traits):
    sign = np.where(T % 2, 1.0, -1.0)
    curves = lines()
    curves["val_loss"] *= np.exp(np.where(T < 8, 0.05, 0.01) * sign)
    assert traits(curves)["val_noise_early"] == pytest.approx(4 * 0.01 * SIGMA)


def test_where_no_rate_is_known_that_before_a_drop_is_unknown(make_view):
    from dataclasses import replace

    from lrdiag.schedule.values import Change, Schedule

    bare = Schedule(drops=(Change(20, 20.0, math.nan, math.nan),))
    found = traits_of(replace(make_view(lines()), schedule=bare))
    assert math.isnan(found["first_before_rate"]) and math.isnan(found["first_ratio"])
