"""Loading rules: the fast way and the checked way agree; the fast way stays fast."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lrdiag.rulefile.load import load_rules, rule_files
from lrdiag.rulefile.location import rules_folder, shipped_packs, shown
from lrdiag.rulefile.mistakes import InvalidRuleFileError
from lrdiag.rulefile.packs import load_checked

OWN = """version: 1
rules:
  - id: mine
    when: val_loss.last > 3
    severity: note
"""


def test_the_default_pack_is_the_same_both_ways():
    assert load_rules() == load_checked([])
    assert load_rules().files == ("rules/default.yml",)


def test_every_rule_of_the_default_pack_has_its_line():
    lines = (rules_folder() / "default.yml").read_text("utf-8").split("\n")
    for rule in load_rules().rules:
        assert lines[rule.line - 1].strip() == f"- id: {rule.id}"


def test_the_default_pack_needs_neither_yaml_nor_schema_library():
    code = (
        "import sys; from lrdiag.rulefile.load import load_rules; load_rules();"
        "print([m for m in ('ruamel.yaml', 'pydantic', 're2', 'pandas', 'scipy') if m in sys.modules])"  # noqa: E501
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_own_rules_come_after_the_default_pack(fakes, tmp_path):
    path = fakes.write(tmp_path, "own.yml", OWN)
    rules = load_rules([path])
    assert rules.rules[-1].id == "mine"
    assert len(rules.rules) == len(load_rules().rules) + 1
    assert rules.files == ("rules/default.yml", str(path))
    assert [r.id for r in load_rules([path], default=False).rules] == ["mine"]


def test_the_digest_follows_the_content(fakes, tmp_path):
    path = fakes.write(tmp_path, "own.yml", OWN)
    before = load_rules([path]).digest
    assert load_rules([path]).digest == before
    path.write_text(OWN.replace("> 3", "> 4"))
    assert load_rules([path]).digest != before


def test_a_folder_means_its_rule_files(fakes, tmp_path):
    fakes.write(tmp_path, "b.yml", OWN)
    fakes.write(tmp_path, "a.yaml", OWN.replace("mine", "other"))
    fakes.write(tmp_path, "a.cases.yml", "not: rules")
    fakes.write(tmp_path, "cases/a.yml", "not: rules")
    fakes.write(tmp_path, "notes.txt", "")
    assert [p.name for p in rule_files([tmp_path])] == ["a.yaml", "b.yml"]
    assert [r.id for r in load_rules([tmp_path], default=False).rules] == ["other", "mine"]


def test_an_empty_folder_and_a_missing_file_are_errors(tmp_path):
    from lrdiag.errors import RuleFileError

    with pytest.raises(RuleFileError, match="no rule file"):
        load_rules([tmp_path])
    with pytest.raises(InvalidRuleFileError, match="no such file"):
        load_rules([tmp_path / "none.yml"])


@pytest.mark.parametrize("name", sorted(shipped_packs()))
def test_every_shipped_pack_is_valid(name):
    rules = load_rules([shipped_packs()[name]], default=False)
    assert rules.rules
    assert shown(shipped_packs()[name]) == f"rules/{name}.yml"


def test_shipped_paths_are_the_same_on_every_machine():
    assert shown(rules_folder() / "default.yml") == "rules/default.yml"
    assert shown(Path("mine.yml")) == "mine.yml"
