"""`rules check`: mistakes of shape and of meaning, each at its place."""

from __future__ import annotations

import pytest

from lrdiag.rulefile.verify import check_files

HEAD = "version: 1\nrules:\n"
NOTE = "  - {id: a, when: lr.last > 1, severity: note}\n"


def check(fakes, folder, text, **options):
    path = fakes.write(folder, "r.yml", text)
    rules, mistakes = check_files([path], **options)
    return rules, [(f"{m.line}:{m.column}", m.message, m.hint) for m in mistakes]


def one(fakes, folder, rule, **options):
    _, found = check(fakes, folder, HEAD + rule, **options)
    assert len(found) == 1, found
    return found[0]


def test_a_valid_file_has_no_mistakes(fakes, tmp_path):
    rules, found = check(fakes, tmp_path, HEAD + """
  - id: a-1
    check: expr
    when: train_loss.last > 1000000
    applies_to: {roles: [train_*], tags: ['/^train/', loss*], tasks: [fraud]}
    scope: after_drop(2)
    for: 3
    min_confidence: 0.5
    severity: warning
    summary: S
    message: "{train_loss_last:.3f}"
    remedy: R
    why: W
    link: https://example.org/x
""")  # fmt: skip
    assert found == []
    assert rules[0].hold_epochs == 3.0
    assert rules[0].tags == ("/^train/", "loss*")


def test_all_mistakes_of_a_file_at_once(fakes, tmp_path):
    _, found = check(fakes, tmp_path, """version: 1
rules:
  - id: r1
    check: overfittin
    severitx: error
  - id: r2
    check: overfitting
    severity: eror
    parameters: {min_ris: 0.1}
    for: soon
    applies_to: {rols: [x], roles: val_loss, tags: ['/(a/']}
    message: "{x.__class__}"
  - {check: overfitting, severity: note}
  - id: r4
    when: val_los.last > 1
    severity: note
    scope: drops
""")  # fmt: skip
    assert [place for place, _, _ in found] == [
        "3:5", "4:12", "5:5", "8:15", "9:18", "10:10", "11:18", "11:36", "11:53", "12:14", "13:5",
        "15:11", "17:12",
    ]  # fmt: skip
    text = "\n".join(f"{message} {hint}" for _, message, hint in found)
    for hint in ("'severity'", "'overfitting'", "'error'", "'roles'", "'val_loss'"):
        assert f"did you mean {hint}?" in text


@pytest.mark.parametrize(
    ("rule", "place", "message"),
    [
        ("  - {id: [x], when: lr.last > 0.5, severity: note}\n", "3:10", "id: expected a text, found a list"),  # noqa: E501
        ("  - {id: a b, when: lr.last > 0.5, severity: note}\n", "3:10", "id: expected a name of"),
        ("  - {id: a, when: [1, 2], severity: note}\n", "3:19", "when: expected a text, found a list"),  # noqa: E501
        ("  - {id: a, severity: note}\n", "3:5", "missing key 'check' (or 'when')"),
        ("  - {id: a, check: expr, severity: note}\n", "3:5", "missing key 'when'"),
        ("  - {id: a, when: lr.last > 0.5, severity: note, for: -1}\n", "3:55", "for: expected"),
        ("  - {id: a, when: lr.last > 0.5, severity: note, min_confidence: 2}\n", "3:66", "min_confidence: expected"),  # noqa: E501
        ("  - {id: a, when: lr.last > 0.5, severity: note, link: 'javascript:x'}\n", "3:56", "link: expected an http(s) address"),  # noqa: E501
        ("  - {id: a, when: lr.last > 0.5, severity: note, applies_to: {roles: [val_los]}}\n", "3:71", "unknown role 'val_los'"),  # noqa: E501
        ("  - {id: a, when: val_recall.last > 1.5, severity: note}\n", "3:19", "the condition can never fire"),  # noqa: E501
        ("  - {id: a, when: val_recall.last >= 0, severity: note}\n", "3:19", "the condition always fires"),  # noqa: E501
        ("  - {id: a, check: overfitting, when: lr.last > 1, severity: note}\n", "3:33", "'when' belongs to"),  # noqa: E501
        ("  - a\n", "3:5", "0: expected a mapping, found 'a'"),
        ("  - {id: a, when: 'lr.last > 0.5', severity: note, message: '{a!r}'}\n", "3:61", "message: conversion"),  # noqa: E501
    ],
)  # fmt: skip
def test_one_mistake_at_its_place(fakes, tmp_path, rule, place, message):
    found = one(fakes, tmp_path, rule)
    assert found[0] == place
    assert found[1].startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty rule file"),
        ("[]", "expected a mapping"),
        ("version: 1\nrules: []\n", "the file has no rules"),
        ("version: 1\n", "the file has no rules"),
        ("rules:\n  - {id: a, when: lr.last > 0.5, severity: note}\n", "missing key 'version'"),
        ("version: 1\nrules: {a: b}\n", "rules: expected a list, found a mapping"),
        ("version: 1\nextends: 3\n", "extends: expected a text"),
    ],
)
def test_a_file_that_is_no_rule_file(fakes, tmp_path, text, message):
    _, found = check(fakes, tmp_path, text)
    assert message in found[0][1]


