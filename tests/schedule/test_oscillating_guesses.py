"""Each first guess of waves and cycles, number by number: what the logged rows tell, no more.

Where a closed form is exact the planted numbers themselves are expected; where a grid of periods
is searched, the planted one within half a step of the grid.
"""

import numpy as np
import pytest

from lrdiag.runs import Series
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.oscillating_candidates import turning_points, waving
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.sample import Sample, row_sample
from lrdiag.schedule.values import Clock

CYCLE = {"base_lr": 0.02, "max_lr": 0.2, "step_size_up": 10, "step_size_down": 10, "gamma": 1.0}
FREE = ("base_lr", "max_lr", "step_size_up", "step_size_down", "origin")


def points(rates, width=1e-6, tick=None):
    rate = np.asarray(rates, float)
    n = len(rate)
    tick = np.arange(n, dtype=float) if tick is None else np.asarray(tick, float)
    return Sample(tick, rate, np.broadcast_to(np.asarray(width, float), n), Clock(),
                  np.arange(n), np.arange(n))  # fmt: skip


def planted(family, parameters, n=100, first=0, every=1):
    step = np.arange(first, first + n * every, every)
    rate = rate_at(family, parameters, step.astype(float))
    return row_sample(clean_rates(Series("lr", step, np.full(n, np.nan), rate)))


def of(family, sample, origin=0.0):
    return [c for c in waving(sample, origin) if c.family == family]


# Turning points


@pytest.mark.parametrize(("rates", "width", "turns"), [
    ([1, 2, 1.5, 3], 0.1, [1, 2]),
    ([1, 2, 1.5, 3], [0.1, 0.25, 0.25, 0.1], []),  # the fall is as large as both half-widths
    ([1, 2, 1.5, 3], [0.25, 0.25, 0.1, 0.1], [1, 2]),  # those of other rows do not count
    ([1, 2, 1.5, 3], [0.1, 0.1, 0.25, 0.25], [1, 2]),
    ([1, 2, 1.5, 3], [0.1, 0.25, 0.24, 0.1], [1, 2]),
    ([0, 4, 2, 6], 9.0, []),  # a move of half the largest is no turn under coarse printing
    ([0, 4, 1.9, 6], 9.0, [1, 2]),
    ([1, 2], 0.1, []),
    ([1, 2, 1], 0.1, [1]),
    ([3, 2, 2, 3], 0.1, [1]),
])  # fmt: skip
def test_a_turn_is_more_than_printing(rates, width, turns):
    assert turning_points(points(rates, width)).tolist() == turns


# Warm restarts


@pytest.mark.parametrize(("rise", "told"), [(4.0, False), (4.01, True)])
def test_a_restart_is_a_rise_by_a_quarter_of_the_range(rise, told):
    rates = [17.0, 13.0, 9.0, 5.0, 1.0, 1.0 + rise, 4.5, 3.0, 2.0]
    assert bool(of("cosine_restarts", points(rates))) is told


@pytest.mark.parametrize(("low", "floors"), [
    (0.0, {0.0}), (1.0, {0.0, 0.5}), (1.99, {0.0, 0.995}), (2.0, {1.0}), (3.0, {1.5}),
])  # fmt: skip
def test_the_floor_of_restarts_is_none_or_half_the_lowest_rate(low, floors):
    found = of("cosine_restarts", points([4.0, low, 4.0, low, 4.0]))
    assert {c.flat["eta_min"] for c in found} == floors
    for c in found:
        assert ("eta_min" in c.free) is (c.flat["eta_min"] > 0.0)
        assert c.flat["base_lr"] == 4.0


def lengths(sample, growth, origin, of_origin=0.0):
    """First lengths that the places of the restarts allow (those of fits have a free origin)."""
    found = of("cosine_restarts", sample, of_origin)
    return {c.flat["T_0"] for c in found if "T_0" not in c.free
            and (c.flat["T_mult"], c.flat["origin"]) == (growth, origin)}  # fmt: skip


