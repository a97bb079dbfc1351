"""How often the scheduler was stepped before each row, under each way in which it may have run."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.agreement import reconciled
from lrdiag.schedule.breaks import agreed_factor
from lrdiag.schedule.configured import from_options
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.hypotheses import Frame, Hypothesis, simulate, ticks
from lrdiag.schedule.points import clean_rates

STEPS = np.array([0.0, 5.0, 9.0, 10.0, 19.0, 20.0, 35.0])
EPOCHS = np.array([0.0, 1.0, 2.0, 3.0])


def frame(step, rows_are_epochs=False, per=10.0, first=0.0):
    return Frame(step, rows_are_epochs, per, (0.0, 1.0, -1.0), first)


def calls(step, unit, kind="ok", rows=False, per=10.0, **more):
    found = ticks(Hypothesis(kind, **more), frame(step, rows, per), unit)
    return None if found is None else found.tolist()


@pytest.mark.parametrize(("kind", "unit", "more", "wanted"), [
    ("ok", "epoch", {}, [0, 0, 0, 1, 1, 2, 3]),
    ("ok", "step", {}, [0, 5, 9, 10, 19, 20, 35]),
    ("ok", "epoch", {"base": 1.0}, [0, 0, 0, 0, 1, 1, 3]),
    ("ok", "epoch", {"sub": 1.0}, [1, 1, 1, 2, 2, 3, 4]),
    ("ok", "epoch", {"sub": -1.0}, [0, 0, 0, 0, 0, 1, 2]),
    ("ok", "step", {"base": 5.0}, [0, 0, 4, 5, 14, 15, 30]),
    ("per_batch", "epoch", {}, [0, 5, 9, 10, 19, 20, 35]),
    ("per_epoch", "step", {}, [0, 0, 0, 1, 1, 2, 3]),
    ("never_stepped", "epoch", {}, [0] * 7),
    ("offset", "epoch", {"delta": 1.0}, [0, 0, 0, 0, 0, 1, 2]),
    ("offset", "epoch", {"delta": -2.0}, [2, 2, 2, 3, 3, 4, 5]),
    ("rate_k", "epoch", {"k": 3}, [0, 0, 0, 3, 3, 6, 9]),
    ("rate_k", "step", {"k": 2, "delta": 1.0}, [0, 8, 16, 18, 36, 38, 68]),
    ("resume_reset", "step", {"at": 10.0, "tick_at": 10.0}, [0, 5, 9, 0, 9, 10, 25]),
    ("resume_reset", "step", {"at": 19.0, "tick_at": 30.0}, [0, 5, 9, 10, 0, 0, 5]),
    # An epoch that was left at step 5 begins anew there.
    ("resumed", "epoch", {"at": 5.0, "epoch_from": 0.0}, [0, 0, 0, 0, 1, 1, 3]),
    ("resume_reset", "epoch", {"at": 19.0, "epoch_from": 0.0}, [0, 0, 0, 1, 0, 0, 1]),
    ("resumed", "epoch", {"at": 19.0, "epoch_from": 1.0, "sub": 1.0}, [1, 1, 1, 2, 2, 2, 3]),
])  # fmt: skip
def test_calls_before_rows_of_steps(kind, unit, more, wanted):
    assert calls(STEPS, unit, kind, **more) == wanted


@pytest.mark.parametrize(("kind", "unit", "more", "wanted"), [
    ("ok", "epoch", {}, [0, 1, 2, 3]),
    ("ok", "epoch", {"base": 1.0}, [0, 0, 1, 2]),
    ("ok", "step", {}, [9, 19, 29, 39]),  # after the last batch of each epoch
    ("ok", "step", {"sub": 1.0}, [10, 20, 30, 40]),
    ("ok", "step", {"base": 1.0}, [0, 9, 19, 29]),
    ("per_batch", "epoch", {}, [9, 19, 29, 39]),
    ("per_epoch", "step", {}, [0, 1, 2, 3]),
])  # fmt: skip
def test_calls_before_rows_of_epochs(kind, unit, more, wanted):
    assert calls(EPOCHS, unit, kind, rows=True, **more) == wanted


@pytest.mark.parametrize(("unit", "kind", "rows", "known"), [
    ("epoch", "ok", False, False), ("step", "ok", False, True), ("epoch", "ok", True, True),
    ("step", "ok", True, False), ("epoch", "per_batch", True, False),
    ("epoch", "never_stepped", False, True),
])  # fmt: skip
def test_what_needs_the_steps_of_an_epoch(unit, kind, rows, known):
    assert (calls(EPOCHS, unit, kind, rows, per=None) is not None) is known
    assert calls(EPOCHS, unit, kind, rows, per=None, per_epoch=10.0) is not None


@pytest.mark.parametrize(("base", "first", "late"), [
    (0.0, 0.0, 0.0), (1.0, 0.0, 1.0), (1.0, 1.0, 1.0), (1.0, 5.0, 1.0), (5.0, 5.0, 0.0),
    (6.0, 5.0, 1.0), (2.0, 1.0, 2.0), (-1.0, 5.0, -1.0),
])  # fmt: skip
def test_a_base_counts_from_the_first_index_of_the_log(base, first, late):
    assert frame(STEPS, first=first).rows_late(base) == late


def test_a_jump_multiplies_from_its_step_on():
    given = {"base_lr": 1.0, "milestones": [2], "gamma": 0.1}
    for at, wanted in ((2.0, [1, 1, 0.3, 0.3]), (3.0, [1, 1, 0.1, 0.3]), (None, [3, 3, 0.3, 0.3])):
        h = Hypothesis("jump", at=at, factor=3.0)
        assert simulate(h, "multistep", given, frame(EPOCHS, True), "epoch") == pytest.approx(
            wanted
        )


@pytest.mark.parametrize(("h", "wanted"), [
    (Hypothesis("wrong_gamma", gamma=0.5), [1, 0.5, 0.25, 0.25]),
    (Hypothesis("missed_drop", missed=1), [1, 1, 0.1, 0.1]),
    (Hypothesis("missed_drop", missed=2), [1, 0.1, 0.1, 0.1]),
    (Hypothesis("ok", gamma=0.5, missed=1), [1, 0.1, 0.01, 0.01]),
])  # fmt: skip
def test_other_parameters_than_the_configured_ones(h, wanted):
    given = {"base_lr": 1.0, "milestones": [1, 2], "gamma": 0.1}
    assert simulate(h, "multistep", given, frame(EPOCHS, True), "epoch") == pytest.approx(wanted)


# The factor between a log and a simulation


def question(rates, config):
    rates = np.asarray(rates, float)
    n = len(rates)
    some = clean_rates(Series("lr", np.arange(n), np.full(n, np.nan), rates))
    axis = EpochAxis(np.array([0, n]), np.array([0.0, float(n)]), "step is epoch")
    return reconciled(config, some, axis, n)


@pytest.mark.parametrize(("factors", "found"), [
    ([2.0, 2.0, 2.0], 2.0), ([2.0, 2.0, 2.1], None), ([0.37, 0.37, 0.37], 0.37),
])  # fmt: skip
def test_one_factor_for_all_rows(factors, found):
    level = np.array([0.123456789, 0.0567891234, 0.0312345678])
    config = from_options([5], gamma=0.1, epochs=3, base_lr=0.123456789)
    q = question(level * factors, config).question
    rows = np.arange(3)
    assert agreed_factor(q, rows, level) == (found if found is None else pytest.approx(found))
    if found:
        root = agreed_factor(q, rows, level, 0.5)
        assert root == pytest.approx(found**0.5)


@pytest.mark.parametrize(("at", "back"), [(30, 0), (30, 1), (45, 0), (12, 0)])
def test_a_schedule_that_began_anew(at, back):
    tick = np.arange(60.0)
    tick[at:] -= at - back
    config = from_options([10, 40], gamma=0.1, epochs=60, base_lr=0.1)
    rates = rate_at("multistep", {"base_lr": 0.1, "milestones": [10, 40], "gamma": 0.1}, tick)
    h = question(rates, config).hypothesis
    assert (h.kind, h.at, h.tick_at) == ("resume_reset", float(at), float(at - back))
