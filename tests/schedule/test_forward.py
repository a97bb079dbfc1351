"""Closed forms against the real schedulers, where torch is installed, and against identities."""

import warnings

import numpy as np
import pytest

from lrdiag.schedule.forward import FORWARD, rate_at

CASES = [
    ("step", "StepLR", {"step_size": 7, "gamma": 0.3}),
    ("multistep", "MultiStepLR", {"milestones": [5, 12], "gamma": 0.1}),
    ("exponential", "ExponentialLR", {"gamma": 0.9}),
    ("polynomial", "PolynomialLR", {"total_iters": 30, "power": 2.0}),
    ("linear", "LinearLR", {"start_factor": 0.1, "end_factor": 1.0, "total_iters": 9}),
    ("cosine", "CosineAnnealingLR", {"T_max": 25, "eta_min": 0.001}),
    ("cosine_restarts", "CosineAnnealingWarmRestarts", {"T_0": 6, "T_mult": 2, "eta_min": 0.0}),
]


@pytest.mark.parametrize(("family", "name", "parameters"), CASES)
def test_the_closed_form_is_the_scheduler(family, name, parameters):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **parameters)
    logged = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(40):
            logged.append(optimizer.param_groups[0]["lr"])
            scheduler.step()
    rates = rate_at(family, {"base_lr": 0.1, **parameters}, np.arange(40))
    assert np.allclose(rates, logged, rtol=1e-9, atol=1e-12)


def test_a_power_of_one_is_a_line():
    tick = np.arange(40)
    power = rate_at("polynomial", {"base_lr": 0.1, "total_iters": 30, "power": 1}, tick)
    line = {"base_lr": 0.1, "start_factor": 1, "end_factor": 0, "total_iters": 30}
    assert np.allclose(power, rate_at("linear", line, tick))


def test_negative_ticks_are_the_start():
    parameters = {"base_lr": 0.1, "gamma": 0.5}
    assert rate_at("exponential", parameters, np.array([-5.0]))[0] == 0.1


def test_an_unknown_family_is_an_error():
    with pytest.raises(KeyError):
        rate_at("spiral", {}, np.arange(3))
    assert "cosine" in FORWARD
