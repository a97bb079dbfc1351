"""Whole diagnoses, rule by rule: what a log's units, numbering and density must not change.

The runs are the rule cases, in which each default rule fires somewhere close to its threshold,
and the sample logs.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrdiag.checks.rows import FEW_EPOCHS
from lrdiag.config import Config, config_from
from lrdiag.diagnose import diagnose_run
from lrdiag.rulefile.cases import load_cases
from lrdiag.rulefile.load import load_rules
from lrdiag.rulefile.location import rules_folder
from lrdiag.sources.splits import merge_splits
from lrdiag.sources.tree import discover, read_location

RULES = load_rules()
NAMES = tuple(rule.id for rule in RULES.rules)
CASES = load_cases([rules_folder() / "cases" / "default.yml"], NAMES).cases
SAMPLES = Path(__file__).resolve().parents[2] / "sample_logs"
# Steps of this case are batches, and which batch the rate fell at is what it is about.
IN_BATCHES = [case for case in CASES if "steps_per_epoch" in case.settings]
IN_ROWS = [case for case in CASES if case not in IN_BATCHES]
FEW = settings(
    max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def named(case):
    return case.name.replace(" ", "_")[:40]


each_case = pytest.mark.parametrize("case", CASES, ids=named)
each_case_in_rows = pytest.mark.parametrize("case", IN_ROWS, ids=named)


def in_few_epochs(case):
    """Whether rows inside epochs are rows of their own (`lrdiag.checks.rows`)."""
    return max(map(len, case.run.series.values())) < FEW_EPOCHS


def told(run, config):
    """Every rule's answers: rule, drop, status. A pass is a pass, on whatever drop."""
    findings = diagnose_run(run, RULES, config).findings
    return {(f.rule, f.drop if f.status != "passed" else None, f.status.value) for f in findings}


@lru_cache(maxsize=len(CASES))
def expected(index):
    return told(CASES[index].run, configured(CASES[index]))


def configured(case, **changed):
    return config_from({**case.settings, **changed}, Path("lrdiag.yml"))


def same(case, run, config=None):
    return told(run, config or configured(case)) == expected(CASES.index(case))


def with_series(run, change):
    made = [change(series) for series in run.series.values()]
    flat = [s for one in made for s in (one if isinstance(one, list) else [one])]
    return replace(run, series={s.tag: s for s in flat})


def valued(run, which, change):
    return with_series(run, lambda s: replace(s, value=change(s.value)) if which(s.tag) else s)


def is_loss(tag):
    return "loss" in tag.lower()


def is_share(tag):
    return "accuracy" in tag.lower() or "recall" in tag.lower()


def is_rate(tag):
    return tag == "lr"


def stepped(run, change):
    """The run with other step numbers; `change` must be monotone."""

    def moved(series):
        restarts = tuple(int(change(np.array(r))) for r in series.restarts)
        return replace(series, step=change(series.step), restarts=restarts, line=None)

    return with_series(run, moved)


def denser(series, steps, times):
    """Every point `times` times, at steps int64[n * times]."""
    value = np.repeat(series.value, times)
    return replace(
        series, step=steps, value=value, wall_time=np.full(len(value), np.nan), line=None
    )


def inside_epochs(run, per_epoch, times, dense=lambda tag: True):
    """Rows of epochs as rows of steps: dense tags are written `times` times an epoch."""

    def written(series):
        restarts = tuple(r * per_epoch for r in series.restarts)
        ends = (series.step + 1) * per_epoch - 1
        if dense(series.tag):
            back = per_epoch // times * np.arange(times - 1, -1, -1)
            series = denser(series, (ends[:, None] - back).ravel(), times)
        else:
            series = replace(series, step=ends, line=None)
        return replace(series, restarts=restarts)

    return with_series(run, written)


def test_the_cases_make_every_rule_fire_and_pass():
    answers = [answer for index in range(len(CASES)) for answer in expected(index)]
    assert {rule for rule, _, status in answers if status == "failed"} == set(NAMES)
    assert {rule for rule, _, status in answers if status == "passed"} == set(NAMES)


@each_case
@FEW
@given(scale=st.floats(1e-4, 1e5))
def test_the_unit_of_the_losses(case, scale):
    assert same(case, valued(case.run, is_loss, lambda v: v * scale))


@each_case
@FEW
@given(scale=st.floats(1e-4, 1e3))
def test_the_unit_of_the_rate(case, scale):
    changed = {}
    if "schedule" in case.settings:
        schedule = case.settings["schedule"]
        changed = {"schedule": {**schedule, "base_lr": schedule["base_lr"] * scale}}
    run = valued(case.run, is_rate, lambda v: v * scale)
    assert same(case, run, configured(case, **changed))


@each_case
def test_percent_or_fraction(case):
    assert same(case, valued(case.run, is_share, lambda v: 100 * v))


@each_case
@pytest.mark.parametrize("whole", [1.0, 100.0], ids=["fraction", "percent"])
def test_lower_is_better_instead_of_higher(case, whole):
    def turned(series):
        if "accuracy" not in series.tag:
            return series
        tag = series.tag.replace("accuracy", "error")
        return replace(series, tag=tag, value=whole * (1.0 - series.value))

    assert same(case, with_series(case.run, turned))