@pytest.mark.parametrize(("given", "more", "growth", "wanted"), [
    ({"T_0": 20, "T_mult": 1}, {}, 1, {20}),
    ({"T_0": 15, "T_mult": 2}, {}, 2, {15}),
    ({"T_0": 9, "T_mult": 3}, {"n": 60}, 3, {9}),
    # Seven steps a row: the restart before row 210 needs more than 203, that before 420 more
    # than 413 / 2, that before 630 more than 623 / 3.
    ({"T_0": 210, "T_mult": 1}, {"every": 7}, 1, {208, 209, 210}),
    # The first cycle, or the first and second, ended before the log began.
    ({"T_0": 20, "T_mult": 1}, {"first": 30}, 1, {20}),
    ({"T_0": 15, "T_mult": 2}, {"first": 40, "n": 200}, 2, {15}),
    ({"T_0": 20, "T_mult": 1}, {"first": 50}, 1, {20}),
    ({"T_0": 20, "T_mult": 1}, {"first": 70}, 1, set()),  # the first three were not seen
])  # fmt: skip
def test_the_places_of_the_restarts_tell_the_first_length(given, more, growth, wanted):
    sample = planted("cosine_restarts", {"base_lr": 0.2, **given}, **more)
    assert lengths(sample, growth, 0.0) == wanted


def test_of_many_lengths_those_in_the_middle_are_tried():
    # Twenty steps a row: restarts before rows 220 and 420 allow 200 to 210.
    sample = planted("cosine_restarts", {"base_lr": 0.2, "T_0": 210, "T_mult": 1}, 30, every=20)
    found = lengths(sample, 1, 0.0)
    assert len(found) == 4 and 205 in found and found <= {203, 204, 205, 206, 207}


def test_where_no_whole_length_fits_the_middle_is_tried():
    sample = planted("cosine_restarts", {"base_lr": 0.2, "T_0": 15, "T_mult": 2})
    # Of threefold growth, restarts 3 and 4 after 13 and 40 lengths: from 44 / 40 to 45 / 40.
    (length,) = lengths(sample, 3, 0.0)
    assert length == pytest.approx(44.5 / 40)


@pytest.mark.parametrize("first", [0, 1])
def test_the_run_may_begin_at_0_1_or_before(first):
    sample = planted("cosine_restarts", {"base_lr": 0.2, "T_0": 20, "T_mult": 1}, first=first)
    begins = {c.flat["origin"] for c in of("cosine_restarts", sample, float(first))
              if "T_0" not in c.free}  # fmt: skip
    assert begins <= {0.0, 1.0, -1.0} and {0.0, -1.0} <= begins


@pytest.mark.parametrize(("given", "n"), [
    ({"T_0": 20, "T_mult": 1}, 100), ({"T_0": 15, "T_mult": 2}, 100), ({"T_0": 9, "T_mult": 3}, 40),
    ({"T_0": 40, "T_mult": 1}, 120),
])  # fmt: skip
def test_a_cycle_alone_tells_length_and_start(given, n):
    sample = planted("cosine_restarts", {"base_lr": 0.2, **given}, n)
    first = next(
        c for c in of("cosine_restarts", sample)
        if "T_0" in c.free and c.flat["T_mult"] == given["T_mult"]
    )  # fmt: skip
    # Half a step of the grid from 0.7 to 2.5 spans of 28 periods: 2.4 %.
    assert first.flat["T_0"] == pytest.approx(given["T_0"], rel=0.024)
    assert first.flat["origin"] == pytest.approx(0.0, abs=0.025 * given["T_0"])
    assert first.free[:3] == ("base_lr", "T_0", "origin")


@pytest.mark.parametrize("length", [18, 20, 22, 24, 26, 30])
def test_the_second_cycle_tells_where_the_first_began(length):
    given = {"base_lr": 0.2, "T_0": length, "T_mult": 1}
    sample = planted("cosine_restarts", given, length + 3, first=length - 3)
    starts = [
        c.flat["origin"] for c in of("cosine_restarts", sample)
        if "T_0" in c.free and c.flat["T_mult"] == 1
    ]  # fmt: skip
    assert min(map(abs, starts)) < 1.0


def test_at_most_four_guesses_come_from_cycles():
    sample = planted("cosine_restarts", {"base_lr": 0.2, "T_0": 20, "T_mult": 1})
    fitted = [c for c in of("cosine_restarts", sample) if "T_0" in c.free]
    assert len(fitted) == 8  # each without and with a floor
    starts = [(c.flat["T_0"], c.flat["T_mult"], c.flat["origin"]) for c in fitted[::2]]
    assert len(set(starts)) == 4
    assert all(abs(start) < 2.2 for *_, start in starts)


# Cosines over several periods


