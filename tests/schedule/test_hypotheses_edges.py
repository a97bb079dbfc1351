"""Planted ways of running a configured schedule are found."""

import numpy as np
import pytest
from planted_runs import (
    EPOCH,
    EPOCHS,
    FOUND,
    PER,
    ROWS,
    UNKNOWN,
    answer,
    hypothesis,
    multi,
)

from lrdiag.schedule.configured import from_options
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.values import ConfiguredSchedule

# Planted ways of running are found


@pytest.mark.parametrize(("name", "rates", "fields"), FOUND, ids=[n for n, *_ in FOUND])
@pytest.mark.parametrize("printed", ["{!r}", "{:.6f}"])
def test_a_planted_way_of_running_is_found(name, rates, fields, printed):
    rates = [float(printed.format(v)) for v in np.asarray(rates).tolist()]
    found = hypothesis(rates)
    for key, value in fields.items():
        assert getattr(found, key) == (pytest.approx(value) if key == "factor" else value)


@pytest.mark.parametrize("per", [7, 40, 130])
def test_steps_an_epoch_are_found_where_nothing_tells_them(per):
    rows = np.arange(0, 90 * per, max(per // 4, 1))
    found = hypothesis(multi(rows // per), rows, UNKNOWN,
                       from_options([30, 60], gamma=0.1, base_lr=0.1, epochs=90))  # fmt: skip
    assert found.kind == "ok"
    drops = [rows[rows // per >= m][0] for m in (30, 60)]
    used = found.per_epoch
    assert [rows[(rows - found.base) // used + found.sub >= m][0] for m in (30, 60)] == drops


@pytest.mark.parametrize("per", [13, 50, 391])
def test_milestones_in_steps_on_rows_of_epochs_tell_the_steps_an_epoch(per):
    epochs = np.arange(60)
    places = [10 * per, 35 * per]
    rates = multi(epochs * per + per - 1, milestones=places)
    config = from_options(places, gamma=0.1, base_lr=0.1, unit="step")
    found = hypothesis(rates, epochs, EPOCHS, config, None)
    assert found.kind == "ok"
    at = (epochs - found.base) * found.per_epoch + found.per_epoch - 1 + found.sub
    assert multi(np.maximum(at, 0), milestones=places) == pytest.approx(rates)


def test_a_smooth_schedule_stepped_every_batch_is_found_on_rows_of_epochs():
    config = ConfiguredSchedule("exponential", gamma=0.95, base_lr=0.1)
    rates = 0.1 * 0.95 ** (np.arange(20) * 25.0 + 24)
    found = hypothesis(rates, np.arange(20), EPOCHS, config, 20)
    assert (found.kind, found.per_epoch) == ("per_batch", 25.0)


def test_a_schedule_counted_in_steps_but_stepped_once_an_epoch():
    config = from_options([30, 60], gamma=0.1, base_lr=0.1, unit="step", steps_per_epoch=PER)
    assert hypothesis(multi(EPOCH), config=config).kind == "per_epoch"


@pytest.mark.parametrize("family", ["cosine", "exponential", "step"])
def test_other_families_are_compared_too(family):
    parameters = {
        "cosine": {"T_max": 90, "eta_min": 0.001}, "exponential": {"gamma": 0.95},
        "step": {"step_size": 25, "gamma": 0.3},
    }[family]  # fmt: skip
    config = ConfiguredSchedule(family, base_lr=0.1, parameters=parameters, steps_per_epoch=PER)
    rates = rate_at(family, {"base_lr": 0.1, **parameters}, EPOCH.astype(float))
    assert hypothesis(rates, config=config).kind == "ok"
    rates = rate_at(family, {"base_lr": 0.1, **parameters}, 2.0 * EPOCH)
    assert hypothesis(rates, config=config).k == 2


@pytest.mark.parametrize(("k", "found"), [(3, 3), (16, 16), (17, None)])
def test_up_to_sixteen_processes_may_step_one_scheduler(k, found):
    config = ConfiguredSchedule("exponential", gamma=0.99, base_lr=0.1, steps_per_epoch=PER)
    rates = rate_at("exponential", {"base_lr": 0.1, "gamma": 0.99}, k * EPOCH.astype(float))
    h = hypothesis(rates, config=config)
    assert (h.k if h.kind == "rate_k" else None) == found


def test_a_warmup_before_a_schedule_without_one_is_not_compared():
    rates = multi(EPOCH)
    rates[:12] = np.linspace(0.001, 0.1, 13)[:12]
    found, _ = answer(rates)
    assert found.hypothesis.kind == "ok" and found.question.compare[0] == 12


def test_nothing_explains_another_schedule():
    rng = np.random.default_rng(1)
    assert hypothesis(np.sort(rng.uniform(0.01, 0.1, len(ROWS)))[::-1]) is None
