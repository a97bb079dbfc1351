"""A whole schedule from logged rates at its limits: groups, segments, notes, families, no rate."""

import math

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.configured import from_options
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.infer import infer_schedule
from lrdiag.schedule.points import clean_rates
from lrdiag.schedule.sample import row_sample
from lrdiag.schedule.smooth_with_jump import smooth_with_jump
from lrdiag.schedule.values import ChangeSource, ConfiguredSchedule
from lrdiag.schedule.without_rate import configured_changes
from lrdiag.view import Curve

NAN = float("nan")
EPOCHS = EpochAxis(np.array([0, 100]), np.array([0.0, 100.0]), "step is epoch")
STEPS = EpochAxis(np.array([0, 4000]), np.array([0.0, 100.0]), "configured")


def series(rates, steps=None, restarts=()):
    rates = np.asarray(rates, float)
    steps = np.arange(len(rates)) if steps is None else np.asarray(steps)
    return Series("lr", steps, np.full(len(rates), NAN), rates, restarts=restarts)


def infer(rates, steps=None, axis=EPOCHS, **more):
    return infer_schedule({"lr": series(rates, steps)}, axis, **more)


def curve(value, first=0):
    step = np.arange(first, first + len(value))
    return Curve("train_loss", "loss", step, step.astype(float), np.asarray(value), False, "loss")


def multistep(n, places, gamma=0.1, base=0.1):
    return rate_at("multistep", {"base_lr": base, "milestones": places, "gamma": gamma},
                   np.arange(n))  # fmt: skip


# Which rates count


def test_a_rate_that_is_never_finite_is_as_none():
    found = infer([NAN] * 9)
    assert found.groups == () and found.family.name == "unknown"


def test_a_count_of_updates_beside_a_rate_is_no_rate():
    both = {"updates": series(np.arange(50) * 100.0), "lr": series(multistep(50, [20]))}
    found = infer_schedule(both, EPOCHS)
    assert [g.group for g in found.groups] == ["lr"]
    alone = infer_schedule({"updates": both["updates"]}, EPOCHS)
    assert [g.group for g in alone.groups] == ["updates"]


@pytest.mark.parametrize(("top", "kept"), [(999.0, 2), (1000.0, 1)])
def test_a_thousand_is_no_rate(top, kept):
    found = infer_schedule({"a": series([top] * 9), "b": series([0.1] * 9)}, EPOCHS)
    assert len(found.groups) == kept


def test_rows_that_are_not_finite_are_told_with_their_group():
    rates = multistep(40, [20])
    rates[[3, 4]] = NAN
    (note,) = infer(rates).notes
    assert note == "2 logged rates of lr were not finite and are left out."


def test_dips_of_get_lr_are_counted():
    rates = multistep(60, [20, 40])
    rates[20], rates[40] = 0.001, 0.0001
    (note,) = infer(rates).notes
    assert note.startswith("2 row(s) show gamma squared")


# The main group


def warmed(n=40, warm=5, top=0.1):
    return np.minimum(np.arange(1, n + 1) / warm, 1.0) * top


@pytest.mark.parametrize(("count", "main"), [(2, "bias"), (3, "g0"), (4, "g0")])
def test_a_bias_group_that_falls_while_most_rise_is_not_the_main_one(count, main):
    bias = np.maximum(0.1 - 0.02 * np.arange(40), 0.02)
    lr = {"bias": series(bias)} | {f"g{k}": series(warmed()) for k in range(count - 1)}
    found = infer_schedule(lr, EPOCHS)
    assert found.family == next(g for g in found.groups if g.group == main).family


def test_half_of_the_groups_that_rise_are_enough():
    bias = np.maximum(0.1 - 0.02 * np.arange(40), 0.02)
    lr = {"bias": series(bias), "b": series(bias / 2), "c": series(warmed()), "d": series(warmed())}
    found = infer_schedule(lr, EPOCHS)
    assert found.family == found.groups[2].family != found.groups[0].family


def test_where_few_groups_rise_the_first_is_the_main_one():
    lr = {"a": series(multistep(40, [20])), "b": series(multistep(40, [10])), "c": series(warmed()),
          "d": series(multistep(40, [30]))}  # fmt: skip
    found = infer_schedule(lr, EPOCHS)
    assert [c.step for c in found.drops] == [20] and found.drops[0].group == "a"


# Segments, drops and rises