@pytest.mark.parametrize(("half", "low"), [(25, 0.02), (40, 0.0), (12, 0.05), (33, 0.1)])
@pytest.mark.parametrize("first", [0, 1, 7])
def test_turning_points_tell_the_half_period(half, low, first):
    sample = planted("cosine", {"base_lr": 0.2, "T_max": half, "eta_min": low}, first=first)
    flat = of("cosine", sample)[-1].flat
    # Half a step of the grid of 60 periods from 0.6 to 1.6 of the distance of turns: 0.84 %.
    assert flat["T_max"] == pytest.approx(half, rel=0.0085)
    assert flat["origin"] == pytest.approx(0.0, abs=0.025 * half)
    assert flat["base_lr"] == pytest.approx(0.2, rel=0.02)
    assert flat["eta_min"] == pytest.approx(low, abs=0.004)


# Triangles


@pytest.mark.parametrize(("up", "down", "more"), [
    (10, 10, {}),
    (10, 25, {}),
    (25, 10, {"n": 120}),
    (10, 25, {"first": 3, "n": 52}),  # one peak, two valleys seen whole
    (30, 10, {"first": 12, "n": 62}),
    (10, 25, {"first": 20, "n": 58}),  # one peak between two valleys
    (10, 20, {"first": 65}),
    (70, 140, {"every": 7}),
    (10, 25, {"n": 80}),
    (30, 30, {"n": 75}),  # one peak, one valley: as long up as down
    (30, 69, {}),  # one peak alone: down to the last row
    (30, 70, {"n": 100, "down": 69}),
])  # fmt: skip
def test_a_triangle_is_told_from_its_turns(up, down, more):
    seen = dict(more)
    wanted_down = seen.pop("down", down)
    given = {**CYCLE, "step_size_up": up, "step_size_down": down}
    plain, halved, ranged = of("cyclic", planted("cyclic", {**given, "mode": "triangular"}, **seen))
    wanted = {"base_lr": plain.flat["base_lr"], "max_lr": plain.flat["max_lr"], "gamma": 1.0,
              "step_size_up": up, "step_size_down": wanted_down, "origin": 0.0}  # fmt: skip
    assert plain.flat["base_lr"] == pytest.approx(0.02, abs=0.003)
    assert plain.flat["max_lr"] == pytest.approx(0.2)
    for found, mode in ((plain, "triangular"), (halved, "triangular2")):
        assert found.flat == {**{k: pytest.approx(v) for k, v in wanted.items()}, "mode": mode}
        assert found.free == FREE
    assert ranged.flat["mode"] == "exp_range" and ranged.free == (*FREE, "gamma")


@pytest.mark.parametrize("gamma", [0.98, 0.995, 0.9])
def test_the_heights_of_the_peaks_tell_their_decline(gamma):
    given = {**CYCLE, "step_size_down": 20, "mode": "exp_range", "gamma": gamma}
    ranged = of("cyclic", planted("cyclic", given))[2]
    assert ranged.flat["gamma"] == pytest.approx(gamma)


@pytest.mark.parametrize(("rates", "gamma"), [
    ([0, 1, 2, 1, 0], 0.9999),  # one peak
    ([0, 2, 0, 1, 0], 0.5**0.5),
    ([0, 1, 0, 2, 0], 1.0),  # no decline
])  # fmt: skip
def test_a_decline_needs_two_peaks(rates, gamma):
    ranged = of("cyclic", points(rates))[2]
    assert ranged.flat["gamma"] == pytest.approx(gamma, abs=1e-12)


def test_valleys_alone_are_no_triangle():
    assert of("cyclic", points([3.0, 2.0, 1.0, 2.0, 3.0])) == []
    assert of("cyclic", points([1.0, 2.0, 3.0, 4.0])) == []


@pytest.mark.parametrize(("rates", "up", "down"), [
    ([0, 1, 0, 1, 0, 1, 0], 1.0, 1.0),
    ([0, 3, 2, 1, 0, 3, 2, 1, 0], 1.0, 3.0),
    ([0, 1, 2, 3, 0, 1, 2, 3, 0], 3.0, 1.0),
])  # fmt: skip
def test_the_shortest_triangles(rates, up, down):
    flat = of("cyclic", points(rates))[0].flat
    assert (flat["step_size_up"], flat["step_size_down"], flat["origin"]) == (up, down, 0.0)
