"""Every dialect of a configuration, word by word: what is read, what is left, what is refused."""

import pytest

from lrdiag.errors import ScheduleError
from lrdiag.schedule import config_words as words
from lrdiag.schedule.configured import from_options, from_params, from_texts, mentions_schedule
from lrdiag.schedule.namespace_text import namespace_of


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


# No name at all


@pytest.mark.parametrize(("node", "expected"), [
    ({"milestones": [60, 30]}, ("multistep", (30, 60), None)),
    ({"lr_steps": "30 60"}, ("multistep", (30, 60), None)),
    ({"milestones": "30;60"}, ("multistep", (30, 60), None)),
    ({"step_size": 7}, ("step", (), 7)),
    ({"milestones": [], "step_size": 7}, ("step", (), 7)),
    ({"milestones": ["a"], "step_size": "7"}, ("step", (), 7)),
])  # fmt: skip
def test_bare_words(node, expected):
    assert fields(node, "family", "milestones", "step_size") == expected


@pytest.mark.parametrize("node", [{"step_size": 0}, {"step_size": "x"}, {"milestones": [1.5]}, {}])
def test_bare_words_without_sense(node):
    assert from_params(node, "") is None


def test_the_rest_is_read_from_anywhere_in_the_file():
    node = {"a": {"b": {"milestones": [3]}}, "train": {"max_epochs": 9, "lr": "0.5"},
            "data": {"iters_per_epoch": 12}}  # fmt: skip
    names = ("milestones", "epochs", "base_lr", "steps_per_epoch", "origin")
    assert fields(node, *names) == ((3,), 9, 0.5, 12.0, "here")


@pytest.mark.parametrize(("epochs", "read"), [(1, 1), (0, None), (-5, None), (2.5, None)])
def test_epochs_are_whole_and_positive(epochs, read):
    assert fields({"milestones": [3], "epochs": epochs}, "epochs") == (read,)


def test_a_wrapped_value_is_unwrapped():
    assert fields({"milestones": {"value": [3, 9], "desc": None}}, "milestones") == ((3, 9),)
    assert fields({"milestones": {"value": [3, 9]}}, "milestones") == ((3, 9),)
    assert from_params({"milestones": {"value": [3, 9], "unit": 1}}, "") is None


# Words and numbers


@pytest.mark.parametrize(("value", "number"), [
    ("0.5", 0.5), (3, 3.0), (True, None), (None, None), ([0.5], 0.5), ([0.5, 1], None),
    ("x", None), (float("nan"), None), (float("inf"), None), (1e18, None), (9e17, 9e17), ([], None),
    (-2, -2.0),
])  # fmt: skip
def test_what_counts_as_a_number(value, number):
    assert words.as_float(value) == number


@pytest.mark.parametrize(("value", "number"), [("30", 30), (30.0, 30), (30.5, None), ("x", None)])
def test_what_counts_as_a_whole_number(value, number):
    assert words.as_int(value) == number


@pytest.mark.parametrize(("value", "numbers"), [
    ("30,60", (30, 60)), ("[60, 30]", (30, 60)), ("(30; 60)", (30, 60)), ("{30}", (30,)),
    (30, (30,)), ([30, "x"], ()), ([], ()), ("", ()), (None, ()), ((60.0, 30), (30, 60)),
])  # fmt: skip
def test_what_counts_as_whole_numbers(value, numbers):
    assert words.as_ints(value) == numbers


@pytest.mark.parametrize(("name", "family"), [
    ("MultiStepLR", "multistep"), ("torch.optim.lr_scheduler.StepLR", "step"),
    ("<class 'x.CosineAnnealingLR'>", "cosine"), (" one-cycle ", "one_cycle"), (None, "constant"),
    (False, "constant"), ("odd", None), (3, None), ("1cycle", "one_cycle"),
])  # fmt: skip
def test_families_by_name(name, family):
    assert words.family_of(name) == family


def test_keys_are_compared_in_lower_case_with_underscores():
    assert words.normal(" Step-Size ") == "step_size"
    assert fields({"Step Size": 3}, "step_size") == (3,)


def test_a_mapping_is_no_value_of_a_word():
    assert words.find({"lr": {"x": 1}, "base_lr": 0.1}, "base_lr") == 0.1
    assert words.find({"lr": 0, "base_lr": 0.1}, "base_lr") == 0
    assert words.find({"lr": None, "base_lr": 0.1}, "base_lr") == 0.1


def nested(depth):
    node = {"milestones": [3]}
    for _ in range(depth):
        node = {"a": node}
    return node


def test_depth_and_size_of_a_configuration_are_bounded():
    assert from_params(nested(8), "") is not None
    assert from_params(nested(9), "") is None
    wide = {f"k{n}": n for n in range(19_990)}
    assert from_params({**wide, "a": {"milestones": [3]}}, "") is not None
    assert from_params({**wide, **{f"m{n}": n for n in range(9)}, "milestones": [3]}, "")
    wide |= {f"m{n}": n for n in range(11)}
    assert from_params({"milestones": [3], **wide}, "") is None


# Text


