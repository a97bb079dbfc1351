"""Rates of families with lengths of nothing, below one tick, or beyond the end."""

import numpy as np
import pytest

from lrdiag.schedule.forward import rate_at


@pytest.mark.parametrize(("family", "parameters", "rates"), [
    ("inverse_sqrt", {"base_lr": 1.0, "warmup": 4, "timescale": 0.5}, {4: 1.0, 6: 0.2**0.5}),
    ("inverse_sqrt", {"base_lr": 1.0, "warmup": 0, "timescale": 4}, {0: 1.0, 12: 0.5}),
    ("warmup_cosine", {"base_lr": 1.0, "warmup": 0, "total": 4}, {0: 1.0, 2: 0.5, 4: 0.0}),
    ("warmup_linear", {"base_lr": 1.0, "warmup": 0, "total": 4}, {0: 1.0, 1: 0.75, 4: 0.0}),
    ("wsd", {"base_lr": 1.0, "warmup": 0, "stable": 2, "decay": 2, "decay_type": "linear"},
     {0: 1.0, 2: 1.0, 3: 0.5, 4: 0.0, 9: 0.0}),
    ("linear", {"base_lr": 1.0, "start_factor": 0.5, "end_factor": 1.0, "total_iters": 0.5},
     {0: 0.5, 1: 1.0}),
    ("polynomial", {"base_lr": 1.0, "total_iters": 0.5, "power": 2}, {0: 1.0, 1: 0.0}),
    ("cosine", {"base_lr": 1.0, "T_max": 0.5}, {0: 1.0, 0.25: 0.5, 0.5: 0.0}),
    ("cosine_restarts", {"base_lr": 1.0, "T_0": 0.5}, {0: 1.0, 0.25: 0.5, 0.5: 1.0}),
    ("cyclic", {"base_lr": 0.0, "max_lr": 1.0, "step_size_up": 0.5, "step_size_down": 0.5,
                "mode": "triangular"},
     {0: 0.0, 0.25: 0.5, 0.5: 1.0, 1: 0.0}),
    ("one_cycle", {"max_lr": 1.0, "total_steps": 3, "pct_start": 0.5, "div_factor": 4.0,
                   "final_div_factor": 1.0}, {0: 0.25, 0.5: 1.0, 2: 0.25}),
    ("exponential", {"base_lr": 1.0, "gamma": 0.5}, {0: 1.0, 0.5: 0.5**0.5, 2000: 0.0}),
    ("step", {"base_lr": 1.0, "step_size": 0.5, "gamma": 0.5}, {0: 1.0, 0.4: 1.0, 0.5: 0.5}),
    ("plateau", {"base_lr": 1.0, "milestones": [], "gamma": 0.5}, {0: 1.0, 9: 1.0}),
    ("manual", {"base_lr": 1.0, "points": [], "values": []}, {0: 1.0, 9: 1.0}),
])  # fmt: skip
def test_rates_at_the_limits(family, parameters, rates):
    found = rate_at(family, parameters, np.array(list(rates), float))
    assert found == pytest.approx(np.array(list(rates.values())), abs=1e-9)
