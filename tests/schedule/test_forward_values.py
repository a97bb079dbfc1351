"""Rates of every family at chosen ticks, computed by hand from the formula."""

import numpy as np
import pytest

from lrdiag.schedule.forward import rate_at

CYCLE = {"base_lr": 1.0, "max_lr": 3.0, "step_size_up": 2, "step_size_down": 4}
ONE = {"max_lr": 1.0, "total_steps": 11, "pct_start": 0.3, "div_factor": 4, "final_div_factor": 5}
WSD = {"base_lr": 2.0, "warmup": 2, "stable": 3, "decay": 4}
WARM = {"base_lr": 2.0, "warmup": 4, "total": 12}
TWO_PARTS = [("constant", {"base_lr": 0.5}), ("exponential", {"base_lr": 1.0, "gamma": 0.5})]

VALUES = [
    ("constant", {"base_lr": 0.1}, {0: 0.1, 9: 0.1}),
    ("step", {"base_lr": 1.0, "step_size": 3, "gamma": 0.5}, {0: 1, 2: 1, 3: 0.5, 5: 0.5, 6: 0.25}),
    ("multistep", {"base_lr": 1.0, "milestones": [5, 2], "gamma": 0.5},
     {0: 1, 1: 1, 2: 0.5, 4: 0.5, 5: 0.25}),
    ("multistep", {"base_lr": 1.0, "milestones": [2, 2], "gamma": 0.5}, {1: 1, 2: 0.25}),
    ("plateau", {"base_lr": 1.0, "milestones": [2, 4], "gamma": 0.1, "min_lr": 0.05},
     {1: 1, 2: 0.1, 4: 0.05}),
    ("plateau", {"base_lr": 1.0, "milestones": [2], "gamma": 0.1}, {2: 0.1}),
    ("manual", {"base_lr": 1.0, "points": [2, 4], "values": [3.0, 0.2]},
     {0: 1, 1: 1, 2: 3, 3: 3, 4: 0.2}),
    ("exponential", {"base_lr": 2.0, "gamma": 0.5}, {0: 2, 1: 1, 3: 0.25}),
    ("polynomial", {"base_lr": 2.0, "total_iters": 4, "power": 2}, {0: 2, 2: 0.5, 4: 0, 9: 0}),
    ("linear", {"base_lr": 2.0, "total_iters": 4, "start_factor": 0.5, "end_factor": 1.0},
     {0: 1, 2: 1.5, 4: 2, 9: 2}),
    ("cosine", {"base_lr": 2.0, "T_max": 4}, {0: 2, 2: 1, 4: 0, 8: 2}),
    ("cosine", {"base_lr": 2.0, "T_max": 4, "eta_min": 1.0}, {0: 2, 2: 1.5, 4: 1}),
    ("cosine_restarts", {"base_lr": 2.0, "T_0": 4}, {0: 2, 2: 1, 4: 2, 6: 1}),
    ("cosine_restarts", {"base_lr": 2.0, "T_0": 2, "T_mult": 2, "eta_min": 1.0},
     {0: 2, 1: 1.5, 2: 2, 4: 1.5, 6: 2, 10: 1.5, 14: 2, 22: 1.5}),
    ("one_cycle", ONE, {0: 0.25, 2.3: 1.0, 10: 0.05}),
    ("one_cycle", {**ONE, "anneal_strategy": "linear"}, {1.15: 0.625, 6.15: 0.525}),
    ("one_cycle", {**ONE, "anneal_strategy": "cos"}, {1.15: 0.625, 6.15: 0.525}),
    ("one_cycle", {**ONE, "three_phase": True}, {0: 0.25, 2.3: 1.0, 4.6: 0.25, 10: 0.05}),
    ("cyclic", {**CYCLE, "mode": "triangular"}, {0: 1, 1: 2, 2: 3, 4: 2, 6: 1, 8: 3}),
    ("cyclic", {**CYCLE, "mode": "triangular2"}, {2: 3, 6: 1, 8: 2, 14: 1.5}),
    ("cyclic", {**CYCLE, "mode": "exp_range", "gamma": 0.5}, {1: 1.5, 2: 1.5}),
    ("warmup_multistep", {"base_lr": 1.0, "warmup": 4, "milestones": [6], "gamma": 0.1},
     {0: 0, 1: 0.25, 4: 1, 5: 1, 6: 0.1}),
    ("warmup_multistep",
     {"base_lr": 1.0, "warmup": 4, "start_factor": 0.2, "milestones": [2], "gamma": 0.5},
     {0: 0.2, 2: 0.3, 4: 0.5}),
    ("warmup_cosine", WARM, {0: 0, 2: 1, 4: 2, 8: 1, 12: 0, 14: 0}),
    ("warmup_cosine", {**WARM, "eta_min": 1.0, "clamp": False}, {4: 2, 8: 1.5, 12: 1, 20: 2}),
    ("warmup_linear", WARM, {0: 0, 2: 1, 4: 2, 8: 1, 12: 0, 14: 0}),
    ("warmup_linear", {**WARM, "start_factor": 0.5}, {0: 1, 2: 1.5}),
    ("wsd", {**WSD, "decay_type": "linear"}, {0: 0, 1: 1, 2: 2, 5: 2, 6: 1.5, 9: 0, 11: 0}),
    ("wsd", {**WSD, "decay_type": "linear", "min_ratio": 0.5}, {0: 1, 1: 1.5, 5: 2, 7: 1.5, 9: 1}),
    ("wsd", {**WSD, "decay_type": "cosine"}, {5: 2, 7: 1, 9: 0}),
    ("wsd", {**WSD, "decay_type": "1-sqrt"}, {5: 2, 6: 1, 9: 0}),
    ("inverse_sqrt", {"base_lr": 2.0, "warmup": 4}, {0: 0, 2: 1, 4: 2, 16: 1}),
    ("inverse_sqrt", {"base_lr": 2.0, "warmup": 4, "timescale": 1}, {4: 2, 7: 1, 19: 0.5}),
    ("sequential", {"base_lr": 1.0, "parts": TWO_PARTS, "milestones": [3]},
     {0: 0.5, 2: 0.5, 3: 1, 4: 0.5, 5: 0.25}),
    ("chained", {"base_lr": 4.0, "parts": [("exponential", {"gamma": 0.5}),
                 ("step", {"step_size": 2, "gamma": 0.1})]}, {0: 4, 1: 2, 2: 0.1}),
]  # fmt: skip


@pytest.mark.parametrize(("family", "parameters", "rates"), VALUES)
def test_rates_are_those_of_the_formula(family, parameters, rates):
    found = rate_at(family, parameters, np.array(list(rates), float))
    assert found == pytest.approx(np.array(list(rates.values()), float), abs=1e-9)


@pytest.mark.parametrize("family", sorted({family for family, *_ in VALUES}))
def test_before_the_first_tick_the_rate_is_the_first(family):
    parameters = next(p for f, p, _ in VALUES if f == family)
    early, first = rate_at(family, parameters, np.array([-3.0, 0.0]))
    assert early == first


@pytest.mark.parametrize("family", ["step", "multistep", "sequential", "cosine_restarts"])
def test_a_tick_a_hair_below_a_whole_one_counts_as_whole(family):
    parameters, rates = next((p, r) for f, p, r in VALUES if f == family)
    ticks = np.array(list(rates), float)
    assert rate_at(family, parameters, ticks - 1e-10) == pytest.approx(list(rates.values()))
