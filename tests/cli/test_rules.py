"""`lrdiag rules`: exit codes and messages."""

from __future__ import annotations

import time

import pytest

RULES = """version: 1
rules:
  - id: high
    when: val_loss.last > 3
    severity: error
    message: "val_loss ends at {val_loss_last:.1f}"
    remedy: Train longer.
"""
CASES = """version: 1
cases:
  - name: rises
    series: {val_loss: 1>5x20}
    fires: [high]
  - name: stays below
    series: {val_loss: 2x20}
    silent: [high]
  - name: ends in nan
    series: {val_loss: 2x20 nan}
    not_judged: [high]
"""


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "own.yml"
    path.write_text(RULES)
    return path


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "logs" / "metrics.csv"
    path.parent.mkdir()
    path.write_text("epoch,val_loss\n" + "".join(f"{i},{1 + i / 4}\n" for i in range(20)))
    return path


def test_check_accepts_valid_files(lrdiag, rules):
    assert lrdiag("rules", "check", rules) == (0, "1 rules in 1 files are valid.\n", "")


def test_check_names_all_mistakes_and_exits_2(lrdiag, rules):
    rules.write_text(RULES.replace("severity", "severitx").replace("val_loss.last", "val_los.last"))
    code, out, err = lrdiag("rules", "check", rules)
    assert (code, out) == (2, "")
    assert f"{rules}:4:11: unknown name 'val_los' (did you mean 'val_loss'?)" in err
    assert "    4 |     when: val_los.last > 3\n      |           ^^^^^^^" in err
    assert f"{rules}:5:5: unknown key 'severitx' (did you mean 'severity'?)" in err
    assert err.endswith("lrdiag: 3 mistakes in the rule files.\n")


def test_check_without_files_checks_the_shipped_packs(lrdiag):
    code, out, _ = lrdiag("rules", "check")
    assert code == 0
    assert out.endswith("files are valid.\n")


def test_check_of_a_missing_file_exits_2(lrdiag):
    code, _, err = lrdiag("rules", "check", "none.yml")
    assert code == 2
    assert "none.yml: no such file" in err


def test_check_with_logs_names_selectors_that_match_nothing(lrdiag, rules, log):
    assert lrdiag("rules", "check", rules, "--logs", log.parent)[0] == 0
    rules.write_text(RULES.replace("val_loss.last", "val_f1.last"))
    code, _, err = lrdiag("rules", "check", rules, "--logs", log.parent)
    assert code == 2
    assert "rule 'high': val_f1.last names nothing in the given logs" in err


def test_no_control_character_of_a_file_reaches_the_terminal(lrdiag, rules):
    rules.write_text(RULES.replace("severity: error", 'severity: "\\e]0;x\\a\\u202e"'))
    code, _, err = lrdiag("rules", "check", rules)
    assert code == 2
    assert not set(err) & {"\x1b", "\x07", "\u202e"}


