"""extends, override, disable, duplicates, and all mistakes at once."""

from __future__ import annotations

import pytest

from lrdiag.findings import Severity
from lrdiag.rulefile.load import load_rules
from lrdiag.rulefile.mistakes import InvalidRuleFileError


def load(*paths, default=False):
    return load_rules(list(paths), default=default)


def mistakes(*paths, default=False):
    with pytest.raises(InvalidRuleFileError) as caught:
        load(*paths, default=default)
    return [(m.line, m.column, m.message, m.hint) for m in caught.value.mistakes]


def test_a_pack_extends_overrides_and_disables(fakes, tmp_path):
    path = fakes.write(tmp_path, "own.yml", """version: 1
extends: default
disable: [loss-spike]
override:
  overfitting: {severity: note, parameters: {}}
rules:
  - {id: mine, when: val_loss.last > 3, severity: note}
""")  # fmt: skip
    rules = {r.id: r for r in load(path).rules}
    assert "loss-spike" not in rules
    assert rules["overfitting"].severity is Severity.NOTE
    assert rules["overfitting"].summary
    assert rules["overfitting"].file == str(path)
    assert rules["overfitting"].line == 5
    assert "mine" in rules


def test_override_merges_parameters(fakes, tmp_path):
    fakes.write(tmp_path, "base.yml", """version: 1
rules:
  - {id: a, check: expr, parameters: {when: val_loss.last > 1}, severity: note, summary: A}
""")  # fmt: skip
    path = fakes.write(tmp_path, "own.yml", """version: 1
extends: base.yml
override:
  a: {parameters: {when: val_loss.last > 2}}
""")  # fmt: skip
    (rule,) = load(path).rules
    assert rule.check.when == "val_loss.last > 2"
    assert rule.summary == "A"


def test_a_pack_that_is_extended_twice_is_loaded_once(fakes, tmp_path):
    one = fakes.write(tmp_path, "one.yml", "version: 1\nextends: default\n")
    two = fakes.write(tmp_path, "two.yml", "version: 1\nextends: [default, one.yml]\n")
    assert load(one, two, default=True).rules == load_rules().rules


def test_a_cycle_is_named(fakes, tmp_path):
    path = fakes.write(tmp_path, "a.yml", "version: 1\nextends: b.yml\n")
    fakes.write(tmp_path, "b.yml", "version: 1\nextends: [a.yml]\n")
    ((line, column, message, _),) = mistakes(path)
    assert (line, column) == (2, 11)
    assert "circular extends" in message


@pytest.mark.parametrize(
    "target", ["../../../../etc/passwd.yml", "/etc/passwd.yml", "sub/../../x.yml", "../x.yml"]
)
def test_files_outside_the_folder_are_refused(fakes, tmp_path, target):
    fakes.write(tmp_path, "x.yml", "version: 1\n")
    path = fakes.write(tmp_path, "in/a.yml", f"version: 1\nextends: [{target}]\n")
    ((line, _, message, _),) = mistakes(path)
    assert line == 2
    assert "not allowed: it lies outside the folder" in message


def test_a_link_out_of_the_folder_is_refused(fakes, tmp_path):
    fakes.write(tmp_path, "secret.yml", "version: 1\n")
    path = fakes.write(tmp_path, "in/a.yml", "version: 1\nextends: [link.yml]\n")
    (tmp_path / "in" / "link.yml").symlink_to(tmp_path / "secret.yml")
    assert "outside the folder" in mistakes(path)[0][2]


def test_unknown_packs_and_ids_are_named_with_a_hint(fakes, tmp_path):
    path = fakes.write(tmp_path, "a.yml", """version: 1
extends: [default, defalt, gone.yml]
disable: [overfiting]
override: {los-spike: {severity: note}}
""")  # fmt: skip
    found = mistakes(path)
    assert [(m[0], m[1]) for m in found] == [(2, 20), (2, 28), (3, 11), (4, 12)]
    assert found[0][3] == "did you mean 'default'?"
    assert "not found beside this file" in found[1][2]
    assert found[2][3] == "did you mean 'overfitting'?"
    assert found[3][3] == "did you mean 'loss-spike'?"


def test_duplicate_ids_in_one_file_and_across_files(fakes, tmp_path):
    path = fakes.write(tmp_path, "a.yml", """version: 1
rules:
  - {id: overfitting, when: val_loss.last > 1, severity: note}
  - {id: x, when: val_loss.last > 1, severity: note}
  - {id: x, when: val_loss.last > 2, severity: note}
""")  # fmt: skip
    found = mistakes(path, default=True)
    assert "already used at rules/default.yml:" in found[0][2]
    assert found[0][3] == "change it with `override:`"
    assert found[1][2] == f"duplicate rule id 'x', already used at {path}:4"


def test_mistakes_of_all_files_come_together(fakes, tmp_path):
    one = fakes.write(tmp_path, "one.yml", "version: 2\nrules: []\n")
    two = fakes.write(tmp_path, "two.yml", "version: 1\nruls: []\n")
    with pytest.raises(InvalidRuleFileError) as caught:
        load(one, two)
    assert {m.file for m in caught.value.mistakes} == {str(one), str(two)}
