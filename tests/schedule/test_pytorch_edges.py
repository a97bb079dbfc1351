"""The lines to paste: each is Python, and names the scheduler with the numbers that were found."""

import ast
import math

import numpy as np
import pytest

from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.pytorch import number, pytorch_line

WARM = {"base_lr": 0.1, "warmup": 5, "total": 50}
RISE = ("linear", {"start_factor": 0.1, "end_factor": 1, "total_iters": 5})
ONE = {"max_lr": 0.4, "total_steps": 100.01, "pct_start": 0.3, "div_factor": 25,
       "final_div_factor": 1e4}  # fmt: skip
CYCLE = {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 10.001, "step_size_down": 20}

LINES = [
    ("constant", {"base_lr": 0.1}, "ConstantLR(optimizer, factor=1, total_iters=1)"),
    ("step", {"base_lr": 0.1, "step_size": 30.01, "gamma": 0.1},
     "StepLR(optimizer, step_size=30, gamma=0.1)"),
    ("step", {"base_lr": 0.1, "step_size": 30.5, "gamma": 0.1},
     "StepLR(optimizer, step_size=30.5, gamma=0.1)"),
    ("multistep", {"base_lr": 0.1, "milestones": [30, 59.99], "gamma": 0.25},
     "MultiStepLR(optimizer, milestones=[30, 60], gamma=0.25)"),
    ("plateau", {"base_lr": 0.1, "gamma": 0.5}, "ReduceLROnPlateau(optimizer, factor=0.5)"),
    ("plateau", {"base_lr": 0.1, "gamma": 0.5, "min_lr": 0.001},
     "ReduceLROnPlateau(optimizer, factor=0.5, min_lr=0.001)"),
    ("exponential", {"base_lr": 0.1, "gamma": 0.95}, "ExponentialLR(optimizer, gamma=0.95)"),
    ("polynomial", {"base_lr": 0.1, "total_iters": 90.0, "power": 0.9},
     "PolynomialLR(optimizer, total_iters=90, power=0.9)"),
    ("linear", {"base_lr": 0.1, "start_factor": 0.25, "end_factor": 1.0, "total_iters": 9},
     "LinearLR(optimizer, start_factor=0.25, end_factor=1, total_iters=9)"),
    ("cosine", {"base_lr": 0.1, "T_max": 90, "eta_min": 0.001},
     "CosineAnnealingLR(optimizer, T_max=90, eta_min=0.001)"),
    ("cosine", {"base_lr": 0.1, "T_max": 90}, "CosineAnnealingLR(optimizer, T_max=90, eta_min=0)"),
    ("cosine_restarts", {"base_lr": 0.1, "T_0": 10, "T_mult": 2, "eta_min": 0.01},
     "CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=2, eta_min=0.01)"),
    ("cosine_restarts", {"base_lr": 0.1, "T_0": 10},
     "CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=1, eta_min=0)"),
    ("one_cycle", ONE,
     "OneCycleLR(optimizer, max_lr=0.4, total_steps=100, pct_start=0.3, div_factor=25, "
     "final_div_factor=10000, anneal_strategy='cos', three_phase=False)"),
    ("one_cycle", {**ONE, "anneal_strategy": "linear", "three_phase": True},
     "OneCycleLR(optimizer, max_lr=0.4, total_steps=100, pct_start=0.3, div_factor=25, "
     "final_div_factor=10000, anneal_strategy='linear', three_phase=True)"),
    ("cyclic", CYCLE, "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=10, "
     "step_size_down=20, mode='triangular')"),
    ("cyclic", {**CYCLE, "mode": "exp_range", "gamma": 0.99},
     "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=10, step_size_down=20, "
     "mode='exp_range', gamma=0.99)"),
    ("warmup_multistep", {"base_lr": 0.1, "warmup": 5, "milestones": [30, 60], "gamma": 0.1},
     "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=1e-08, total_iters=5), "
     "MultiStepLR(optimizer, milestones=[25, 55], gamma=0.1)], milestones=[5])"),
    ("warmup_cosine", {**WARM, "start_factor": 0.1, "eta_min": 0.01},
     "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=5), "
     "CosineAnnealingLR(optimizer, T_max=45, eta_min=0.01)], milestones=[5])"),
    ("warmup_linear", WARM,
     "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=1e-08, total_iters=5), "
     "LinearLR(optimizer, start_factor=1, end_factor=0, total_iters=45)], milestones=[5])"),
    ("sequential", {"base_lr": 0.2, "milestones": [5], "parts": [("constant", {"base_lr": 0.05}),
                    ("exponential", {"base_lr": 0.2, "gamma": 0.9})]},
     "SequentialLR(optimizer, [ConstantLR(optimizer, factor=0.25, total_iters=1000000000), "
     "ExponentialLR(optimizer, gamma=0.9)], milestones=[5])"),
    ("chained", {"base_lr": 0.2, "parts": [RISE, ("exponential", {"gamma": 0.9})]},
     "ChainedScheduler([LinearLR(optimizer, start_factor=0.1, end_factor=1, total_iters=5), "
     "ExponentialLR(optimizer, gamma=0.9)])"),
]  # fmt: skip


