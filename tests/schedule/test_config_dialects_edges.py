"""Configurations in the words of each framework."""

import pytest

from lrdiag.schedule.configured import from_params


def fields(params, *names):
    found = from_params(params, "here")
    return None if found is None else tuple(getattr(found, n) for n in names)


def warmup(params):
    return from_params(params, "").parameters.get("warmup_hint")


# mmcv 1


@pytest.mark.parametrize(("lr", "expected"), [
    ({"policy": "step", "step": [8, 11]}, ("multistep", (8, 11), None, 0.1, "epoch")),
    ({"policy": "step", "step": 4}, ("step", (), 4, 0.1, "epoch")),
    ({"policy": "step", "step": [8], "gamma": 0.5}, ("multistep", (8,), None, 0.5, "epoch")),
    ({"policy": "step", "step": [800], "by_epoch": False},
     ("multistep", (800,), None, 0.1, "step")),
    ({"policy": "CosineAnnealing", "min_lr": 0}, ("cosine", (), None, None, "epoch")),
    ({"policy": "poly", "by_epoch": False}, ("polynomial", (), None, None, "step")),
    ({"policy": "step"}, ("step", (), None, 0.1, "epoch")),
])  # fmt: skip
def test_mmcv(lr, expected):
    names = ("family", "milestones", "step_size", "gamma", "unit")
    assert fields({"lr_config": lr}, *names) == expected


def test_mmcv_counts_its_warmup_in_steps():
    lr = {"policy": "step", "step": [8], "warmup": "linear", "warmup_iters": 500}
    assert warmup({"lr_config": lr}) == {"length": 500, "unit": "step"}
    assert warmup({"lr_config": {"policy": "step", "step": [8]}}) is None
    lr = {"policy": "CosineAnnealing", "warmup": "linear", "warmup_iters": 50}
    assert warmup({"lr_config": lr}) == {"length": 50, "unit": "step"}


def test_mmcv_without_a_policy_is_not_mmcv():
    assert from_params({"lr_config": {"step": [8]}}, "") is None


# mmengine


@pytest.mark.parametrize(("parts", "expected"), [
    ([{"type": "MultiStepLR", "milestones": [8, 11], "by_epoch": True}],
     ("multistep", (8, 11), "epoch")),
    ({"type": "MultiStepLR", "milestones": [8, 11]}, ("multistep", (8, 11), "epoch")),
    (({"type": "MultiStepLR", "milestones": [800], "by_epoch": False},),
     ("multistep", (800,), "step")),
    ([{"type": "LinearLR", "end": 500}, {"type": "CosineAnnealingLR"}], ("cosine", (), "epoch")),
])  # fmt: skip
def test_mmengine(parts, expected):
    assert fields({"param_scheduler": parts}, "family", "milestones", "unit") == expected


@pytest.mark.parametrize("parts", [[], ["MultiStepLR"], "MultiStepLR", [{"type": "Odd"}], 3])
def test_mmengine_without_a_scheduler(parts):
    assert from_params({"param_scheduler": parts}, "") is None


@pytest.mark.parametrize(("first", "expected"), [
    ({"type": "LinearLR", "end": 500, "by_epoch": False}, {"length": 500, "unit": "step"}),
    ({"type": "LinearLR", "end": 5}, {"length": 5, "unit": "epoch"}),
    ("LinearLR", None),
])  # fmt: skip
def test_mmengine_warms_up_with_the_first_of_several(first, expected):
    last = {"type": "MultiStepLR", "milestones": [8]}
    assert warmup({"param_scheduler": [first, last]}) == expected
    assert warmup({"param_scheduler": [last]}) is None


# detectron2


def solver(**more):
    return {"SOLVER": {"STEPS": [60000, 80000], "BASE_LR": 0.02, **more}}


def test_detectron2():
    names = ("family", "milestones", "gamma", "base_lr", "unit")
    expected = ("multistep", (60000, 80000), 0.1, 0.02, "step")
    assert fields(solver(), *names) == expected
    assert fields(solver(GAMMA=0.5), *names) == (*expected[:2], 0.5, *expected[3:])
    assert warmup(solver(WARMUP_ITERS=1000)) == {"length": 1000, "unit": "step"}
    assert warmup(solver()) is None and warmup(solver(WARMUP_ITERS=0)) is None


def test_detectron2_with_another_scheduler():
    assert fields(solver(LR_SCHEDULER_NAME="WarmupCosineLR"), "family", "unit", "milestones") == (
        "cosine", "step", (),
    )  # fmt: skip
    assert fields(solver(LR_SCHEDULER_NAME="Odd"), "family") == ("unknown",)


@pytest.mark.parametrize("missing", ["STEPS", "BASE_LR"])
def test_detectron2_needs_steps_and_a_base_rate(missing):
    node = solver()
    del node["SOLVER"][missing]
    assert fields(node, "unit") in (None, ("epoch",))


# Ultralytics


