"""Every way of running a configured schedule is told as the plainest way that makes its log."""

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.agreement import kind_of, reconciled
from lrdiag.schedule.hypotheses import Frame, Hypothesis, simulate
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.values import ConfiguredSchedule

BATCHES = 10.0
BASE = 0.123456789


def told(planted, rows_are_epochs, unit):
    """Hypothesis and kind for a log of 40 epochs, or of 20 with a row every five steps."""
    places = [m * (10 if unit == "step" else 1) for m in (7, 19, 29)]
    given = {"base_lr": BASE, "milestones": places, "gamma": 0.3}
    step = np.arange(0.0, 40.0) if rows_are_epochs else np.arange(0.0, 200.0, 5.0)
    frame = Frame(step, rows_are_epochs, BATCHES, (0.0, 1.0, -1.0), 0.0)
    rate = simulate(planted, "multistep", given, frame, unit)
    rates = clean_rates(Series("lr", step.astype(int), np.full(len(step), np.nan), rate))
    axis = (
        EpochAxis(np.array([0, 100]), np.array([0.0, 100.0]), "step is epoch")
        if rows_are_epochs
        else EpochAxis(np.array([0, 1000]), np.array([0.0, 100.0]), "configured")
    )
    config = ConfiguredSchedule("multistep", milestones=tuple(places), gamma=0.3, base_lr=BASE,
                                unit=unit, epochs=40, steps_per_epoch=BATCHES)  # fmt: skip
    answer = reconciled(config, rates, axis, 40)
    return answer.hypothesis, kind_of(answer.hypothesis, answer.question, rates)[0]


H = Hypothesis
AS_PLANTED = [
    # rows are epochs, unit, hypothesis, kind
    (True, "epoch", H("ok"), "matches"),
    (True, "epoch", H("ok", 1.0), "convention"),
    (True, "epoch", H("ok", -1.0), "convention"),
    (True, "epoch", H("offset", delta=2.0), "late"),
    (True, "epoch", H("offset", delta=-2.0), "early"),
    (True, "epoch", H("per_batch"), "stepped_per_batch"),
    (True, "step", H("ok"), "matches"),
    (True, "step", H("ok", 1.0), "matches"),
    (True, "step", H("ok", 0.0, 1.0), "matches"),
    (False, "epoch", H("ok"), "matches"),
    (False, "epoch", H("ok", 1.0), "matches"),
    (False, "epoch", H("ok", 0.0, 1.0), "early"),
    (False, "epoch", H("ok", 1.0, 1.0), "early"),
    (False, "epoch", H("ok", 0.0, -1.0), "late"),
    (False, "epoch", H("offset", delta=2.0), "late"),
    (False, "epoch", H("offset", delta=-2.0), "early"),
    (False, "epoch", H("per_batch"), "stepped_per_batch"),
    (False, "step", H("ok"), "matches"),
    (False, "step", H("ok", 1.0), "convention"),
    *(
        (rows, unit, planted, kind)
        for rows in (True, False)
        for unit in ("epoch", "step")
        for planted, kind in (
            (H("rate_k", k=2), "stepped_twice"), (H("rate_k", k=3), "stepped_twice"),
            (H("wrong_gamma", gamma=0.37), "gamma_differs"),
            (H("missed_drop", missed=19 * (10 if unit == "step" else 1)), "missing_drop"),
            (H("never_stepped"), "never_stepped"),
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rows_are_epochs", "unit", "planted", "kind"), AS_PLANTED)
def test_a_way_of_its_own_is_told_as_planted(rows_are_epochs, unit, planted, kind):
    found, said = told(planted, rows_are_epochs, unit)
    assert said == kind
    wanted = (planted.kind, planted.base, planted.sub, planted.delta, planted.k, planted.missed)
    assert (found.kind, found.base, found.sub, found.delta, found.k, found.missed) == wanted
    assert found.gamma == (pytest.approx(planted.gamma) if planted.gamma else None)


@pytest.mark.parametrize(("rows_are_epochs", "unit", "planted", "plainest", "kind"), [
    # A shift by one row is how rows are counted, or by one tick how an epoch's end is logged.
    (True, "epoch", H("offset", delta=1.0), H("ok", 1.0), "convention"),
    (True, "epoch", H("offset", delta=-1.0), H("ok", -1.0), "convention"),
    (True, "epoch", H("ok", 2.0), H("offset", delta=2.0), "late"),
    (False, "epoch", H("offset", delta=1.0), H("ok", 0.0, -1.0), "late"),
    (False, "epoch", H("offset", delta=-1.0), H("ok", 0.0, 1.0), "early"),
    (True, "step", H("offset", delta=-1.0), H("ok", 0.0, 1.0), "matches"),
    (False, "step", H("offset", delta=1.0), H("ok", 1.0), "convention"),
    # Once an epoch where milestones count steps: none is reached.
    (True, "step", H("per_epoch"), H("never_stepped"), "never_stepped"),
    (False, "step", H("per_epoch"), H("never_stepped"), "never_stepped"),
    # Milestones of steps with a step() per batch are as configured, those of epochs per epoch.
    (True, "step", H("per_batch"), H("ok"), "matches"),
    (True, "epoch", H("per_epoch"), H("ok"), "matches"),
])  # fmt: skip
def test_of_ways_that_make_the_same_log_the_plainest_is_told(
    rows_are_epochs, unit, planted, plainest, kind
):
    found, said = told(planted, rows_are_epochs, unit)
    assert (found.kind, found.base, found.sub, found.delta, said) == (
        plainest.kind, plainest.base, plainest.sub, plainest.delta, kind
    )  # fmt: skip
