"""Rule cases: what passes, what fails and how it is said; coverage and mutation."""

from __future__ import annotations

import pytest

from lrdiag.rulefile.case_files import case_files_of, run_cases
from lrdiag.rulefile.mistakes import InvalidRuleFileError

RULES = """version: 1
rules:
  - id: high
    when: val_loss.last > 3
    severity: error
    message: "val_loss ends at {val_loss_last:.1f}"
"""
GOOD = """version: 1
cases:
  - name: rises
    series: {val_loss: 1>5x20}
    fires: [{rule: high, severity: error, step: 19}]
  - name: stays below
    series: {val_loss: 2x20}
    silent: [high]
  - name: ends in nan
    series: {val_loss: 2x20 nan}
    not_judged: [high]
"""


@pytest.fixture
def tested(fakes, tmp_path):
    def run(cases, rules=RULES, **options):
        path = fakes.write(tmp_path, "own.yml", rules)
        fakes.write(tmp_path, "own.cases.yml", cases)
        return run_cases([path], default=False, **options)

    return run


def test_good_cases_pass_cover_and_notice(tested):
    result = tested(GOOD)
    assert (len(result.cases), result.wrong, result.gaps, result.survivors) == (3, (), (), ())


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("1>5x20", "1x20", "high: expected to fire (severity error, starting at step 19 to 19), found passed"),  # noqa: E501
        ("severity: error, step", "severity: note, step", "expected to fire (severity note"),
        ("step: 19", "step: [2, 5]", "starting at step 2 to 5), found failed (error) from step 19"),
        ("2x20}", "4x20}", "high: expected to be judged and not to fire, found failed"),
        ("2x20 nan", "2x20 1", "high: expected not to be judged, found passed"),
    ],
)  # fmt: skip
def test_what_differs_is_said(tested, old, new, text):
    result = tested(GOOD.replace(old, new, 1))
    assert len(result.wrong) == 1
    case, words = result.wrong[0]
    assert text in words
    assert case.line > 0


def test_an_unfilled_placeholder_is_wrong(tested):
    result = tested(GOOD, RULES.replace("val_loss_last", "val_los_last"))
    assert "a placeholder of its message found no fact: val_loss ends at ?" in result.wrong[0][1]


def test_missing_outcomes_are_named(tested):
    result = tested(GOOD.split("  - name: stays")[0])
    (gap,) = result.gaps
    assert gap.missing == ("silent", "not judged")


def test_a_threshold_nobody_notices_is_named(tested):
    far = GOOD.replace("1>5x20", "1>500x20").replace("2x20}", "0.001x20}")
    (survivor,) = tested(far).survivors
    assert (survivor.rule, survivor.value) == ("high", 3.0)
    assert survivor.parameter == "when[16]"


def test_an_excused_threshold_is_not_shifted(tested):
    far = GOOD.replace("1>5x20", "1>500x20").replace("2x20}", "0.001x20}")
    excuse = 'unmutated: {high: {"when[16]": it is a convention}}\n'
    result = tested(far + excuse)
    assert result.survivors == ()
    assert result.unmutated == (("high", "when[16]", "it is a convention"),)


def test_hold_and_confidence_are_thresholds_too(tested):
    rules = RULES + "    for: 4\n"
    cases = GOOD.replace("1>5x20", "1x10 5x30").replace("step: 19", "step: 39")
    assert [s.parameter for s in tested(cases, rules).survivors] == ["for"]
    noticed = cases.replace("1x10 5x30", "1x10 5x5").replace("step: 39", "step: 14")
    assert tested(noticed, rules).survivors == ()


def test_settings_and_restarts_reach_the_run(tested):
    cases = """version: 1
cases:
  - name: configured
    series: {valid: 1>5x20}
    steps_per_row: 10
    first_step: 5
    restarts: [100]
    settings: {roles: {val_loss: valid}, steps_per_epoch: 10}
    fires: [{rule: high, step: 195}]
"""
    assert tested(cases).wrong == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("1>5x20", "1>x20", "is no series token"),
        ("rule: high", "rule: hih", "unknown rule 'hih'"),
        ("silent: [high]", "silnt: [high]", "unknown key 'silnt'"),
        ("silent: [high]", "silent: []", "the case expects nothing"),
        ("name: rises", "title: rises", "missing key 'name'"),
        ("step: 19", "step: [1]", "step"),
        ("{val_loss: 2x20}", "{}", "series"),
    ],
)
def test_mistakes_have_places(tested, old, new, message):
    with pytest.raises(InvalidRuleFileError, match="case file") as caught:
        tested(GOOD.replace(old, new, 1))
    assert any(message in m.message for m in caught.value.mistakes)
    assert all(m.line for m in caught.value.mistakes)


def test_invalid_settings_are_a_failing_case(tested):
    result = tested(GOOD.replace("silent: [high]", "settings: {epoch: 3}\n    silent: [high]"))
    assert "epoch" in result.wrong[0][1]


def test_where_cases_lie(fakes, tmp_path):
    rules = fakes.write(tmp_path, "a.yml", RULES)
    names = ["a.cases.yml", "cases/a.yml", "cases/a-drops.yml", "cases/a-loss.yml"]
    for name in [*names, "cases/b.yml"]:
        fakes.write(tmp_path, name, GOOD)
    assert [str(p.relative_to(tmp_path)) for p in case_files_of(rules)] == names