def test_ultralytics():
    node = {"lr0": 0.01, "lrf": 0.1, "epochs": 100}
    found = from_params(node, "")
    assert (found.family, found.base_lr, found.epochs, found.unit) == ("linear", 0.01, 100, "epoch")
    assert {k: v for k, v in found.parameters.items() if k != "warmup_hint"} == {
        "start_factor": 1.0, "end_factor": 0.1, "total_iters": 100,
    }  # fmt: skip
    assert warmup(node) == {"length": 3.0, "unit": "epoch"}
    assert warmup({**node, "warmup_epochs": 5}) == {"length": 5, "unit": "epoch"}


def test_ultralytics_cosine_ends_at_the_product_of_its_rates():
    found = from_params({"lr0": 0.02, "lrf": 0.1, "epochs": 50, "cos_lr": True}, "")
    assert found.family == "cosine"
    assert found.parameters["T_max"] == 50
    assert found.parameters["eta_min"] == pytest.approx(0.002)


@pytest.mark.parametrize("cosine", [False, True])
def test_ultralytics_without_epochs_has_no_parameters(cosine):
    found = from_params({"lr0": 0.01, "lrf": 0.1, "cos_lr": cosine}, "")
    assert set(found.parameters) == {"warmup_hint"} and found.epochs is None


@pytest.mark.parametrize("node", [{"lr0": 0.01}, {"lrf": 0.1}])
def test_ultralytics_needs_both_of_its_rates(node):
    assert from_params(node, "") is None


# timm


@pytest.mark.parametrize(("node", "expected"), [
    ({"sched": "step", "decay_epochs": 30, "decay_rate": 0.2}, ("step", (), 30, 0.2)),
    ({"sched": "multistep", "decay_milestones": [9, 3], "decay_rate": 0.3},
     ("multistep", (3, 9), None, 0.3)),
    ({"sched": "cosine", "decay_rate": 0.1}, ("cosine", (), None, None)),
    ({"sched": "cosine", "warmup_epochs": 5}, ("cosine", (), None, None)),
    ({"sched": "odd", "decay_epochs": 30}, ("unknown", (), None, None)),
    ({"sched": "step", "decay_rate": 0.2}, ("step", (), None, 0.1)),
    ({"sched": "multistep", "decay_rate": 0.2}, ("multistep", (), None, 0.1)),
])  # fmt: skip
def test_timm(node, expected):
    assert fields(node, "family", "milestones", "step_size", "gamma") == expected
    assert fields(node, "unit") == ("epoch",)


def test_a_word_of_timm_alone_is_not_timm():
    assert from_params({"sched": "odd"}, "") is None
    assert from_params({"sched": 3, "decay_rate": 0.1}, "") is None


def test_timm_counts_its_warmup_in_epochs():
    assert warmup({"sched": "cosine", "warmup_epochs": 5}) == {"length": 5, "unit": "epoch"}
    assert warmup({"sched": "cosine", "warmup_epochs": 0}) is None


# transformers


@pytest.mark.parametrize(("node", "family", "parameters"), [
    ({"num_train_epochs": 3}, "linear", {}),
    ({"warmup_steps": 0, "max_steps": 900}, "linear",
     {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 900}),
    ({"warmup_steps": 100, "max_steps": 900}, "warmup_linear",
     {"warmup": 100, "start_factor": 0.0, "total": 900}),
    ({"warmup_steps": 100, "max_steps": -1}, "warmup_linear", {}),
    ({"warmup_steps": 100, "max_steps": 0}, "warmup_linear", {}),
    ({"num_train_epochs": 3, "max_steps": 1}, "linear",
     {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 1}),
])  # fmt: skip
def test_transformers_linear(node, family, parameters):
    found = from_params({"lr_scheduler_type": "linear", **node}, "")
    assert (found.family, found.unit, dict(found.parameters)) == (family, "step", parameters)


def test_transformers_cosine_and_others():
    node = {"lr_scheduler_type": "cosine", "warmup_steps": 0, "max_steps": 900}
    found = from_params(node, "")
    assert (found.family, dict(found.parameters)) == ("cosine", {"T_max": 900, "eta_min": 0.0})
    found = from_params({**node, "warmup_steps": 9}, "")
    assert found.family == "warmup_cosine" and found.parameters["warmup"] == 9
    found = from_params({**node, "lr_scheduler_type": "polynomial", "warmup_steps": 9}, "")
    assert (found.family, found.unit, dict(found.parameters)) == ("polynomial", "step", {})
    found = from_params({**node, "lr_scheduler_type": "odd"}, "")
    assert found.family == "unknown"


def test_a_scheduler_type_alone_is_not_that_of_transformers():
    assert fields({"lr_scheduler_type": "cosine"}, "family", "unit") == ("cosine", "epoch")


# PyTorch and Lightning