@pytest.mark.parametrize(("line", "found"), [
    ("Namespace(lr=0.1, steps=[1, 2])", {"lr": 0.1, "steps": [1, 2]}),
    ("args: Namespace(a=1) and (b)", {"a": 1}),
    ("dict(a=(1, 2), b=dict(c=3))", {"a": (1, 2), "b": "dict(c=3)"}),
    ("Config(a=1", {}),
    ("Namespace(a=1,,)", {}),
    ("MyNamespace(a=1)", {}),
    ('config {"a": 1, "b": {"c": [2]}} end', {"a": 1, "b": {"c": [2]}}),
    ("{'a': 1, 'b': None}", {"a": 1, "b": None}),
    ("{'a', 'b'}", {}),
    ("{oops", {}),
    ("milestones: [30, 60]", {"milestones": [30, 60]}),
    ("--step-size = 30,", {"step-size": 30}),
    ("name: a b c", {"name": "a b c"}),
    ("x: 1", {}),
    ("9lr: 1", {}),
    ("no pair here", {}),
    ("", {}),
])  # fmt: skip
def test_hyper_parameters_in_a_line(line, found):
    assert namespace_of(line) == found


@pytest.mark.parametrize(("more", "read"), [(0, True), (1, False)])
def test_a_line_longer_than_200_000_characters_is_not_parsed(more, read):
    start = "Namespace(lr=0.1, x='"
    line = start + "y" * (200_000 - len(start) - 2 + more) + "')"
    assert bool(namespace_of(line)) is read


def test_the_line_of_a_namespace_is_counted_from_one():
    lines = ["hello", "Namespace(milestones=[3], gamma=0.5)", "Namespace(milestones=[4], gamma=1)"]
    found = from_texts(lines, "log")
    assert (found.origin_line, found.milestones, found.origin) == (2, (3,), "log")


def test_pairs_have_no_line_of_their_own():
    assert from_texts(["milestones: [3]"], "log").origin_line is None
    assert from_texts(["nothing"], "log") is None
    assert from_texts([], "log") is None


def test_too_many_pairs_are_no_configuration():
    many = [f"key_{n}: {n}" for n in range(5000)]
    assert from_texts([*many[:-1], "milestones: [3]"], "log") is not None
    assert from_texts([*many, "milestones: [3]"], "log") is None


@pytest.mark.parametrize(("line", "says"), [
    ("MileStones = 3", True), ("step_size", True), ("lr_decay", True), ("lr_drop 3", True),
    ("epoch 3 loss 0.5", False), ("", False),
])  # fmt: skip
def test_lines_that_may_say_something(line, says):
    assert mentions_schedule(line) is says


# Options


@pytest.mark.parametrize(("options", "family"), [
    ({"milestones": [3]}, "multistep"), ({"step_size": 3}, "step"), ({"gamma": 0.9}, "exponential"),
])  # fmt: skip
def test_options_name_the_family(options, family):
    assert from_options(**options).family == family


def test_options_without_a_schedule_are_none():
    assert from_options(epochs=90) is None
    assert from_options([]) is None


def test_options_are_kept():
    found = from_options([60, 30], gamma=0.2, epochs=90, steps_per_epoch=7.5, base_lr=0.3,
                         unit="step", origin="o")  # fmt: skip
    assert found.milestones == (30, 60) and found.gamma == 0.2 and found.step_size is None
    assert (found.epochs, found.steps_per_epoch, found.base_lr) == (90, 7.5, 0.3)
    assert (found.unit, found.origin) == ("step", "o")
    assert from_options(step_size=3).gamma == 0.1


@pytest.mark.parametrize("options", [
    {"milestones": [0]}, {"milestones": [0, 5]}, {"step_size": 1}, {"gamma": 1e-9},
    {"gamma": 999.0}, {"milestones": [3], "unit": "step"}, {"milestones": [], "step_size": 3},
])  # fmt: skip
def test_options_at_their_limits_are_taken(options):
    assert from_options(**options) is not None


@pytest.mark.parametrize("options", [
    {"milestones": [-1]}, {"milestones": [5, 5]}, {"step_size": 0}, {"gamma": 0.0},
    {"gamma": 1000.0}, {"milestones": [1], "step_size": 1}, {"gamma": -0.1}, {"unit": ""},
])  # fmt: skip
def test_options_beyond_their_limits_are_refused(options):
    with pytest.raises(ScheduleError):
        from_options(**options)


@pytest.mark.parametrize(("options", "what", "action"), [
    ({"milestones": [1], "step_size": 1}, "both milestones and a step size", "not both"),
    ({"milestones": [5, 5]}, "milestones [5, 5] must be distinct", "Give the epochs"),
    ({"step_size": 0}, "step size 0 is not positive", "a whole number from 1"),
    ({"milestones": [5], "gamma": 0.0}, "gamma 0.0 is not positive", "a factor such as 0.1"),
    ({"milestones": [5], "unit": "day"}, "unit 'day' is neither", "Give one of them"),
])  # fmt: skip
def test_a_refused_option_says_what_and_what_to_do(options, what, action):
    with pytest.raises(ScheduleError) as caught:
        from_options(**options)
    assert what in str(caught.value) and action in caught.value.action
