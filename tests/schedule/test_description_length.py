"""How many numbers a person would write down for a schedule, family by family."""

import numpy as np
import pytest

from lrdiag.schedule.description_length import parameters_of
from lrdiag.schedule.epoch_lengths import allowed_lengths
from lrdiag.schedule.equivalence import equivalents


@pytest.mark.parametrize(
    ("family", "parameters", "numbers"),
    [
        ("constant", {}, 1),
        ("step", {}, 3),
        ("multistep", {"milestones": [30, 60]}, 4),
        ("multistep", {}, 2),
        ("exponential", {}, 2),
        ("plateau", {"milestones": [3]}, 3),
        ("plateau", {"milestones": [3], "min_lr": 1e-6}, 4),
        ("manual", {"points": [1, 2, 3]}, 7),
        ("manual", {}, 1),
        ("polynomial", {"power": 2}, 3),
        ("polynomial", {"power": 1}, 2),
        ("polynomial", {}, 2),
        ("linear", {"start_factor": 1, "end_factor": 0}, 2),
        ("linear", {"start_factor": 0.1}, 3),
        ("linear", {"end_factor": 0.1}, 3),
        ("linear", {}, 3),
        ("linear", {"start_factor": 0.3, "end_factor": 0.1}, 4),
        ("cosine", {}, 2),
        ("cosine", {"eta_min": 0.1}, 3),
        ("one_cycle", {}, 5),
        ("cosine_restarts", {}, 2),
        ("cosine_restarts", {"T_mult": 2}, 3),
        ("cosine_restarts", {"T_mult": 2, "eta_min": 0.1}, 4),
        ("cyclic", {"mode": "triangular"}, 4),
        ("cyclic", {"mode": "exp_range"}, 5),
        ("warmup_multistep", {"milestones": [1, 2]}, 5),
        ("warmup_multistep", {"start_factor": 0.1}, 4),
        ("warmup_cosine", {}, 3),
        ("warmup_cosine", {"start_factor": 0.1, "eta_min": 0.1}, 5),
        ("warmup_linear", {}, 3),
        ("warmup_linear", {"start_factor": 0.1}, 4),
        ("wsd", {}, 4),
        ("wsd", {"min_ratio": 0.1}, 5),
        ("inverse_sqrt", {"warmup": 5}, 2),
        ("inverse_sqrt", {"warmup": 5, "timescale": 5}, 2),
        ("inverse_sqrt", {"warmup": 5, "timescale": 9}, 3),
        ("sequential", {"parts": [("constant", {}), ("cosine", {})], "milestones": [5]}, 4),
        ("chained", {"parts": [("step", {}), ("cosine", {"eta_min": 1})]}, 6),
    ],
)
def test_numbers_of_a_family(family, parameters, numbers):
    assert parameters_of(family, parameters) == numbers


@pytest.mark.parametrize(
    ("family", "parameters", "changes", "others"),
    [
        ("constant", {}, 0, ("step", "multistep", "plateau", "exponential", "cosine")),
        ("step", {}, 1, ("multistep", "plateau", "manual")),
        ("multistep", {}, 1, ("step", "plateau", "manual")),
        ("plateau", {}, 1, ("step", "multistep", "manual")),
        ("multistep", {}, 2, ("plateau",)),
        ("step", {}, 2, ("multistep", "plateau")),
        ("step", {}, 3, ("multistep",)),
        ("plateau", {}, 2, ()),
        ("linear", {"start_factor": 1.0, "end_factor": 0.0}, 0, ("polynomial", "warmup_linear")),
        ("linear", {"start_factor": 1.0, "end_factor": 0.1}, 0, ("cyclic",)),
        ("linear", {"start_factor": 0.1, "end_factor": 0.0}, 0, ("cyclic",)),
        ("polynomial", {"power": 1}, 0, ("linear",)),
        ("polynomial", {"power": 2}, 0, ()),
        ("cosine", {}, 1, ("warmup_cosine",)),
        ("chained", {}, 0, ("sequential",)),
    ],
)
def test_families_that_would_have_logged_the_same(family, parameters, changes, others):
    assert equivalents(family, parameters, [None] * changes) == others


@pytest.mark.parametrize(
    ("steps", "epochs", "lengths"),
    [
        # 10 epochs of 100 rows, one every 10 steps: the last row is at 990.
        (range(0, 1000, 10), 10, [100.0, 99.0]),
        (range(0, 10), 10, [1.0]),
        (range(0, 1000, 10), 0, []),
        (range(0, 1000, 10), None, []),
        ([5], 1, []),
        ([0, 1], 1, [2.0, 1.0, 3.0]),
    ],
)
def test_lengths_of_an_epoch_by_the_end_of_the_log(steps, epochs, lengths):
    assert sorted(allowed_lengths(np.array(list(steps)), epochs)) == sorted(lengths)
    assert allowed_lengths(np.array(list(steps)), epochs)[:1] == lengths[:1]


def test_where_rows_are_missing_the_last_ones_may_be_missing_too():
    whole = np.arange(0, 1000, 10)
    gaps = np.delete(whole, slice(40, 43))
    assert max(allowed_lengths(gaps, 10)) > max(allowed_lengths(whole, 10))


def test_only_the_likeliest_lengths_are_tried():
    assert len(allowed_lengths(np.array([0, 1000, 2000]), 1)) == 13