def test_segments_reach_to_the_last_step_of_the_run():
    rates = multistep(40, [20])
    assert infer(rates).segments[-1].end_step == 40
    assert infer(rates, last_step=57).segments[-1].end_step == 58
    assert infer(rates, last_step=5).segments[-1].end_step == 40


def test_drops_and_rises_are_told_apart():
    found = infer(np.repeat([0.1, 0.01, 0.05, 0.005], 15))
    assert [c.step for c in found.drops] == [15, 45] and [c.step for c in found.rises] == [30]
    assert [(s.first_step, s.first_lr) for s in found.segments] == [
        (0, 0.1), (15, 0.01), (30, 0.05), (45, 0.005),
    ]  # fmt: skip


@pytest.mark.parametrize(("rates", "smooth"), [
    (multistep(60, [20, 40]), False), (0.1 * 0.95 ** np.arange(60), True), ([0.1] * 60, False),
    (warmed(60, 10), True),
])  # fmt: skip
def test_a_rate_that_moves_at_most_rows_is_smooth(rates, smooth):
    assert infer(rates).smooth is smooth


# What a tick is


def test_the_line_to_paste_says_what_a_step_is():
    def comment(found):
        return found.family.pytorch.partition("# ")[2]

    assert comment(infer(multistep(60, [20, 40]))).startswith("step() every epoch; base lr 0.1")
    steps = np.arange(0, 4000, 10)
    decay = rate_at("exponential", {"base_lr": 0.1, "gamma": 0.95}, steps // 40)
    assert comment(infer(decay, steps, STEPS)).startswith("step() every epoch;")
    fine = rate_at("exponential", {"base_lr": 0.1, "gamma": 0.999}, steps)
    assert comment(infer(fine, steps, STEPS)).startswith("step() every step;")
    third = rate_at("exponential", {"base_lr": 0.1, "gamma": 0.95}, steps // 50)
    found = infer(third, steps, EpochAxis())
    assert comment(found).startswith("step() every 50 steps;")


# Agreement with a configuration


def test_a_configuration_that_says_too_little_is_unknown():
    found = infer(multistep(60, [20]), configured=ConfiguredSchedule("cosine"))
    (one,) = found.agreements
    assert one.kind == "unknown" and "does not say enough" in one.message


def test_without_a_configuration_there_is_no_agreement():
    assert infer(multistep(60, [20])).agreements == ()


def test_what_no_mistake_explains_is_unexplained():
    config = from_options([30], gamma=0.1, epochs=60, base_lr=0.1)
    found = infer(0.1 - 0.001 * np.arange(60.0), configured=config)
    assert [a.kind for a in found.agreements] == ["unexplained"]


@pytest.mark.parametrize(("ratio", "restart", "first"), [
    (0.1, 25, 33), (0.1, 33, 33), (0.1, 34, 60), (0.1, 61, None), (0.1005, 25, 33),
    (0.103, 25, None),
])  # fmt: skip
def test_an_edit_that_a_resume_ignored_is_told_with_the_first_drop_after_it(ratio, restart, first):
    config = from_options([50, 70], gamma=0.1, epochs=90, base_lr=0.1)
    log = series(0.1 * ratio ** (np.arange(90) >= 33) * ratio ** (np.arange(90) >= 60),
                 restarts=(restart,))  # fmt: skip
    (found,) = infer_schedule({"lr": log}, EPOCHS, config).agreements
    if first is None:
        assert found.kind == "unexplained"
        return
    assert found.kind == "milestones_ignored_on_resume"
    assert (found.observed, found.first_step, found.last_step) == (first, restart, 89)
    assert found.confidence < 0.8 and "[50, 70]" in found.message


# No logged rate


def configured(places, unit="epoch", **more):
    return from_options(places, gamma=0.5, base_lr=0.8, unit=unit, **more)


def steps_of(config, axis, first, last):
    return [c.step for c in configured_changes(config, axis, first, last)]


@pytest.mark.parametrize(("axis", "first", "last", "expected"), [
    (EPOCHS, 0, 99, [30, 60]), (EPOCHS, 1, 100, [31, 61]), (EPOCHS, 0, 60, [30, 60]),
    (EPOCHS, 0, 59, [30]), (EPOCHS, 30, 99, [60]), (EPOCHS, 29, 99, [30, 60]),
    (EPOCHS, None, 99, [30, 60]), (STEPS, 0, 3999, [1200, 2400]), (STEPS, 0, None, []),
    (EpochAxis(), 0, 3999, []),
])  # fmt: skip
def test_where_configured_drops_lie(axis, first, last, expected):
    assert steps_of(configured([30, 60]), axis, first, last) == expected


def test_configured_drops_know_their_rates_and_epochs():
    first, second = configured_changes(configured([30, 60]), STEPS, 0, 3999)
    assert (first.before, first.after, first.epoch) == (0.8, 0.4, 30.0)
    assert (second.before, second.after, second.epoch) == (0.4, 0.2, 60.0)
    assert first.source is ChangeSource.CONFIGURED
    bare = ConfiguredSchedule("multistep", (30,))
    (one,) = configured_changes(bare, STEPS, 0, 3999)
    assert math.isnan(one.before) and math.isnan(one.after)


def test_configured_drops_in_steps():
    assert steps_of(configured([90, 190], "step"), STEPS, 0, 3999) == [90, 190]
    assert steps_of(configured([90, 190], "step"), EPOCHS, 0, 99) == []
    config = configured([90, 190], "step", steps_per_epoch=9)
    assert steps_of(config, EPOCHS, 0, 99) == [10, 21]
    assert steps_of(configured([30], steps_per_epoch=7), EpochAxis(), 0, 3999) == [210]


@pytest.mark.parametrize(("unit", "axis", "last", "expected"), [
    ("epoch", EPOCHS, 99, [40, 80]), ("epoch", STEPS, 3999, [1600, 3200]),
    ("step", STEPS, 99, [40, 80]), ("epoch", EPOCHS, 80, [40, 80]), ("epoch", EPOCHS, 79, [40]),
    ("epoch", EPOCHS, 39, []), ("epoch", EpochAxis(), 99, []),
])  # fmt: skip
def test_drops_of_a_step_size(unit, axis, last, expected):
    config = from_options(step_size=40, gamma=0.5, base_lr=0.8, unit=unit)
    assert steps_of(config, axis, 0, last) == expected


def test_a_step_size_of_one_makes_at_most_a_thousand_drops():
    config = from_options(step_size=1, gamma=0.999, base_lr=0.8, unit="step")
    assert len(steps_of(config, STEPS, 0, 3999)) == 999


def test_a_configured_run_without_a_rate():
    found = infer_schedule({}, EPOCHS, configured([30, 60], epochs=100), last_step=99)
    assert [(s.first_step, s.end_step, s.first_lr) for s in found.segments] == [
        (0, 30, 0.8), (30, 60, 0.4), (60, 100, 0.2),
    ]  # fmt: skip
    assert found.family.name == "multistep" and found.rises == ()
    assert found.notes == ("Drop points are the configured ones: no learning rate was logged.",)
    nothing = infer_schedule({}, EPOCHS, ConfiguredSchedule("cosine"), last_step=99)
    assert nothing.notes == () and len(nothing.segments) == 1
    assert infer_schedule({}, EPOCHS, configured([30])).segments == ()


def test_without_a_rate_the_loss_says_where_the_run_begins_and_ends():
    found = infer_schedule({}, EPOCHS, configured([30]), curve(np.ones(60), first=1))
    assert [(s.first_step, s.end_step) for s in found.segments] == [(1, 31), (31, 61)]


@pytest.mark.parametrize(("places", "epochs", "unit", "beyond"), [
    ([30, 90], 90, "epoch", [90]), ([30, 89], 90, "epoch", []), ([3000], 90, "step", []),
    ([200], None, "epoch", []),
])  # fmt: skip
def test_milestones_beyond_the_end_need_no_log(places, epochs, unit, beyond):
    found = infer_schedule({}, EPOCHS, configured(places, unit, epochs=epochs), last_step=89)
    assert [m for a in found.agreements for m in a.details.get("unreached", [])] == beyond
    assert found.agreements[-1].kind == "unknown"


def test_a_step_size_beyond_the_end_needs_no_log():
    config = from_options(step_size=95, gamma=0.1, epochs=90)
    first = infer_schedule({}, EPOCHS, config, last_step=89).agreements[0]
    assert (first.kind, first.observed, first.threshold) == ("beyond_end", 95.0, 90.0)
    assert (first.first_step, first.last_step) == (0, 89)


# A smooth schedule that jumps


def jumped(n=100, at=50, factor=3.0, family="exponential", **parameters):
    given = {"base_lr": 0.1, "gamma": 0.95, **parameters}
    rates = rate_at(family, given, np.arange(n))
    rates[at:] *= factor
    return rates


@pytest.mark.parametrize("at", [8, 20, 50, 96])
@pytest.mark.parametrize("factor", [0.2, 1.5, 10.0])
def test_a_jump_of_a_smooth_schedule_is_placed(at, factor):
    sample = row_sample(clean_rates(series(jumped(at=at, factor=factor))))
    fit, place = smooth_with_jump(sample)
    assert (fit.candidate.family, place) == ("exponential", at)
    assert fit.misfit <= 1.4
    assert fit.candidate.flat["gamma"] == pytest.approx(0.95)


@pytest.mark.parametrize(("at", "factor"), [(7, 3.0), (97, 3.0), (50, 1.1), (50, 0.95)])
def test_too_few_rows_or_too_small_a_jump_prove_nothing(at, factor):
    assert smooth_with_jump(row_sample(clean_rates(series(jumped(at=at, factor=factor))))) is None


def test_a_schedule_that_begins_anew_is_placed():
    whole = rate_at("cosine", {"base_lr": 0.1, "T_max": 100}, np.arange(100))
    rates = np.concatenate([whole[:60], whole[:40]])
    found = smooth_with_jump(row_sample(clean_rates(series(rates))))
    assert found is not None and found[1] == 60 and found[0].candidate.family == "cosine"


def test_a_jump_into_noise_is_no_jump_of_a_schedule():
    rates = jumped()
    rates[50:] = np.random.default_rng(0).uniform(0.05, 0.1, 50)
    assert smooth_with_jump(row_sample(clean_rates(series(rates)))) is None


@pytest.mark.parametrize("factor", [0.3, 4.0])
def test_a_jump_is_a_change_of_the_schedule(factor):
    found = infer(jumped(factor=factor))
    changes = found.rises if factor > 1 else found.drops
    assert [c.step for c in changes] == [50] and found.family.name == "exponential"
    assert len(found.drops) + len(found.rises) == 1


# Families under printing and distance of rows


FAMILIES = [
    ("exponential", {"base_lr": 0.1, "gamma": 0.97}),
    ("cosine", {"base_lr": 0.1, "T_max": 120, "eta_min": 0.001}),
    ("linear", {"base_lr": 0.1, "start_factor": 1.0, "end_factor": 0.1, "total_iters": 80}),
    ("polynomial", {"base_lr": 0.1, "total_iters": 120, "power": 2.0}),
    ("warmup_cosine", {"base_lr": 0.1, "warmup": 10, "total": 120}),
    ("warmup_linear", {"base_lr": 0.1, "warmup": 10, "total": 120}),
    ("cosine_restarts", {"base_lr": 0.1, "T_0": 30, "T_mult": 1, "eta_min": 0.0}),
    ("wsd", {"base_lr": 0.1, "warmup": 10, "stable": 70, "decay": 40, "decay_type": "linear"}),
    ("inverse_sqrt", {"base_lr": 0.1, "warmup": 12, "timescale": 12}),
]


@pytest.mark.parametrize("printed", ["{:.6f}", "{:.4g}", "{:.3e}", "{:.8f}"])
@pytest.mark.parametrize(("family", "given"), FAMILIES)
def test_printed_rates_give_the_family_that_was_configured(family, given, printed):
    rates = [float(printed.format(v)) for v in rate_at(family, given, np.arange(120)).tolist()]
    found = infer(rates)
    assert found.family.name == family and found.family.exact
    assert found.drops == () and found.rises == ()
    for name, value in given.items():
        if isinstance(value, int | float) and name in found.family.parameters:
            assert found.family.parameters[name] == pytest.approx(value, rel=0.02, abs=2e-5)


@pytest.mark.parametrize("every", [2, 5])
@pytest.mark.parametrize(("family", "given"), FAMILIES)
def test_rows_several_steps_apart_rebuild_the_log(family, given, every):
    steps = np.arange(0, 120 * every, every)
    scaled = {k: v * every if isinstance(v, int) and k != "T_mult" else v for k, v in given.items()}
    if "gamma" in scaled:
        scaled["gamma"] **= 1 / every
    rates = rate_at(family, scaled, steps.astype(float))
    found = infer(rates, steps, EpochAxis())
    assert found.family.exact
    clock = found.family.clock
    rebuilt = rate_at(found.family.name, found.family.parameters,
                      (steps - clock.origin) / clock.tick)  # fmt: skip
    assert rebuilt == pytest.approx(rates, rel=1e-5, abs=1e-8)
