"""The line of PyTorch makes what was logged, or says what it leaves out."""

import ast
import math

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.configured import from_options
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.presentation import data_of, lines_of

NAN = float("nan")
ROWS = np.arange(30)
EPOCHS = EpochAxis(np.array([0, 30]), np.array([0.0, 30.0]), "step is epoch")
CONFIGURED = from_options([10, 20], gamma=0.1, epochs=30, steps_per_epoch=40, base_lr=0.1)


def schedule(rates, configured=None, restarts=()):
    groups = rates if isinstance(rates, dict) else {"lr": rates}
    lr = {
        name: Series(name, ROWS, np.full(30, NAN), np.asarray(r, float), restarts=restarts)
        for name, r in groups.items()
    }
    return infer_schedule(lr, EPOCHS, configured)


def used(tick):
    parameters = {"base_lr": 0.1, "milestones": [10, 20], "gamma": 0.1}
    return rate_at("multistep", parameters, np.asarray(tick, float))


@pytest.mark.parametrize("factor", [
    lambda t: min((t + 1) / 3, math.sqrt(3 / (t + 1))),
    lambda t: (t + 1) / 3 if t < 3 else 1.0 if t < 24 else (30 - t) / 6,
])  # fmt: skip
def test_a_lambda_that_counts_from_one_is_written_so(factor):
    found = schedule([0.1 * factor(t) for t in range(30)]).family
    assert found.exact
    call = ast.parse(found.pytorch).body[0].value
    made = eval(compile(ast.Expression(call.args[1]), "line", "eval"), {})
    assert [made(t) for t in range(30)] == pytest.approx([factor(t) for t in range(30)])


def test_each_param_group_of_its_own_has_its_line():
    cosine = 0.005 * (1 + np.cos(np.pi * ROWS / 30))
    found = schedule({"lr/a": used(ROWS), "lr/b": cosine})
    lines = [line.strip() for line in lines_of("run", found, {}) if "PyTorch" in line]
    assert [line.split("(")[0] for line in lines] == [
        "PyTorch: scheduler = StepLR", "PyTorch: scheduler = CosineAnnealingLR",
    ]  # fmt: skip
    assert "T_max=30" in data_of("run", found)["groups"][1]["pytorch"]


def test_a_scheduler_stepped_twice_an_epoch_is_not_one_of_steps():
    assert "# step() every epoch, 2 times;" in schedule(used(2 * ROWS), CONFIGURED).family.pytorch


def test_a_line_that_leaves_a_jump_out_says_so():
    jumped = used(ROWS) * np.where(ROWS >= 15, 3.0, 1.0)
    told = list(lines_of("run", schedule(jumped, CONFIGURED), {}))
    assert any(line.startswith("  PyTorch as configured, without what is told") for line in told)
    told = list(lines_of("run", schedule(used(ROWS), CONFIGURED), {}))
    assert any(line.startswith("  PyTorch: ") for line in told)


def test_a_schedule_begun_anew_before_its_first_drop_may_only_be_late():
    (found,) = schedule(used(np.maximum(ROWS - 3, 0)), CONFIGURED).agreements
    assert (found.kind, found.equivalent) == ("reset_on_resume", ("late",))
    assert found.message.startswith("Drops come 3 epoch(s) after the configured ones, as if")
    (found,) = schedule(used(np.where(ROWS >= 15, ROWS - 15, ROWS)), CONFIGURED).agreements
    assert (found.kind, found.equivalent) == ("reset_on_resume", ())


def test_a_count_that_goes_back_but_not_to_its_start_is_not_begun_anew():
    edited = from_options([10, 16], gamma=0.1, epochs=30, base_lr=0.1)
    (found,) = schedule(used(ROWS), edited, restarts=(13,)).agreements
    assert found.kind == "milestones_ignored_on_resume"


def test_never_stepped_is_told_from_stepped_once_an_epoch_only_where_the_log_can():
    steps = {"gamma": 0.1, "epochs": 30, "steps_per_epoch": 40, "base_lr": 0.1, "unit": "step"}
    (found,) = schedule(used(0 * ROWS), from_options([400, 800], **steps)).agreements
    assert (found.kind, found.equivalent) == ("never_stepped", ("steps_for_epochs",))
    (found,) = schedule(used(0 * ROWS), from_options([20, 800], **steps)).agreements
    assert (found.kind, found.equivalent) == ("never_stepped", ())


@pytest.mark.parametrize(("milestones", "hint"), [
    ([400, 800], " Taken for steps (40 an epoch) they would be epoch(s) 10, 20."),
    ([35], ""), ([59], ""), ([1200], ""),
])  # fmt: skip
def test_milestones_far_beyond_the_end_are_told_as_steps(milestones, hint):
    configured = from_options(milestones, gamma=0.1, epochs=30, steps_per_epoch=40, base_lr=0.1)
    found = schedule(used(0 * ROWS), configured).agreements[0]
    assert found.kind == "beyond_end"
    assert found.message.endswith(f"lie at or beyond the end (30 epochs).{hint}")
