"""Configured schedules run in random ways: as configured, or with one of the common mistakes.

Each number below draws one: family and numbers of the configuration, steps an epoch and between
rows, the mistake, and how the rates are printed.
"""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.agreement import reconciled
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.hypotheses import simulate
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.values import ConfiguredSchedule

EPOCHS = 90
PRINTED = ("{!r}", "{:.8f}", "{:.4g}", "{:.6g}")
WAYS = ("ok", "never_stepped", "per_batch", "rate_k", "wrong_gamma", "missed_drop", "offset",
        "jump", "resume_reset")  # fmt: skip


def configured(rng):
    """A family of PyTorch with numbers in epochs, as `ConfiguredSchedule` and for `rate_at`."""
    base = float(f"{10 ** rng.uniform(-3, 0):.0e}")
    gamma = float(rng.choice([0.1, 0.2, 0.5]))
    kind = int(rng.integers(4))
    if kind == 0:
        places = tuple(sorted(rng.choice(np.arange(12, 78), 2, replace=False).tolist()))
        given = {"milestones": list(places), "gamma": gamma}
        config = ConfiguredSchedule("multistep", base_lr=base, milestones=places, gamma=gamma)
    elif kind == 1:
        size = int(rng.integers(12, 40))
        given = {"step_size": size, "gamma": gamma}
        config = ConfiguredSchedule("step", base_lr=base, step_size=size, gamma=gamma)
    elif kind == 2:
        gamma = round(float(rng.uniform(0.93, 0.99)), 3)
        given = {"gamma": gamma}
        config = ConfiguredSchedule("exponential", base_lr=base, gamma=gamma)
    else:
        given = {"T_max": EPOCHS, "eta_min": 0.0}
        config = ConfiguredSchedule("cosine", base_lr=base, parameters=given)
    return config, {"base_lr": base, **given}


def run(rng, way, family, given, step, per):
    """Rates of steps, and what a hypothesis must say of them."""
    epoch = step // per
    told = {}
    if way == "never_stepped":
        return rate_at(family, given, 0.0 * epoch), told
    if way == "per_batch":
        return rate_at(family, given, step.astype(float)), told
    tick = epoch.astype(float)
    if way == "rate_k":
        told["k"] = int(rng.integers(2, 5))
        tick = tick * told["k"]
    elif way == "wrong_gamma":
        told["gamma"] = float(rng.choice([0.3, 0.7]))
        given = {**given, "gamma": told["gamma"]}
    elif way == "missed_drop":
        told["missed"] = int(rng.choice(given["milestones"]))
        given = {**given, "milestones": [m for m in given["milestones"] if m != told["missed"]]}
    elif way == "offset":
        tick = np.maximum(tick - 2.0, 0.0)
    at = int(rng.integers(20, 70)) * per
    if way == "resume_reset":
        told["at"] = float(step[step >= at][0])  # the first logged row behind it
        tick = np.where(step >= at, tick - at // per, tick)
    rates = rate_at(family, given, tick)
    if way == "jump":
        told.update(at=float(step[step >= at][0]), factor=float(rng.choice([0.3, 3.0])))
        rates = np.where(step >= at, told["factor"] * rates, rates)
    return rates, told


def drawn(number):
    rng = np.random.default_rng(number)
    way = WAYS[number % len(WAYS)]
    config, given = configured(rng)
    while (way == "missed_drop" and config.family != "multistep") or (
        way == "wrong_gamma" and config.family not in ("multistep", "step")
    ):
        config, given = configured(rng)
    per = int(rng.integers(5, 200))
    every = max(per // int(rng.integers(1, 6)), 1)
    step = np.arange(0, EPOCHS * per, every)
    rates, told = run(rng, way, config.family, given, step, per)
    printed = PRINTED[int(rng.integers(len(PRINTED)))]
    if printed.endswith("f}") and rates[rates > 0].min(initial=1.0) < 1e-5:
        printed = "{:.6g}"
    rates = np.array([float(printed.format(r)) for r in rates.tolist()])
    axis = EpochAxis(np.array([0, EPOCHS * per]), np.array([0.0, EPOCHS]), "configured")
    return way, config, axis, step, rates, told


@pytest.mark.parametrize("number", range(360))
def test_a_way_of_running_is_told_with_its_numbers(number):
    way, config, axis, step, rates, told = drawn(number)
    log = clean_rates(Series("lr", step, np.full(len(step), np.nan), rates))
    found = reconciled(config, log, axis, EPOCHS)
    hypothesis, question = found.hypothesis, found.question
    if way != "offset":  # two epochs late may be a convention of the rows too
        assert hypothesis.kind == (way if np.ptp(rates) > 0 else "never_stepped")
    for name, value in told.items() if np.ptp(rates) > 0 else ():
        assert getattr(hypothesis, name) == pytest.approx(value, rel=1e-2)
    rebuilt = simulate(hypothesis, question.family, question.parameters, question.frame,
                       question.unit)  # fmt: skip
    assert rebuilt == pytest.approx(rates, rel=6e-4, abs=6e-9)
