"""Configurations without a name, in text or as options; words, numbers and limits."""

import pytest

from lrdiag.errors import ScheduleError
from lrdiag.schedule import config_words as words
from lrdiag.schedule.configured import from_options, from_params, from_texts, mentions_schedule
from lrdiag.schedule.namespace_text import namespace_of


def fields(params, *names):
    found = from_params(params, "here")
    return None if found is None else tuple(getattr(found, n) for n in names)


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
