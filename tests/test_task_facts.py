"""What hyper-parameters beside a log say of the task and the balance of its classes."""

import math

import numpy as np
import pytest

from lrdiag.config import Config
from lrdiag.diagnose import view_of
from lrdiag.runs import Run, Series
from lrdiag.task_facts import task_facts, task_of


@pytest.mark.parametrize(
    ("params", "facts"),
    [
        ({"num_classes": 10}, {"num_classes": 10}),
        ({"model": {"num-labels": 3}}, {"num_classes": 3}),
        ({"classes": ["cat", "dog"]}, {"num_classes": 2}),
        ({"id2label": {"0": "a", "1": "b", "2": "c"}}, {"num_classes": 3}),
        ({"data": {"class_counts": [980, 20]}}, {"num_classes": 2, "majority_rate": 0.98}),
        ({"class_balance": {"a": 0.9, "b": 0.1}}, {"num_classes": 2, "majority_rate": 0.9}),
        ({"positive_rate": 0.02}, {"majority_rate": 0.98}),
        ({"majority_rate": 0.97}, {"majority_rate": 0.97}),
        ({"task": "detect"}, {"kind": "detect"}),
        ({"task": {"kind": "fraud", "num_classes": 2}}, {"kind": "fraud", "num_classes": 2}),
    ],
)
def test_facts_are_read(params, facts):
    assert task_facts(params) == pytest.approx(facts)


@pytest.mark.parametrize(
    "params",
    [
        {"num_classes": True},
        {"num_classes": 1},
        {"num_classes": math.inf},
        {"num_classes": "many"},
        {"class_counts": []},
        {"class_counts": [0, 0]},
        {"class_counts": ["1", 2]},
        {"class_counts": [-1, 2]},
        {"positive_rate": 2},
        {"class_weights": [1, 49]},
        {"pos_weight": 49},
        {"task": "x" * 100},
        {"classes": "ab"},
    ],
)
def test_what_says_nothing_sure_is_left_alone(params):
    assert task_facts(params) == {}


def test_a_printed_namespace_speaks_where_no_file_does():
    texts = ("Namespace(lr=0.1, num_classes=5, class_counts=[90, 10, 0, 0, 0])",)
    assert task_of(Run("r", {}, texts=texts)) == {"num_classes": 5, "majority_rate": 0.9}
    assert task_of(Run("r", {}, params={"n_classes": 3}, texts=texts)) == {"num_classes": 3}


def test_the_configuration_wins_over_what_lies_beside_the_log():
    step = np.arange(5)
    series = {"val_loss": Series("val_loss", step, step * np.nan, 1.0 / (step + 1))}
    run = Run("r", series, params={"num_classes": 10, "positive_rate": 0.1})
    task = view_of(run, Config(task={"num_classes": 12}))[0].task
    assert task == {"num_classes": 12, "majority_rate": 0.9}
