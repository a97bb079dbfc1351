"""What a rule is about, and why it did or did not fire."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest

from lrdiag.rulefile.evaluate import evaluate_rule
from lrdiag.rulefile.explain import as_markdown, as_terminal, example_of, explain_rule, trace
from lrdiag.rulefile.load import load_rules

RULES = """version: 1
rules:
  - id: high
    when: val_loss.last > 3
    severity: error
    summary: The loss ends high
    message: "val_loss ends at {val_loss_last:.1f}"
    remedy: "Train on from step {last_step:.0f}"
    why: It should not.
    link: https://example.org/high
    for: 2
    applies_to: {roles: [val_loss]}
"""
CASES = """version: 1
cases:
  - name: rises
    series: {val_loss: 1>5x20}
    fires: [high]
"""


@pytest.fixture
def high(fakes, tmp_path):
    (rule,) = load_rules([fakes.write(tmp_path, "r.yml", RULES)], default=False).rules
    return rule


def test_sections_in_order(high):
    titles = [s.title for s in explain_rule(high, "example")]
    assert titles == [
        "What it checks", "Why it matters", "How it decides", "How to fix it",
        "An example that fires", "Read more",
    ]  # fmt: skip


def test_the_terminal_shows_everything(high):
    text = as_terminal(high, explain_rule(high))
    for words in (
        "high  (", "r.yml:3)", "The loss ends high.", "Severity: error.", "must hold for 2 epochs",
        "Applies to: val_loss", "val_loss.last > 3", "It should not.",
        "Train on from step ‹last step›", "https://example.org/high",
    ):  # fmt: skip
        assert words in text
    assert all(len(line) <= 80 for line in text.split("\n")[1:])


def test_a_check_kind_is_explained_by_its_own_words():
    rule = next(r for r in load_rules().rules if r.id == "overfitting")
    text = as_markdown(rule, explain_rule(rule))
    assert text.startswith("# overfitting\n")
    assert "## Parameters" in text
    for name in (f.name for f in dataclasses.fields(rule.check)):
        assert f"`{name}`" in text


@pytest.mark.parametrize("rule", load_rules().rules, ids=lambda r: r.id)
def test_every_default_rule_says_what_why_and_how_to_fix(rule):
    titles = {s.title for s in explain_rule(rule)}
    assert {"What it checks", "Why it matters", "How it decides", "How to fix it"} <= titles


def test_the_example_is_a_case_that_fires(fakes, tmp_path, high):
    path = fakes.write(tmp_path, "r.cases.yml", CASES)
    text = example_of(replace(high, hold_epochs=0.0), [path], ["high"])
    assert text == (
        "# rises\nseries:\n  val_loss: 1>5x20\n\nerror: val_loss ends at 5.0\n  Train on from step 19"  # noqa: E501
    )
    assert example_of(high, [], ["high"]) == ""


def test_a_trace_says_why_it_fired(fakes, high):
    view = fakes.view({"val_loss": [1.0] * 5 + [4.0] * 5})
    text = trace(high, "run7", evaluate_rule(high, view))
    for words in (
        "run7: high",
        "failed",
        "observed: 4 val_loss.last",
        "threshold: 3",
        "fingerprint:",
    ):
        assert words in text


def test_a_trace_says_why_it_did_not(fakes, high):
    passed = trace(high, "run7", evaluate_rule(high, fakes.view({"val_loss": [1.0] * 5})))
    assert "passed" in passed
    assert "observed: 1 val_loss.last" in passed
    absent = trace(high, "run7", evaluate_rule(high, fakes.view({"train_loss": [1.0] * 5})))
    assert "not applicable" in absent
    assert "why: Nothing in this run matches" in absent


def test_a_rule_of_schedules_lists_its_mistakes_with_what_to_change():
    rules = {rule.id: rule for rule in load_rules().rules}
    texts = {s.title: s.paragraphs for s in explain_rule(rules["schedule-mismatch"])}
    kinds = [text.partition(".")[0] for text in texts["How to fix it"]]
    assert kinds == [
        "Steps for epochs", "Gamma differs", "Gamma applied twice", "Extra drop", "Missing drop",
        "Early", "Late",
    ]  # fmt: skip
    assert texts["How to fix it"][-2].endswith(
        "Call scheduler.step() after the optimizer steps of the epoch. "
        "Known from: liuzechun/ReActNet#32."
    )
    shown = [p for r in rules.values() for s in explain_rule(r) for p in s.paragraphs]
    assert "‹fix›" not in shown