HOSTILE = {
    "aliases": "x0: &x0 [lol]\n" + "".join(f"x{i}: &x{i} [*x{i - 1}, *x{i - 1}]\n" for i in range(1, 30)),  # noqa: E501
    "depth": "[" * 1900,
    "depth in lines": "[\n" * 60_000,
    "many values": "a: [" + "1,\n" * 60_000 + "]",
    "many keys": "".join(f"k{i}: 1\n" for i in range(15_000)),
    "long condition": RULES.replace("val_loss.last > 3", "'" + "1 + " * 400 + "1 > 0'"),
    "deep condition": RULES.replace("val_loss.last > 3", "'" + "(" * 900 + "1" + ")" * 900 + " > 0'"),  # noqa: E501
    "power": RULES.replace("val_loss.last > 3", "9 ** 9 ** 9 > 0"),
    "one long line": "a: " + "x" * 130_000,
    "large": "#" * 1_000_000,
    "tag": 'a: !!python/object/apply:os.system ["touch PWNED"]',
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_place_and_bounded_work(lrdiag, rules, tmp_path, name):
    rules.write_text(HOSTILE[name])
    started = time.process_time()
    code, _, err = lrdiag("rules", "check", rules)
    assert code == 2
    assert f"{rules}" in err
    assert len(err) < 20_000
    assert not (tmp_path / "PWNED").exists()
    assert time.process_time() - started < 20  # a guard against hanging, not a measure


def test_a_pattern_that_backtracks_is_harmless(lrdiag, rules, log):
    log.write_text(log.read_text().replace("val_loss", "a" * 40 + "!"))
    rules.write_text(RULES + "    applies_to: {tags: ['/^(a+)+$/']}\n")
    assert lrdiag("rules", "check", rules)[0] == 0
    assert lrdiag("rules", "check", rules, "--logs", log.parent)[0] == 2


def test_list_shows_id_severity_and_summary(lrdiag, rules):
    code, out, _ = lrdiag("rules", "list", rules)
    assert code == 0
    assert out.splitlines()[-1].split() == ["high", "error", "high"]
    assert any(line.startswith("overfitting") for line in out.splitlines())
    assert lrdiag("rules", "list", "--no-default", rules)[1].count("\n") == 1
    assert "expr" in lrdiag("rules", "list", "--kinds")[1]
    assert "val_recall" in lrdiag("rules", "list", "--roles")[1]


def test_explain_shows_what_why_how(lrdiag, rules):
    code, out, _ = lrdiag("rules", "explain", "high", "--rules", rules)
    assert code == 0
    assert "val_loss.last > 3" in out
    assert "Train longer." in out


def test_explain_of_an_unknown_rule_exits_2_with_a_hint(lrdiag):
    code, _, err = lrdiag("rules", "explain", "overfiting")
    assert code == 2
    assert err == "lrdiag: error: There is no rule 'overfiting'.\n  Did you mean 'overfitting'?\n"


def test_explain_on_a_run_says_why(lrdiag, rules, log):
    code, out, _ = lrdiag("rules", "explain", "high", log.parent, "--rules", rules)
    assert code == 0
    assert "failed" in out
    assert "observed: 5.75 val_loss.last" in out
    assert "fingerprint: " in out


def test_explain_without_a_run_exits_3(lrdiag, tmp_path):
    (tmp_path / "empty").mkdir()
    assert lrdiag("rules", "explain", "overfitting", tmp_path / "empty")[0] == 3


def test_test_runs_cases(lrdiag, rules, tmp_path):
    (tmp_path / "own.cases.yml").write_text(CASES)
    code, out, _ = lrdiag("rules", "test", rules)
    assert (code, out) == (
        0, "3 of 3 cases pass; 1 of 1 rules are covered; 0 thresholds go unnoticed.\n",
    )  # fmt: skip


def test_test_exits_1_where_a_case_fails(lrdiag, rules, tmp_path):
    cases = tmp_path / "own.cases.yml"
    cases.write_text(CASES.replace("1>5x20", "1>2x20"))
    code, out, _ = lrdiag("rules", "test", rules)
    assert code == 1
    assert f"{cases}:3: rises: high: expected to fire, found passed" in out


def test_gaps_fail_only_with_strict(lrdiag, rules, tmp_path):
    (tmp_path / "own.cases.yml").write_text(CASES.split("  - name: ends")[0])
    code, out, _ = lrdiag("rules", "test", rules)
    assert code == 0
    assert "no case shows that high does not judge" in out
    assert lrdiag("rules", "test", rules, "--strict")[0] == 1


def test_test_without_cases_exits_3(lrdiag, rules):
    code, _, err = lrdiag("rules", "test", rules)
    assert code == 3
    assert "there are no cases" in err


def test_test_of_an_invalid_case_file_exits_2(lrdiag, rules, tmp_path):
    (tmp_path / "own.cases.yml").write_text(CASES.replace("2x20}", "2y20}"))
    code, _, err = lrdiag("rules", "test", rules)
    assert code == 2
    assert "own.cases.yml:7:24: '2y20' is no series token" in err


def test_backtest_tells_what_changes(lrdiag, rules, log, tmp_path):
    new = tmp_path / "new.yml"
    new.write_text(RULES.replace("> 3", "> 30"))
    code, out, _ = lrdiag("rules", "backtest", "--old", rules, "--new", new, log.parent)
    assert code == 1
    assert "unhealthy → healthy  -high" in out
    assert "high: fires on 1 → 0 of 1 runs" in out
    assert out.endswith("1 of 1 runs change verdict, 1 change findings.\n")
    assert lrdiag("rules", "backtest", "--old", rules, "--new", rules, log.parent)[0] == 0
