"""Ways in which a configured schedule may have been run: ticks, rates, and which one is found."""

from dataclasses import replace

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.agreement import agreements_of, frame_of, plain, reconciled
from lrdiag.schedule.configured import from_options
from lrdiag.schedule.explained import explained, multiple_of, scaled
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.hypotheses import (
    Frame,
    Hypothesis,
    disturbed_parameters,
    forward_parameters,
    simulate,
    ticks,
)
from lrdiag.schedule.identify import Identified
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.values import Clock, ConfiguredSchedule, Family

PER = 40
STEP = np.arange(0.0, 200.0, 20.0)


def frame(step=STEP, epochs=False, per=PER, **more):
    return Frame(np.asarray(step, float), epochs, per, **more)


# Ticks, by hand


@pytest.mark.parametrize(("hypothesis", "unit", "expected"), [
    (Hypothesis("ok"), "epoch", [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]),
    (Hypothesis("ok", base=20.0), "epoch", [0, 0, 0, 1, 1, 2, 2, 3, 3, 4]),
    (Hypothesis("ok", sub=1.0), "epoch", [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
    (Hypothesis("ok"), "step", STEP),
    (Hypothesis("ok", base=1.0), "step", [0, *(STEP[1:] - 1)]),
    (Hypothesis("ok", sub=2.0), "step", STEP + 2),
    (Hypothesis("never_stepped"), "epoch", [0] * 10),
    (Hypothesis("per_batch"), "epoch", STEP),
    (Hypothesis("per_epoch"), "step", [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]),
    (Hypothesis("rate_k", k=3), "epoch", [0, 0, 3, 3, 6, 6, 9, 9, 12, 12]),
    (Hypothesis("offset", delta=1.0), "epoch", [0, 0, 0, 0, 1, 1, 2, 2, 3, 3]),
    (Hypothesis("offset", delta=-2.0), "epoch", [2, 2, 3, 3, 4, 4, 5, 5, 6, 6]),
    (Hypothesis("resume_reset", at=100.0, tick_at=2.0), "epoch", [0, 0, 1, 1, 2, 0, 1, 1, 2, 2]),
    (Hypothesis("ok", per_epoch=20.0), "epoch", range(10)),
])  # fmt: skip
def test_ticks_of_rows_of_steps(hypothesis, unit, expected):
    assert ticks(hypothesis, frame(), unit).tolist() == list(expected)


@pytest.mark.parametrize(("hypothesis", "unit", "expected"), [
    (Hypothesis("ok"), "epoch", [0, 1, 2, 3]),
    (Hypothesis("ok", base=1.0), "epoch", [0, 0, 1, 2]),
    (Hypothesis("ok", base=-1.0), "epoch", [1, 2, 3, 4]),
    # A row of an epoch is written at its end: after 40 steps, 39 have been made.
    (Hypothesis("ok"), "step", [39, 79, 119, 159]),
    (Hypothesis("ok", base=1.0), "step", [0, 39, 79, 119]),
    (Hypothesis("ok", sub=1.0), "step", [40, 80, 120, 160]),
    (Hypothesis("per_batch"), "epoch", [39, 79, 119, 159]),
    (Hypothesis("per_epoch"), "step", [0, 1, 2, 3]),
])  # fmt: skip
def test_ticks_of_rows_of_epochs(hypothesis, unit, expected):
    assert ticks(hypothesis, frame(range(4), True), unit).tolist() == expected


@pytest.mark.parametrize(("epochs", "unit", "kind", "known"), [
    (False, "epoch", "ok", False), (False, "step", "ok", True), (True, "epoch", "ok", True),
    (True, "step", "ok", False), (False, "epoch", "per_batch", True),
    (True, "epoch", "per_batch", False), (False, "step", "per_epoch", False),
    (False, "epoch", "never_stepped", True),
])  # fmt: skip
def test_without_steps_an_epoch_ticks_are_known_only_where_units_agree(epochs, unit, kind, known):
    at = ticks(Hypothesis(kind), frame(range(4), epochs, None), unit)
    assert (at is not None) is known
    rates = simulate(Hypothesis(kind), "exponential", {"base_lr": 1.0, "gamma": 0.5},
                     frame(range(4), epochs, None), unit)  # fmt: skip
    assert (rates is not None) is known


def test_a_jump_multiplies_from_its_step_on():
    h = Hypothesis("jump", at=60.0, factor=0.5)
    rates = simulate(h, "constant", {"base_lr": 0.2}, frame(), "epoch")
    assert rates.tolist() == [0.2, 0.2, 0.2, *[0.1] * 7]


def test_the_parameters_really_used():
    given = {"gamma": 0.1, "milestones": [3, 6, 9]}
    assert disturbed_parameters(Hypothesis("ok"), given) == given
    assert disturbed_parameters(Hypothesis("wrong_gamma", gamma=0.5), given)["gamma"] == 0.5
    missed = disturbed_parameters(Hypothesis("missed_drop", missed=6), given)
    assert missed["milestones"] == [3, 9] and given["milestones"] == [3, 6, 9]


def test_a_frame_of_some_rows():
    some = frame().at(np.array([1, 3]))
    assert (some.step.tolist(), some.per_epoch) == ([20.0, 60.0], PER)
    assert (some.phase, some.first) == ((0.0, 1.0, -1.0), 0.0)


@pytest.mark.parametrize(("first", "base", "late"), [
    (0.0, 1.0, 1.0), (1.0, 1.0, 1.0), (5.0, 6.0, 1.0), (5.0, 5.0, 0.0), (5.0, 1.0, 1.0),
    (5.0, 0.0, 0.0), (1.0, 2.0, 2.0),
])  # fmt: skip
def test_rows_late_count_from_the_logs_own_first_index(first, base, late):
    assert frame(first=first).rows_late(base) == late


# What a configuration must say


@pytest.mark.parametrize(("family", "more", "enough"), [
    ("multistep", {"milestones": (3,), "gamma": 0.1}, True), ("multistep", {"gamma": 0.1}, False),
    ("step", {"step_size": 3, "gamma": 0.1}, True), ("step", {"step_size": 3}, False),
    ("constant", {}, True), ("exponential", {"gamma": 0.9}, True), ("exponential", {}, False),
    ("cosine", {"parameters": {"T_max": 9}}, True), ("cosine", {}, False),
    ("cosine_restarts", {"parameters": {"T_0": 9}}, True), ("plateau", {"gamma": 0.1}, False),
    ("odd", {}, False), ("polynomial", {"parameters": {"total_iters": 9, "power": 1}}, True),
    ("polynomial", {"parameters": {"total_iters": 9}}, False),
])  # fmt: skip
def test_whether_a_configuration_says_enough(family, more, enough):
    assert (forward_parameters(ConfiguredSchedule(family, **more), 0.3) is not None) is enough


def test_the_base_rate_is_the_configured_one_or_the_first_logged():
    config = ConfiguredSchedule("step", step_size=3, gamma=0.1, base_lr=0.5)
    assert forward_parameters(config, 0.3)["base_lr"] == 0.5
    assert forward_parameters(replace(config, base_lr=None), 0.3)["base_lr"] == 0.3
    own = replace(config, parameters={"base_lr": 0.7, "gamma": 0.2, "warmup_hint": {"length": 3}})
    assert forward_parameters(own, 0.3) == {"base_lr": 0.7, "gamma": 0.2, "step_size": 3}
    restarts = ConfiguredSchedule("cosine_restarts", parameters={"T_0": 9})
    assert forward_parameters(restarts, 0.3) == {"T_0": 9, "base_lr": 0.3, "T_mult": 1}


# Planted ways of running are found


MULTI = {"base_lr": 0.1, "milestones": [30, 60], "gamma": 0.1}
CONFIG = from_options([30, 60], gamma=0.1, epochs=90, steps_per_epoch=PER, base_lr=0.1)
EPOCHS = EpochAxis(np.array([0, 90]), np.array([0.0, 90.0]), "step is epoch")
STEPS = EpochAxis(np.array([0, 90 * PER]), np.array([0.0, 90.0]), "configured")
ROWS = np.arange(0, 90 * PER, 10)
UNKNOWN = EpochAxis()


def series(rates, steps=None, restarts=()):
    rates = np.asarray(rates, float)
    steps = np.arange(len(rates)) if steps is None else np.asarray(steps)
    return Series("lr", steps.astype(np.int64), np.full(len(rates), np.nan), rates,
                  restarts=restarts)  # fmt: skip


def answer(rates, steps=ROWS, axis=STEPS, config=CONFIG, epochs=90, restarts=()):
    log = clean_rates(series(rates, steps, restarts))
    return reconciled(config, log, axis, epochs), log


def hypothesis(*args, **more):
    return answer(*args, **more)[0].hypothesis


def multi(tick, **more):
    return rate_at("multistep", {**MULTI, **more}, np.asarray(tick, float))


EPOCH = ROWS // PER

FOUND = [
    ("as configured", multi(EPOCH), {"kind": "ok"}),
    ("never stepped", multi(0 * ROWS), {"kind": "never_stepped"}),
    ("every batch", multi(ROWS), {"kind": "per_batch"}),
    ("twice", multi(2 * EPOCH), {"kind": "rate_k", "k": 2}),
    ("another gamma", multi(EPOCH, gamma=0.25), {"kind": "wrong_gamma", "gamma": 0.25}),
    ("a missing drop", multi(EPOCH, milestones=[60]), {"kind": "missed_drop", "missed": 30}),
    ("the other missing", multi(EPOCH, milestones=[30]), {"kind": "missed_drop", "missed": 60}),
    ("two epochs late", multi(np.maximum(EPOCH - 2, 0)), {"kind": "offset", "delta": 2.0}),
    ("a jump", np.where(ROWS >= 2000, 5, 1) * multi(EPOCH),
     {"kind": "jump", "at": 2000.0, "factor": 5.0}),
    ("a fall", np.where(ROWS >= 2000, 0.3, 1) * multi(EPOCH),
     {"kind": "jump", "at": 2000.0, "factor": 0.3}),
    ("begun anew", multi(np.where(ROWS >= 2000, EPOCH - 50, EPOCH)),
     {"kind": "resume_reset", "at": 2000.0, "tick_at": 50.0}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rates", "fields"), FOUND, ids=[n for n, *_ in FOUND])
@pytest.mark.parametrize("printed", ["{!r}", "{:.6f}"])
def test_a_planted_way_of_running_is_found(name, rates, fields, printed):
    rates = [float(printed.format(v)) for v in np.asarray(rates).tolist()]
    found = hypothesis(rates)
    for key, value in fields.items():
        assert getattr(found, key) == (pytest.approx(value) if key == "factor" else value)


@pytest.mark.parametrize("per", [7, 40, 130])
def test_steps_an_epoch_are_found_where_nothing_tells_them(per):
    rows = np.arange(0, 90 * per, max(per // 4, 1))
    found = hypothesis(multi(rows // per), rows, UNKNOWN,
                       from_options([30, 60], gamma=0.1, base_lr=0.1, epochs=90))  # fmt: skip
    assert found.kind == "ok"
    drops = [rows[rows // per >= m][0] for m in (30, 60)]
    used = found.per_epoch
    assert [rows[(rows - found.base) // used + found.sub >= m][0] for m in (30, 60)] == drops


@pytest.mark.parametrize("per", [13, 50, 391])
def test_milestones_in_steps_on_rows_of_epochs_tell_the_steps_an_epoch(per):
    epochs = np.arange(60)
    places = [10 * per, 35 * per]
    rates = multi(epochs * per + per - 1, milestones=places)
    config = from_options(places, gamma=0.1, base_lr=0.1, unit="step")
    found = hypothesis(rates, epochs, EPOCHS, config, None)
    assert found.kind == "ok"
    at = (epochs - found.base) * found.per_epoch + found.per_epoch - 1 + found.sub
    assert multi(np.maximum(at, 0), milestones=places) == pytest.approx(rates)


def test_a_smooth_schedule_stepped_every_batch_is_found_on_rows_of_epochs():
    config = ConfiguredSchedule("exponential", gamma=0.95, base_lr=0.1)
    rates = 0.1 * 0.95 ** (np.arange(20) * 25.0 + 24)
    found = hypothesis(rates, np.arange(20), EPOCHS, config, 20)
    assert (found.kind, found.per_epoch) == ("per_batch", 25.0)


def test_a_schedule_counted_in_steps_but_stepped_once_an_epoch():
    config = from_options([30, 60], gamma=0.1, base_lr=0.1, unit="step", steps_per_epoch=PER)
    assert hypothesis(multi(EPOCH), config=config).kind == "per_epoch"


@pytest.mark.parametrize("family", ["cosine", "exponential", "step"])
def test_other_families_are_compared_too(family):
    parameters = {
        "cosine": {"T_max": 90, "eta_min": 0.001}, "exponential": {"gamma": 0.95},
        "step": {"step_size": 25, "gamma": 0.3},
    }[family]  # fmt: skip
    config = ConfiguredSchedule(family, base_lr=0.1, parameters=parameters, steps_per_epoch=PER)
    rates = rate_at(family, {"base_lr": 0.1, **parameters}, EPOCH.astype(float))
    assert hypothesis(rates, config=config).kind == "ok"
    rates = rate_at(family, {"base_lr": 0.1, **parameters}, 2.0 * EPOCH)
    assert hypothesis(rates, config=config).k == 2


@pytest.mark.parametrize(("k", "found"), [(3, 3), (16, 16), (17, None)])
def test_up_to_sixteen_processes_may_step_one_scheduler(k, found):
    config = ConfiguredSchedule("exponential", gamma=0.99, base_lr=0.1, steps_per_epoch=PER)
    rates = rate_at("exponential", {"base_lr": 0.1, "gamma": 0.99}, k * EPOCH.astype(float))
    h = hypothesis(rates, config=config)
    assert (h.k if h.kind == "rate_k" else None) == found


def test_a_warmup_before_a_schedule_without_one_is_not_compared():
    rates = multi(EPOCH)
    rates[:12] = np.linspace(0.001, 0.1, 13)[:12]
    found, _ = answer(rates)
    assert found.hypothesis.kind == "ok" and found.question.compare[0] == 12


def test_nothing_explains_another_schedule():
    rng = np.random.default_rng(1)
    assert hypothesis(np.sort(rng.uniform(0.01, 0.1, len(ROWS)))[::-1]) is None


# Where the rows lie


def test_the_frame_of_a_log():
    log = clean_rates(series(multi(EPOCH[3:]), ROWS[3:]))
    found = frame_of(log, STEPS, CONFIG)
    assert (found.per_epoch, found.rows_are_epochs, found.first) == (PER, False, 30.0)
    assert found.phase == (0.0, 1.0, -1.0, 30.0)
    found = frame_of(log, UNKNOWN, CONFIG)
    assert found.per_epoch == PER
    assert frame_of(log, UNKNOWN, None).per_epoch is None
    late = EpochAxis(np.array([7, 7 + 90 * PER]), np.array([0.0, 90.0]), "configured")
    assert frame_of(log, late, CONFIG).phase == (0.0, 1.0, -1.0, 7.0, 30.0)
    epochs = clean_rates(series(multi(np.arange(90))))
    found = frame_of(epochs, EPOCHS, CONFIG)
    assert found.rows_are_epochs and found.phase == (0.0, 1.0, -1.0)


# What it means


def agreement(rates, steps=ROWS, axis=STEPS, config=CONFIG, epochs=90, restarts=()):
    found, log = answer(rates, steps, axis, config, epochs, restarts)
    return agreements_of(found, log)


def test_messages_hold_the_numbers():
    def message(rates, **more):
        return agreement(rates, **more)[0].message

    assert message(multi(0 * ROWS)).startswith("The rate stays at 0.1 from the first")
    assert "stepped 3 times" in message(multi(3 * EPOCH))
    assert message(multi(EPOCH, gamma=0.5)) == (
        "Each drop multiplies by 0.5; 0.1 is configured."
    )  # fmt: skip
    assert "by 0.01, the square of the configured 0.1." in message(multi(EPOCH, gamma=0.01))
    assert "milestone 30 passed" in message(multi(EPOCH, milestones=[60]))
    jumped = np.where(ROWS >= 2000, 5, 1) * multi(EPOCH)
    assert "From step 2000 the rate is 5 times the configured multistep." in message(jumped)
    anew = multi(np.where(ROWS >= 2000, EPOCH - 50, EPOCH))
    assert message(anew) == "At step 2000 the configured multistep began anew."
    assert message(multi(np.maximum(EPOCH - 2, 0))) == (
        "Drops come 2 epoch(s) after the configured ones, at every drop."
    )
    assert message(multi(EPOCH + 2)) == (
        "Drops come 2 epoch(s) before the configured ones, at every drop."
    )


def test_a_row_early_or_late_is_told_as_a_convention():
    def told(shift):
        epochs = np.arange(90)
        (found,) = agreement(multi(np.maximum(epochs + shift, 0)), epochs, EPOCHS)
        return found

    assert (told(0).kind, told(0).message) == (
        "matches", "The logged rate is the configured multistep at every row.",
    )  # fmt: skip
    assert told(1).kind == told(-1).kind == "convention"
    assert "seen 1 row early throughout" in told(1).message
    assert "seen 1 row late throughout" in told(-1).message
    assert (told(2).kind, told(-2).kind) == ("early", "late")


def test_observed_threshold_and_place():
    (found,) = agreement(multi(EPOCH, gamma=0.5))
    assert (found.observed, found.threshold, found.unit) == (0.5, 0.1, "gamma")
    assert (found.first_step, found.last_step, found.confidence) == (0, 3590, 0.99)
    (found,) = agreement(np.where(ROWS >= 2000, 5, 1) * multi(EPOCH))
    assert (found.observed, found.threshold, found.unit) == (pytest.approx(5.0), None, "factor")
    assert (found.first_step, found.last_step) == (2000, 3590)
    (found,) = agreement(multi(EPOCH))
    assert (found.observed, found.threshold, found.unit) == (None, None, "")
    assert found.details["hypothesis"]["per_epoch"] == PER


def test_a_factor_below_one_is_an_extra_drop_and_above_one_a_jump():
    down = np.where(ROWS >= 2000, 0.3, 1) * multi(EPOCH)
    up = np.where(ROWS >= 2000, 3, 1) * multi(EPOCH)
    assert agreement(down)[0].kind == "extra_drop"
    assert agreement(down, restarts=(2000,))[0].kind == "jump_on_resume"
    assert agreement(down, restarts=(1990,))[0].kind == "extra_drop"
    assert agreement(up)[0].kind == "jump_on_resume"
    assert agreement(3 * multi(EPOCH))[0].kind == "convention"
    slightly_above = np.where(ROWS >= 2000, 1.5, 1) * multi(EPOCH)
    assert agreement(slightly_above)[0].kind == "jump_on_resume"


@pytest.mark.parametrize(("gamma", "kind"), [
    (0.1001, "matches"), (0.103, "gamma_differs"), (0.01, "gamma_applied_twice"),
    (0.0102, "gamma_differs"),
])  # fmt: skip
def test_a_gamma_next_to_the_configured_one_was_rounded(gamma, kind):
    assert agreement(multi(EPOCH, gamma=gamma))[0].kind == kind


def test_stepped_as_often_as_an_epoch_has_batches_is_once_a_batch():
    axis = EpochAxis(np.array([0, 90 * 8]), np.array([0.0, 90.0]), "configured")
    rows = np.arange(0, 90 * 8, 2)
    for k, kind in ((8, "stepped_per_batch"), (7, "stepped_per_batch"), (5, "stepped_twice")):
        config = replace(CONFIG, steps_per_epoch=8)
        found = agreement(multi(k * (rows // 8)), rows, axis, config)[0]
        assert found.kind == kind


def test_milestones_beyond_the_end_come_first():
    config = from_options([30, 90, 120], gamma=0.1, epochs=90, steps_per_epoch=PER, base_lr=0.1)
    beyond, match = agreement(multi(EPOCH, milestones=[30]), config=config)
    assert (beyond.kind, match.kind) == ("beyond_end", "matches")
    assert "milestone(s) 90, 120 lie at or beyond the end (90 epochs)" in beyond.message
    assert (beyond.observed, beyond.threshold, beyond.unit) == (90.0, 90.0, "epoch")
    assert beyond.details["unreached"] == [90, 120]
    assert (beyond.first_step, beyond.last_step) == (0, 3590)


@pytest.mark.parametrize(("places", "beyond"), [([30, 89], []), ([30, 90], [90])])
def test_the_last_epoch_is_reached(places, beyond):
    config = from_options(places, gamma=0.1, epochs=90, steps_per_epoch=PER, base_lr=0.1)
    found = agreement(multi(EPOCH, milestones=places), config=config)
    assert [m for a in found for m in a.details.get("unreached", [])] == beyond


def test_a_step_size_beyond_the_end():
    config = from_options(step_size=95, gamma=0.1, epochs=90, steps_per_epoch=PER, base_lr=0.1)
    found = agreement(0.1 + 0 * ROWS, config=config)
    assert found[0].kind == "beyond_end" and found[0].details["unreached"] == [95]


def test_a_hypothesis_as_plain_data():
    found = plain(Hypothesis("rate_k", k=3), 40.0)
    assert found == {"kind": "rate_k", "base": 0.0, "sub": 0.0, "delta": 0.0, "k": 3,
                     "per_epoch": 40.0}  # fmt: skip
    found = plain(Hypothesis("resume_reset", at=5.0, tick_at=2.0, per_epoch=7.0), 40.0)
    assert (found["at"], found["tick_at"], found["per_epoch"]) == (5.0, 2.0, 7.0)
    assert "k" not in found and "tick_at" not in plain(Hypothesis("jump", at=5.0), None)


# The family that an explained log is told as


def told(*args, **more):
    found, log = answer(*args, **more)
    return explained(found, log)


def test_an_explained_log_has_the_configured_family_and_its_drops():
    found = told(multi(EPOCH))
    assert (found.family.name, found.family.exact) == ("multistep", True)
    assert ROWS[found.rows].tolist() == [1200, 2400]
    assert dict(found.family.parameters) == MULTI


@pytest.mark.parametrize(("name", "rates", "fields"), FOUND, ids=[n for n, *_ in FOUND])
def test_family_and_clock_rebuild_the_log(name, rates, fields):
    found = told(rates)
    clock, rebuilt = found.family.clock, None
    tick = (ROWS - clock.origin) / clock.tick
    tick = np.floor(tick + 1e-9) if clock.floor else tick
    rebuilt = rate_at(found.family.name, found.family.parameters, tick)
    if fields["kind"] in ("jump", "resume_reset"):
        rebuilt, rates = rebuilt[ROWS < 2000], np.asarray(rates)[ROWS < 2000]
    if fields["kind"] != "rate_k":
        assert rebuilt == pytest.approx(np.asarray(rates))


@pytest.mark.parametrize(("rates", "drops"), [
    (multi(2 * EPOCH), [600, 1200]),
    (multi(ROWS), [30, 60]),
    (multi(EPOCH, milestones=[60]), [2400]),
    (np.where(ROWS >= 2000, 5, 1) * multi(EPOCH), [1200, 2000, 2400]),
    (multi(np.where(ROWS >= 2000, EPOCH - 50, EPOCH)), [1200, 2000, 3200]),
    (multi(np.maximum(EPOCH - 2, 0)), [1280, 2480]),
    (multi(0 * ROWS), []),
])  # fmt: skip
def test_rows_of_an_explained_log_are_those_that_show_a_change(rates, drops):
    assert ROWS[told(rates).rows].tolist() == drops


def test_the_clock_of_rows_of_epochs():
    epochs = np.arange(90)
    found = told(multi(np.maximum(epochs - 1, 0)), epochs, EPOCHS)
    assert found.family.clock == Clock(1.0, 1.0, False)
    config = from_options([300, 600], gamma=0.1, base_lr=0.1, unit="step", steps_per_epoch=10)
    rates = multi(epochs * 10 + 9, milestones=[300, 600])
    found = told(rates, epochs, EPOCHS, config)
    tick = (epochs - found.family.clock.origin) / found.family.clock.tick
    assert found.family.clock.tick == pytest.approx(0.1)
    assert rate_at("multistep", found.family.parameters, tick) == pytest.approx(rates)


def test_a_log_with_a_warmup_of_its_own_is_not_told_as_the_configured_family():
    rates = multi(EPOCH)
    rates[:12] = np.linspace(0.001, 0.1, 13)[:12]
    assert told(rates) is None


def test_a_schedule_stepped_twice_leaps_past_the_end_of_its_warmup():
    config = ConfiguredSchedule(
        "warmup_multistep", milestones=(30, 60), gamma=0.1, base_lr=0.1,
        parameters={"warmup": 5, "start_factor": 0.0}, steps_per_epoch=PER,
    )  # fmt: skip
    planted = {**MULTI, "warmup": 5, "start_factor": 0.0}
    found = told(rate_at("warmup_multistep", planted, 2.0 * EPOCH), config=config)
    assert ROWS[found.rows].tolist() == [120, 600, 1200]
    found = told(rate_at("warmup_multistep", planted, 1.0 * EPOCH), config=config)
    assert ROWS[found.rows].tolist() == [1200, 2400]


# Param groups that are multiples of one another


def test_a_group_that_is_a_multiple_of_another():
    one = clean_rates(series(multi(np.arange(90))))
    ten = clean_rates(series(10 * multi(np.arange(90))))
    assert multiple_of(ten, one) == pytest.approx(10.0)
    assert multiple_of(one, ten) == pytest.approx(0.1)
    other = clean_rates(series(multi(np.arange(90), milestones=[20, 60])))
    assert multiple_of(other, one) is None
    assert multiple_of(clean_rates(series(multi(np.arange(80)))), one) is None
    shifted = clean_rates(series(multi(np.arange(90)), np.arange(90) + 1))
    assert multiple_of(shifted, one) is None
    zero = clean_rates(series(np.zeros(90)))
    assert multiple_of(one, zero) is None


def test_all_rates_of_a_schedule_are_scaled_and_nothing_else():
    parts = [("constant", {"base_lr": 0.1}), ("cosine", {"base_lr": 0.2, "T_max": 9})]
    given = {"base_lr": 0.1, "max_lr": 1, "eta_min": 0.01, "min_lr": 0.02, "gamma": 0.5,
             "values": [0.1, 0.2], "parts": parts, "T_max": 9, "mode": "x"}  # fmt: skip
    found = scaled(Identified(Family("x", given), np.zeros(0, np.int64)), 2.0).family.parameters
    assert found == {
        "base_lr": 0.2, "max_lr": 2, "eta_min": 0.02, "min_lr": 0.04, "gamma": 0.5,
        "values": [0.2, 0.4], "T_max": 9, "mode": "x",
        "parts": [("constant", {"base_lr": 0.2}), ("cosine", {"base_lr": 0.4, "T_max": 9})],
    }  # fmt: skip


def test_groups_are_told_as_multiples():
    one = multi(np.arange(90))
    found = infer_schedule({"a": series(one), "b": series(10 * one)}, EPOCHS)
    a, b = found.groups
    assert a.family.name == b.family.name
    assert b.family.parameters["base_lr"] == pytest.approx(1.0)
    assert [c.after for c in b.changes] == pytest.approx([0.1, 0.01])
