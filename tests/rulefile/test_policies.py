"""Gate policies from YAML."""

from __future__ import annotations

import pytest

from lrdiag.findings import Severity
from lrdiag.rulefile.mistakes import InvalidPolicyError
from lrdiag.rulefile.policies import load_policy, shipped_policies

FULL = """version: 1
name: p
fail_on: warning
judge_by: [overfitting]
require: {roles: [val_recall], rules: [overfitting], min_points: 10}
conditions:
  - val_recall.last >= 0.80
  - {when: val_loss.last < 2, message: Too lossy.}
baseline: {required: true, metrics: {val_recall: 0.02}, noise: 3}
allow: [no-runs, "missing-role:val_f1", "problem:corrupt-record"]
"""


def mistakes(fakes, folder, text, rules=("overfitting", "loss-spike")):
    path = fakes.write(folder, "p.yml", text)
    with pytest.raises(InvalidPolicyError) as caught:
        load_policy(path, rules)
    return [(f"{m.line}:{m.column}", m.message, m.hint) for m in caught.value.mistakes]


def test_a_full_policy(fakes, tmp_path):
    policy = load_policy(fakes.write(tmp_path, "p.yml", FULL), {"overfitting"})
    assert policy.fail_on is Severity.WARNING
    assert policy.roles == ("val_recall",)
    assert policy.rules == ("overfitting",)
    assert policy.judge_by == ("overfitting",)
    assert policy.min_points == 10
    assert [c.text for c in policy.conditions] == ["val_recall.last >= 0.80", "val_loss.last < 2"]
    assert policy.conditions[1].message == "Too lossy."
    assert policy.baseline.required
    assert policy.baseline.metrics == {"val_recall": 0.02}
    assert policy.baseline.noise == 3.0
    assert "no-runs" in policy.allow


def test_never_fails_on_no_severity(fakes, tmp_path):
    policy = load_policy(fakes.write(tmp_path, "p.yml", "version: 1\nfail_on: never\n"))
    assert policy.fail_on is None


def test_all_mistakes_with_places(fakes, tmp_path):
    found = mistakes(fakes, tmp_path, """version: 1
fail_on: fatal
judge_by: [los-spike]
require: {roles: [val_recal], rules: [overfiting], minpoints: 3}
conditions:
  - val_recall.lst >= 0.8
  - val_recall.last >= 1.5
  - val_recall.last >= 0
baseline: {metrics: {val_f: 0.1}}
allow: [everything, missing-role, "missing-role:*"]
""")  # fmt: skip
    assert [place for place, _, _ in found] == [
        "2:10", "3:12", "4:19", "4:39", "4:52", "6:16", "7:5", "8:5", "9:22", "10:9", "10:21",
        "10:35",
    ]  # fmt: skip
    text = "\n".join(m for _, m, _ in found)
    assert "can never hold" in text
    assert "always holds" in text
    assert "'missing-role' is too wide" in text
    assert "patterns are not allowed" in text
    assert any(hint == "did you mean 'loss-spike'?" for _, _, hint in found)


def test_what_only_rules_can_ask_is_refused(fakes, tmp_path):
    found = mistakes(fakes, tmp_path, "version: 1\nconditions: [after_drop(1).val_loss.last > 0]\n")
    assert "after_drop" in found[0][1]


def test_unknown_names_of_policies(tmp_path):
    with pytest.raises(InvalidPolicyError, match="did you mean 'imbalanced'"):
        load_policy("imbalance")


@pytest.mark.parametrize("name", sorted(shipped_policies()))
def test_shipped_policies_are_valid_with_their_packs(name):
    from lrdiag.rulefile.load import load_rules
    from lrdiag.rulefile.location import shipped_packs

    policy = load_policy(name)
    rules = load_rules([shipped_packs()[p] for p in policy.packs])
    assert load_policy(name, {r.id for r in rules.rules}).name == name