def test_units_and_percent(fakes, tmp_path):
    kinds = pytest.importorskip("lrdiag.checks.registry").check_kinds()
    kind, name = next(
        (k.kind, n)
        for k in kinds.values()
        for n, f in k.__dataclass_fields__.items()
        if n.startswith("min_") and "float" in str(f.type)
    )
    rule = "  - {{id: a, check: {}, severity: note, parameters: {{{}: {}}}}}\n"
    found = one(fakes, tmp_path, rule.format(kind, name, "'10%'"))
    assert found[1:] == (f"{name}: expected a number, found '10%'", "write 0.1")
    assert "below 0" in one(fakes, tmp_path, rule.format(kind, name, -0.5))[1]
    assert "finite" in one(fakes, tmp_path, rule.format(kind, name, ".nan"))[1]


def test_selectors_that_match_nothing_in_given_logs(fakes, tmp_path):
    text = (
        HEAD
        + """  - id: a
    when: val_f1.last > 0.5 and tag("train/los").last > 1
    severity: note
    applies_to: {tags: [vall*]}
"""
    )
    _, found = check(fakes, tmp_path, text, tags={"train/loss", "val/loss"}, roles={"val_loss"})
    words = " ".join(m for _, m, _ in found)
    assert "tags 'vall*' match nothing in the given logs" in words
    assert "val_f1.last names nothing" in words
    assert 'tag("train/los").last names nothing' in words
    assert any(hint == "did you mean 'train/loss'?" for _, _, hint in found)
    _, none = check(fakes, tmp_path, text, tags={"valley", "train/los"}, roles={"val_f1"})
    assert none == []


def test_a_shipped_pack_is_checked_as_it_stands():
    from lrdiag.rulefile.location import shipped_packs

    rules, found = check_files(list(shipped_packs().values()))
    assert found == []
    assert len({r.id for r in rules}) >= 20


@pytest.mark.parametrize(
    "name", ["https://x/y.yml", "http://169.254.169.254/x", "file:///etc/x.yml"]
)
def test_nothing_remote_is_extended(fakes, tmp_path, name):
    _, found = check(fakes, tmp_path, f"extends: {name}\n{HEAD}{NOTE}")
    assert "only files beside this one" in found[0][1]


def test_a_loop_of_links_is_no_file(tmp_path):
    loop = tmp_path / "loop.yml"
    loop.symlink_to("loop.yml")
    _, found = check_files([loop])
    assert "no such file" in found[0].message


def test_a_version_as_text_is_no_version(fakes, tmp_path):
    _, found = check(
        fakes, tmp_path, 'version: "1"\nrules: [{id: a, when: lr.last > 1, severity: note}]\n'
    )
    assert found == [("1:10", "version: expected 1, found '1'", "")]