@pytest.mark.parametrize(("scheduler", "expected"), [
    ({"name": "StepLR", "step_size": 30}, ("step", (), 30)),
    ({"type": "StepLR", "args": {"step_size": 30}}, ("step", (), 30)),
    ({"class_path": "torch.optim.lr_scheduler.MultiStepLR", "init_args": {"milestones": [3, 9]}},
     ("multistep", (3, 9), None)),
    ({"_target_": "torch.optim.lr_scheduler.StepLR", "step_size": 7}, ("step", (), 7)),
    ([{"name": "StepLR", "step_size": 30}], ("step", (), 30)),
    ({"name": "step", "milestones": [30, 60]}, ("multistep", (30, 60), None)),
    ({"name": "step", "step_size": 5, "milestones": [30, 60]}, ("step", (), 5)),
    ({"name": "step", "milestones": "30"}, ("step", (), 30)),
    ({"name": "multistep", "milestones": "[30, 60]"}, ("multistep", (30, 60), None)),
])  # fmt: skip
def test_named_schedulers(scheduler, expected):
    assert fields({"scheduler": scheduler}, "family", "milestones", "step_size") == expected


@pytest.mark.parametrize("tail", ["_args", "_params", "_kwargs", "_config"])
def test_arguments_may_stand_beside_the_name(tail):
    node = {"lr_scheduler": "StepLR", f"lr_scheduler{tail}": {"step-size": 12, "gamma": 0.5}}
    assert fields(node, "family", "step_size", "gamma") == ("step", 12, 0.5)


@pytest.mark.parametrize("scheduler", [
    ["a", "b"], [], 3, {"name": "Odd"}, "Odd", ["StepLR", "StepLR"],
])  # fmt: skip
def test_what_names_no_scheduler(scheduler):
    assert from_params({"scheduler": scheduler}, "") is None


@pytest.mark.parametrize("scheduler", [None, "none", "constant"])
def test_no_scheduler_is_a_constant_rate(scheduler):
    assert fields({"scheduler": scheduler, "lr": 0.1}, "family", "base_lr") == ("constant", 0.1)


@pytest.mark.parametrize(("interval", "unit"), [
    ("step", "step"), ("batch", "step"), ("iteration", "step"), ("STEP", "step"),
    ("epoch", "epoch"), ("", "epoch"),
])  # fmt: skip
def test_an_interval_says_what_is_counted(interval, unit):
    scheduler = {"name": "MultiStepLR", "milestones": [3], "interval": interval}
    assert fields({"scheduler": scheduler}, "unit") == (unit,)


@pytest.mark.parametrize(("words_", "expected"), [
    ({"warmup_epochs": 5}, {"length": 5, "unit": "epoch"}),
    ({"warmup_steps": 500}, {"length": 500, "unit": "step"}),
    ({"warmup_epochs": 5, "warmup_steps": 500}, {"length": 5, "unit": "epoch"}),
    ({"warmup_epochs": 0, "warmup_steps": 500}, {"length": 500, "unit": "step"}),
    ({}, None),
])  # fmt: skip
def test_a_warmup_beside_a_named_scheduler(words_, expected):
    assert warmup({"scheduler": {"name": "CosineAnnealingLR", "T_max": 9, **words_}}) == expected


@pytest.mark.parametrize(("scheduler", "parameters"), [
    ({"name": "CosineAnnealingLR", "T_max": 40, "eta_min": 1e-5}, {"T_max": 40, "eta_min": 1e-5}),
    ({"name": "CosineAnnealingWarmRestarts", "T_0": 5, "T_mult": 2}, {"T_0": 5, "T_mult": 2}),
    ({"name": "OneCycleLR", "max_lr": 0.3, "total_steps": 50, "odd": 1},
     {"max_lr": 0.3, "total_steps": 50}),
    ({"name": "PolynomialLR", "total_iters": 9, "power": "2"}, {"total_iters": 9, "power": 2}),
    ({"name": "LinearLR", "start_factor": 0.5}, {"start_factor": 0.5}),
    ({"name": "ExponentialLR", "gamma": 0.9}, {"gamma": 0.9}),
    ({"name": "ReduceLROnPlateau", "factor": 0.3, "patience": 4}, {"factor": 0.3, "patience": 4}),
    ({"name": "StepLR", "step_size": 3}, {}),
])  # fmt: skip
def test_arguments_in_pytorchs_words(scheduler, parameters):
    assert dict(from_params({"scheduler": scheduler}, "").parameters) == parameters


def test_gamma_is_that_of_the_scheduler_or_pytorchs_default():
    assert fields({"scheduler": {"name": "ExponentialLR", "gamma": 0.9}}, "gamma") == (0.9,)
    assert fields({"scheduler": {"name": "ExponentialLR"}}, "gamma") == (None,)
    assert fields({"scheduler": {"name": "StepLR", "step_size": 3}}, "gamma") == (0.1,)
    assert fields({"scheduler": {"name": "MultiStepLR", "milestones": [3]}}, "gamma") == (0.1,)
    assert fields({"scheduler": {"name": "CosineAnnealingLR"}}, "gamma") == (None,)
