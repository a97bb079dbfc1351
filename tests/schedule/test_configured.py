# ruff: noqa: E501
"""Configurations of the usual frameworks, and what is refused."""

import pytest

from lrdiag.errors import ScheduleError
from lrdiag.schedule.configured import from_options, from_params, from_texts


@pytest.mark.parametrize(
    ("params", "family", "places", "gamma"),
    [
        ({"scheduler": "MultiStepLR", "milestones": [30, 60], "gamma": 0.2}, "multistep", (30, 60), 0.2),
        ({"scheduler": {"name": "MultiStepLR", "milestones": "30,60", "gamma": 0.1}}, "multistep", (30, 60), 0.1),
        ({"lr_scheduler": "StepLR", "lr_scheduler_args": {"step_size": 30}}, "step", 30, 0.1),
        ({"lr_config": {"policy": "step", "step": [8, 11]}}, "multistep", (8, 11), 0.1),
        ({"SOLVER": {"STEPS": [60000], "GAMMA": 0.1, "BASE_LR": 0.02}}, "multistep", (60000,), 0.1),
        ({"sched": "step", "decay_epochs": 30, "decay_rate": 0.1}, "step", 30, 0.1),
        ({"sched": "multistep", "decay_milestones": [90, 120], "decay_rate": 0.3}, "multistep", (90, 120), 0.3),
        ({"lr_decay_epoch": "100,150", "lr_decay": 0.1, "lr": 0.1}, "multistep", (100, 150), 0.1),
        ({"lr_drop": 200}, "step", 200, 0.1),
    ],
)  # fmt: skip
def test_stepped_schedules(params, family, places, gamma):
    found = from_params(params, "args.json")
    assert found.family == family and found.gamma == gamma and found.origin == "args.json"
    assert (found.milestones if family == "multistep" else found.step_size) == places


def test_units_and_lengths_are_read():
    found = from_params({"SOLVER": {"STEPS": [60000], "BASE_LR": 0.02}}, "")
    assert found.unit == "step" and found.base_lr == 0.02
    params = {"train": {"num_epochs": 64}, "learning_rate": 0.01, "lr_scheduler": "MultiStepLR"}
    found = from_params({**params, "lr_scheduler_args": {"milestones": [20]}}, "")
    assert (found.epochs, found.base_lr, found.unit) == (64, 0.01, "epoch")


@pytest.mark.parametrize(
    ("params", "family"),
    [
        ({"scheduler": {"name": "CosineAnnealingLR", "T_max": 40}}, "cosine"),
        ({"scheduler": {"name": "ReduceLROnPlateau", "factor": 0.3}}, "plateau"),
        ({"lr0": 0.01, "lrf": 0.1, "epochs": 100}, "linear"),
        ({"lr0": 0.01, "lrf": 0.1, "epochs": 100, "cos_lr": True}, "cosine"),
        ({"lr_scheduler_type": "linear", "num_train_epochs": 3}, "linear"),
        ({"param_scheduler": [{"type": "LinearLR", "end": 500}, {"type": "MultiStepLR", "milestones": [8]}]}, "multistep"),
    ],
)  # fmt: skip
def test_other_schedules(params, family):
    assert from_params(params, "").family == family


def test_a_configuration_without_a_schedule_gives_none():
    assert from_params({"batch_size": 3, "optimizer": "SGD"}, "") is None


def test_a_namespace_line_is_read_and_never_executed():
    lines = ["epoch 1", "Namespace(lr=0.1, lr_decay_epoch='100,150', x=__import__('os').getcwd())"]
    found = from_texts(lines, "run.log")
    assert found.milestones == (100, 150) and found.origin_line == 2


def test_pairs_of_several_lines_are_read_together():
    found = from_texts(["milestones: [30, 60]", "gamma: 0.5", "epochs: 90"], "log")
    assert (found.milestones, found.gamma, found.epochs) == ((30, 60), 0.5, 90)


def test_hostile_text_does_no_harm():
    assert from_texts(["Namespace(" + "(" * 5000, "{" * 3000, "x" * 300_000], "log") is None


@pytest.mark.parametrize(
    "options",
    [
        {"milestones": [30], "step_size": 3},
        {"milestones": [30, 30]},
        {"step_size": 0},
        {"milestones": [3], "gamma": -1.0},
        {"milestones": [3], "unit": "minute"},
    ],
)
def test_options_that_make_no_sense_are_refused_with_what_to_do(options):
    with pytest.raises(ScheduleError) as caught:
        from_options(**options)
    assert caught.value.action