@each_case
@FEW
@given(first=st.integers(1, 10**6))
def test_the_number_of_the_first_step(case, first):
    assert same(case, stepped(case.run, lambda step: step + first))


@each_case_in_rows
@FEW
@given(per_epoch=st.integers(20, 5000), at_end=st.booleans(), known=st.booleans())
def test_steps_instead_of_epochs(case, per_epoch, at_end, known):
    run = stepped(case.run, lambda step: step * per_epoch + (per_epoch - 1) * at_end)
    changed = {"steps_per_epoch": per_epoch} if known else {}
    assert same(case, run, configured(case, **changed))


@each_case_in_rows
@pytest.mark.parametrize("first", [0, 1], ids=["from_0", "from_1"])
def test_epochs_that_a_column_tells(case, first):
    longest = max(case.run.series.values(), key=len)
    column = replace(longest, tag="epoch", value=longest.step + float(first), restarts=())
    run = replace(case.run, series={**case.run.series, "epoch": column})
    assert same(case, stepped(run, lambda step: step * 390 + 389))


@pytest.mark.parametrize("case", [c for c in IN_ROWS if not in_few_epochs(c)], ids=named)
@pytest.mark.parametrize("times", [2, 50])
def test_logging_more_often(case, times):
    run = inside_epochs(case.run, 100, times)
    assert same(case, run, configured(case, steps_per_epoch=100))


@pytest.mark.parametrize("case", [c for c in IN_ROWS if in_few_epochs(c)], ids=named)
@pytest.mark.parametrize("times", [2, 50])
def test_logging_more_often_where_epochs_are_few_judges_more_and_else_the_same(case, times):
    run = inside_epochs(case.run, 100, times)
    before = expected(CASES.index(case))
    after = told(run, configured(case, steps_per_epoch=100))
    assert {a for a in before if a[2] != "not_judged"} <= after
    assert not {a for a in after if a[2] == "failed"}


@each_case_in_rows
def test_training_logged_by_step_and_validation_by_epoch(case):
    run = inside_epochs(case.run, 100, 50, dense=lambda tag: not tag.startswith("val"))
    assert same(case, run)


@pytest.mark.parametrize("case", IN_BATCHES, ids=named)
def test_logging_more_often_between_the_batches(case):
    gap = int(np.diff(case.run.series["lr"].step)[0])

    def between(series):
        steps = (series.step[:, None] + gap // 2 * np.arange(2)).ravel()
        return denser(series, steps, 2)

    assert same(case, with_series(case.run, between))


@each_case
def test_points_written_twice(case):
    run = with_series(case.run, lambda s: denser(s, np.repeat(s.step, 2), 2))
    assert same(case, run)


@each_case
def test_two_param_groups_of_one_schedule(case):
    def split(series):
        groups = [replace(series, tag=f"lr/pg{i}") for i in range(2)]
        return groups if is_rate(series.tag) else series

    assert same(case, with_series(case.run, split))


@each_case
@FEW
@given(shift=st.floats(5, 500), scale=st.floats(1e-3, 1e3))
def test_a_loss_below_zero_has_no_zero_of_its_own(case, shift, scale):
    """Log-likelihoods and rewards: only differences mean something, and in any unit."""
    below = told(valued(case.run, is_loss, lambda v: v - 5.0), configured(case))
    run = valued(case.run, is_loss, lambda v: scale * (v - shift))
    assert told(run, configured(case)) == below


@lru_cache(maxsize=1)
def samples():
    found = merge_splits(discover([str(SAMPLES)])).locations
    return {location.name: read_location(location) for location in found}


@cache
def sample_told(name):
    return told(samples()[name], Config())


each_sample = pytest.mark.parametrize("name", sorted(samples()))


@each_sample
def test_the_units_of_a_real_log(name):
    run = valued(samples()[name], is_loss, lambda v: 1e3 * v)
    run = valued(run, is_share, lambda v: v if np.nanmax(v) > 1.5 else 100 * v)
    assert told(run, Config()) == sample_told(name)


@each_sample
@pytest.mark.parametrize("first", [1, 1000])
def test_the_first_step_of_a_real_log(name, first):
    run = stepped(samples()[name], lambda step: step + first)
    assert told(run, Config()) == sample_told(name)


@each_sample
@pytest.mark.parametrize("start", [0, 1])
def test_half_the_rows_of_a_real_log_leave_it_as_fit_as_it_was(name, start):
    def every_second(series):
        pick = slice(start, None, 2)
        columns = {"step": series.step, "value": series.value, "wall_time": series.wall_time}
        return replace(series, line=None, **{k: v[pick] for k, v in columns.items()})

    errors = {rule.id for rule in RULES.rules if rule.severity == "error"}
    if name == "drop_too_early":
        # A known limit: it fails as a warning either way, and whether what is left of the run is
        # too low a rate besides (an error) is 0.62 likely with all rows, 0.82 or more with half.
        errors |= {"drop-too-early"}
    before = {rule for rule, _, status in sample_told(name) if status == "failed"}
    run = with_series(samples()[name], every_second)
    after = {rule for rule, _, status in told(run, Config()) if status == "failed"}
    assert bool(after & errors) == bool(before & errors)
