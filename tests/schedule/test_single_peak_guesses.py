"""Each first guess of schedules with one peak, number by number, on clean rates."""

import numpy as np
import pytest

from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.sample import Sample
from lrdiag.schedule.single_peak_candidates import peaked
from lrdiag.schedule.values import Clock


def points(rates, first=0, width=1e-9):
    rate = np.asarray(rates, float)
    n = len(rate)
    return Sample(np.arange(n) + float(first), rate, np.full(n, width), Clock(), np.arange(n),
                  np.arange(n))  # fmt: skip


def planted(family, n=100, first=0, **given):
    tick = np.arange(first, first + n).astype(float)
    return points(rate_at(family, {"base_lr": 0.2, **given}, tick), first)


def of(family, sample, origin=0.0):
    with np.errstate(all="ignore"):
        return [c for c in peaked(sample, origin) if c.family == family]


def has(candidates, free=None, **wanted):
    """Whether one of the candidates has all of these numbers."""
    return any(
        all(c.flat[k] == (v if isinstance(v, str) else pytest.approx(v, rel=1e-6, abs=1e-6))
            for k, v in wanted.items()) and (free is None or c.free == free)
        for c in candidates
    )  # fmt: skip


RAMP = ("base_lr", "total", "warmup", "origin")
PART = ("base_lr", "total", "warmup", "start_factor")


@pytest.mark.parametrize("first", [0, 1, 4])
def test_a_line_after_a_warmup_from_nothing(first):
    sample = planted("warmup_linear", first=first, warmup=12, total=130)
    assert has(of("warmup_linear", sample), RAMP, base_lr=0.2, warmup=12, total=130, origin=0,
               start_factor=0)  # fmt: skip


@pytest.mark.parametrize("start", [0.25, 0.5])
@pytest.mark.parametrize("origin", [0.0, 1.0])
def test_a_line_after_a_warmup_from_a_part(start, origin):
    sample = planted("warmup_linear", warmup=20, total=120, start_factor=start)
    shifted = points(sample.rate, first=int(origin))
    assert has(of("warmup_linear", shifted, origin), PART, base_lr=0.2, warmup=20, total=120,
               start_factor=start, origin=origin)  # fmt: skip


@pytest.mark.parametrize("low", [0.0, 0.02])
def test_a_cosine_after_a_warmup_is_close(low):
    found = of("warmup_cosine", planted("warmup_cosine", warmup=12, total=100, eta_min=low))
    near = [c for c in found if abs(c.flat["total"] - 100) < 5 and abs(c.flat["warmup"] - 12) < 0.5]
    assert near
    for c in near:
        assert c.flat["base_lr"] == pytest.approx(0.2, rel=0.03)
        assert c.flat["eta_min"] == pytest.approx(low, abs=0.012)
        assert ("eta_min" in c.free) is (c.flat["eta_min"] != 0)


@pytest.mark.parametrize(("warmup", "scale"), [(20, 50), (12, 30)])
def test_an_inverse_root_after_a_warmup(warmup, scale):
    found = of("inverse_sqrt", planted("inverse_sqrt", warmup=warmup, timescale=scale))
    assert has(found, ("base_lr", "warmup", "timescale", "origin"), base_lr=0.2, warmup=warmup,
               timescale=scale, origin=0)  # fmt: skip
    assert not any(c.free == ("base_lr", "warmup", "origin") for c in found)


def test_an_inverse_root_of_the_warmup_alone_has_a_number_less():
    found = of("inverse_sqrt", planted("inverse_sqrt", warmup=20, timescale=20))
    assert has(found, ("base_lr", "warmup", "origin"), base_lr=0.2, warmup=20, origin=0)
    plain = next(c for c in found if c.free == ("base_lr", "warmup", "origin"))
    assert plain.build(plain.flat)["timescale"] == plain.flat["warmup"]


@pytest.mark.parametrize("start", [0.1, 0.4])
def test_an_exponential_after_a_warmup(start):
    head = ("linear", {"base_lr": 0.2, "start_factor": start, "end_factor": 1.0, "total_iters": 15})
    tail = ("exponential", {"base_lr": 0.2, "gamma": 0.97})
    sample = planted("sequential", parts=[head, tail], milestones=[15])
    found = [c for c in of("sequential", sample) if "gamma" in c.flat]
    assert has(found, ("base_lr", "gamma", "bound", "start_factor"), base_lr=0.2, gamma=0.97,
               bound=15, start_factor=start, origin=0)  # fmt: skip
    times = of("chained", sample)
    assert has(times, base_lr=0.2 * 0.97**-15, gamma=0.97, warmup=15,
               start_factor=start * 0.97**15)  # fmt: skip


def test_a_power_after_a_warmup():
    head = ("linear", {"base_lr": 0.2, "start_factor": 0.4, "end_factor": 1.0, "total_iters": 15})
    tail = ("polynomial", {"base_lr": 0.2, "total_iters": 120, "power": 2.0})
    sample = planted("sequential", parts=[head, tail], milestones=[15])
    found = [c for c in of("sequential", sample) if "power" in c.flat]
    assert has(found, base_lr=0.2, total_iters=120, power=2.0, warmup=15,
               start_factor=0.4, origin=0)  # fmt: skip
    built = next(c for c in found if c.flat["power"] == 2.0)
    assert [p[0] for p in built.build(built.flat)["parts"]] == ["linear", "polynomial"]


@pytest.mark.parametrize(("low", "decay"), [(0.0, 50), (0.1, 30)])
def test_a_stable_stretch_between_warmup_and_decay(low, decay):
    sample = planted("wsd", warmup=10, stable=50, decay=decay, decay_type="linear", min_ratio=low)
    assert has(of("wsd", sample), base_lr=0.2, warmup=10, stable=50, decay=decay,
               decay_type="linear", min_ratio=low, origin=0)  # fmt: skip


@pytest.mark.parametrize("strategy", ["linear"])
@pytest.mark.parametrize("divisor", [10, 25])
def test_a_one_cycle_of_lines(strategy, divisor):
    given = {"max_lr": 0.2, "total_steps": 100, "pct_start": 0.3, "div_factor": divisor,
             "final_div_factor": 1e4, "anneal_strategy": strategy}  # fmt: skip
    found = [c for c in of("one_cycle", planted("one_cycle", 90, **given))
             if c.flat["anneal_strategy"] == strategy and not c.flat["three_phase"]]  # fmt: skip
    assert [c.flat["final_div_factor"] for c in found] == [1e4, 100.0]
    for c in found:
        assert c.flat["max_lr"] == pytest.approx(0.2, rel=1e-3)
        assert c.flat["total_steps"] == pytest.approx(100, rel=1e-3)
        assert c.flat["pct_start"] == pytest.approx(0.3, rel=1e-3)
        assert c.flat["div_factor"] == pytest.approx(divisor)
        assert c.free == ("max_lr", "total_steps", "pct_start", "div_factor", "origin")


def test_what_falls_from_the_first_row_on_has_no_peak():
    assert list(peaked(points([3.0, 2.0, 1.0, 0.5]), 0.0)) == []
