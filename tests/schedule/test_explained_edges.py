"""The family and the clock that an explained log is told with, and groups that are multiples."""

import numpy as np
import pytest
from planted_runs import (
    EPOCH,
    EPOCHS,
    FOUND,
    MULTI,
    PER,
    ROWS,
    answer,
    multi,
    series,
)

from lrdiag.schedule.configured import from_options
from lrdiag.schedule.explained import explained, multiple_of, scaled
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.identify import Identified
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.values import Clock, ConfiguredSchedule, Family

# The family that an explained log is told as


def told(*args, **more):
    found, log = answer(*args, **more)
    return explained(found, log)


def test_an_explained_log_has_the_configured_family_and_its_drops():
    found = told(multi(EPOCH))
    assert (found.family.name, found.family.exact) == ("multistep", True)
    assert ROWS[found.rows].tolist() == [1200, 2400]
    assert dict(found.family.parameters) == MULTI


@pytest.mark.parametrize(("name", "rates", "fields"), FOUND, ids=[n for n, *_ in FOUND])
def test_family_and_clock_rebuild_the_log(name, rates, fields):
    found = told(rates)
    clock, rebuilt = found.family.clock, None
    tick = (ROWS - clock.origin) / clock.tick
    tick = np.floor(tick + 1e-9) if clock.floor else tick
    rebuilt = rate_at(found.family.name, found.family.parameters, tick)
    if fields["kind"] in ("jump", "resume_reset"):
        rebuilt, rates = rebuilt[ROWS < 2000], np.asarray(rates)[ROWS < 2000]
    if fields["kind"] != "rate_k":
        assert rebuilt == pytest.approx(np.asarray(rates))


@pytest.mark.parametrize(("rates", "drops"), [
    (multi(2 * EPOCH), [600, 1200]),
    (multi(ROWS), [30, 60]),
    (multi(EPOCH, milestones=[60]), [2400]),
    (np.where(ROWS >= 2000, 5, 1) * multi(EPOCH), [1200, 2000, 2400]),
    (multi(np.where(ROWS >= 2000, EPOCH - 50, EPOCH)), [1200, 2000, 3200]),
    (multi(np.maximum(EPOCH - 2, 0)), [1280, 2480]),
    (multi(0 * ROWS), []),
])  # fmt: skip
def test_rows_of_an_explained_log_are_those_that_show_a_change(rates, drops):
    assert ROWS[told(rates).rows].tolist() == drops


def test_the_clock_of_rows_of_epochs():
    epochs = np.arange(90)
    found = told(multi(np.maximum(epochs - 1, 0)), epochs, EPOCHS)
    assert found.family.clock == Clock(1.0, 1.0, False)
    config = from_options([300, 600], gamma=0.1, base_lr=0.1, unit="step", steps_per_epoch=10)
    rates = multi(epochs * 10 + 9, milestones=[300, 600])
    found = told(rates, epochs, EPOCHS, config)
    tick = (epochs - found.family.clock.origin) / found.family.clock.tick
    assert found.family.clock.tick == pytest.approx(0.1)
    assert rate_at("multistep", found.family.parameters, tick) == pytest.approx(rates)


def test_a_log_with_a_warmup_of_its_own_is_not_told_as_the_configured_family():
    rates = multi(EPOCH)
    rates[:12] = np.linspace(0.001, 0.1, 13)[:12]
    assert told(rates) is None


def test_a_schedule_stepped_twice_leaps_past_the_end_of_its_warmup():
    config = ConfiguredSchedule(
        "warmup_multistep", milestones=(30, 60), gamma=0.1, base_lr=0.1,
        parameters={"warmup": 5, "start_factor": 0.0}, steps_per_epoch=PER,
    )  # fmt: skip
    planted = {**MULTI, "warmup": 5, "start_factor": 0.0}
    found = told(rate_at("warmup_multistep", planted, 2.0 * EPOCH), config=config)
    assert ROWS[found.rows].tolist() == [120, 600, 1200]
    found = told(rate_at("warmup_multistep", planted, 1.0 * EPOCH), config=config)
    assert ROWS[found.rows].tolist() == [1200, 2400]


# Param groups that are multiples of one another


def test_a_group_that_is_a_multiple_of_another():
    one = clean_rates(series(multi(np.arange(90))))
    ten = clean_rates(series(10 * multi(np.arange(90))))
    assert multiple_of(ten, one) == pytest.approx(10.0)
    assert multiple_of(one, ten) == pytest.approx(0.1)
    other = clean_rates(series(multi(np.arange(90), milestones=[20, 60])))
    assert multiple_of(other, one) is None
    assert multiple_of(clean_rates(series(multi(np.arange(80)))), one) is None
    shifted = clean_rates(series(multi(np.arange(90)), np.arange(90) + 1))
    assert multiple_of(shifted, one) is None
    zero = clean_rates(series(np.zeros(90)))
    assert multiple_of(one, zero) is None


def test_all_rates_of_a_schedule_are_scaled_and_nothing_else():
    parts = [("constant", {"base_lr": 0.1}), ("cosine", {"base_lr": 0.2, "T_max": 9})]
    given = {"base_lr": 0.1, "max_lr": 1, "eta_min": 0.01, "min_lr": 0.02, "gamma": 0.5,
             "values": [0.1, 0.2], "parts": parts, "T_max": 9, "mode": "x"}  # fmt: skip
    found = scaled(Identified(Family("x", given), np.zeros(0, np.int64)), 2.0).family.parameters
    assert found == {
        "base_lr": 0.2, "max_lr": 2, "eta_min": 0.02, "min_lr": 0.04, "gamma": 0.5,
        "values": [0.2, 0.4], "T_max": 9, "mode": "x",
        "parts": [("constant", {"base_lr": 0.2}), ("cosine", {"base_lr": 0.4, "T_max": 9})],
    }  # fmt: skip


def test_groups_are_told_as_multiples():
    one = multi(np.arange(90))
    found = infer_schedule({"a": series(one), "b": series(10 * one)}, EPOCHS)
    a, b = found.groups
    assert a.family.name == b.family.name
    assert b.family.parameters["base_lr"] == pytest.approx(1.0)
    assert [c.after for c in b.changes] == pytest.approx([0.1, 0.01])