@pytest.mark.parametrize(("family", "parameters", "call"), LINES)
def test_the_line_names_the_scheduler_with_its_numbers(family, parameters, call):
    line = pytorch_line(family, parameters, "step")
    base = "0.4" if family == "one_cycle" else number(parameters["base_lr"])
    assert line == f"scheduler = {call}  # step() every step; base lr {base}"
    ast.parse(line)


LAMBDAS = [
    ("manual", {"base_lr": 0.1, "points": [10, 20.01], "values": [0.05, 0.2]}),
    ("inverse_sqrt", {"base_lr": 0.1, "warmup": 10, "timescale": 10}),
    ("inverse_sqrt", {"base_lr": 0.1, "warmup": 10, "timescale": 40}),
    ("wsd", {"base_lr": 0.1, "warmup": 5, "stable": 10, "decay": 10, "decay_type": "linear"}),
    ("wsd", {"base_lr": 0.1, "warmup": 0, "stable": 10, "decay": 10, "decay_type": "cosine"}),
    ("wsd", {"base_lr": 0.1, "warmup": 5, "stable": 10, "decay": 10, "decay_type": "1-sqrt",
             "min_ratio": 0.1}),
]  # fmt: skip


STRAIGHT = {"base_lr": 0.4, "warmup": 4, "stable": 1, "decay": 20, "decay_type": "cosine"}


@pytest.mark.parametrize(("kind", "fall"), [
    ("cosine", "CosineAnnealingLR(optimizer, T_max=20, eta_min=0)"),
    ("linear", "LinearLR(optimizer, start_factor=1, end_factor=0, total_iters=20)"),
])  # fmt: skip
def test_a_warm_up_counted_from_one_straight_into_the_decay_is_two_schedulers(kind, fall):
    line = pytorch_line("wsd", {**STRAIGHT, "decay_type": kind}, "step", lead=1.0)
    rise = "LinearLR(optimizer, start_factor=0.25, total_iters=3)"
    assert line.startswith(f"scheduler = SequentialLR(optimizer, [{rise}, {fall}], milestones=[4])")


@pytest.mark.parametrize(("change", "lead"), [
    ({}, 0.0), ({"stable": 2}, 1.0), ({"warmup": 1}, 1.0), ({"min_ratio": 0.1}, 1.0),
    ({"decay_type": "1-sqrt"}, 1.0),
])  # fmt: skip
def test_every_other_plateau_is_a_lambda(change, lead):
    assert "LambdaLR" in pytorch_line("wsd", {**STRAIGHT, **change}, lead=lead)


@pytest.mark.parametrize(("family", "parameters"), LAMBDAS)
def test_the_factor_of_a_lambda_is_that_of_the_family(family, parameters):
    line = pytorch_line(family, parameters)
    call = ast.parse(line).body[0].value
    assert call.func.id == "LambdaLR" and call.args[0].id == "optimizer"
    factor = eval(compile(ast.Expression(call.args[1]), "line", "eval"), {"math": math})
    ticks = np.arange(30)
    given = {**parameters, "points": [10, 20]} if family == "manual" else parameters
    expected = rate_at(family, given, ticks) / 0.1
    assert [factor(int(t)) for t in ticks] == pytest.approx(expected.tolist())


def test_a_family_that_no_scheduler_makes_has_no_line():
    assert pytorch_line("unknown", {}) == ""
    assert pytorch_line("step", {"base_lr": 1, "step_size": 3, "gamma": 0.1}).endswith(
        "# step() every epoch; base lr 1"
    )


@pytest.mark.parametrize(("value", "text"), [
    (3, "3"), (3.0, "3"), (0.1, "0.1"), (1 / 3, "0.333333"), (1e-8, "1e-08"), (True, "True"),
    ("cos", "'cos'"), ([1, 2.5], "[1, 2.5]"), ((), "[]"), (1e15, "1e+15"), (1e14, str(10**14)),
    (-2.0, "-2"), (None, "None"),
])  # fmt: skip
def test_numbers_as_people_write_them(value, text):
    assert number(value) == text


@pytest.mark.parametrize(("length", "told"), [
    (30.019, "30"), (29.981, "30"), (30.021, "30.021"), (29.979, "29.979"),
])  # fmt: skip
def test_a_length_next_to_a_whole_one_is_that(length, told):
    line = pytorch_line("cosine", {"base_lr": 0.1, "T_max": length})
    assert f"T_max={told}," in line


@pytest.mark.parametrize("rate", [0.01, 0.001, 0.99, 1.01])
def test_a_rate_next_to_a_whole_number_is_no_length(rate):
    assert f"max_lr={rate:g}," in pytorch_line("one_cycle", {**ONE, "max_lr": rate})
    line = pytorch_line("cyclic", {**CYCLE, "base_lr": rate / 10, "max_lr": rate})
    assert f"base_lr={rate / 10:g}, max_lr={rate:g}," in line
    assert "pct_start=0.01," in pytorch_line("one_cycle", {**ONE, "pct_start": 0.01})
