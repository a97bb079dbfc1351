"""`lrdiag gate`: exit codes 0, 1, 2, 3 and what is printed."""

from __future__ import annotations

import json

import pytest

POLICY = """version: 1
judge_by: [high]
conditions: [val_loss.last < 3]
"""
RULES = """version: 1
rules:
  - {id: high, when: val_loss.last > 4, severity: error, message: "ends at {val_loss_last:.1f}"}
"""


@pytest.fixture(autouse=True)
def policy_and_rules(tmp_path):
    (tmp_path / "p.yml").write_text(POLICY)
    (tmp_path / "r.yml").write_text(RULES)


@pytest.fixture
def write_log(tmp_path):
    def write(last, name="logs/m.csv", column="val_loss", rows=20):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        values = [1 + (last - 1) * i / (rows - 1) for i in range(rows)]
        path.write_text(f"epoch,{column}\n" + "".join(f"{i},{v}\n" for i, v in enumerate(values)))
        return path.parent

    return write


def gate(lrdiag, path, *more):
    return lrdiag("gate", path, "--policy", "p.yml", "--rules", "r.yml", *more)


def test_0_passed(lrdiag, write_log):
    code, out, err = gate(lrdiag, write_log(2))
    assert (code, err) == (0, "")
    assert out == (
        "gate: passed (1 run)\n"
        "  note: No baseline was given: the runs were not compared with a former model.\n"
    )


def test_1_failed_with_each_reason_on_one_line(lrdiag, write_log):
    code, out, _ = gate(lrdiag, write_log(5))
    assert code == 1
    lines = out.splitlines()
    assert lines[0] == "gate: failed (1 run)"
    assert lines[1].endswith("high: ends at 5.0")
    assert lines[2].endswith("val_loss.last < 3 does not hold: val_loss.last = 5.")


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("version: 1\nfail_on: fatal\n", "p.yml:2:10: fail_on: expected 'note', 'warning'"),
        ("version: 1\njudge_by: [hig]\n", "p.yml:2:12: unknown rule 'hig' (did you mean 'high'?)"),
        ("version: 1\nversion: 1\n", "p.yml:2:1: duplicate key 'version'"),
    ],
)
def test_2_an_invalid_policy(lrdiag, write_log, tmp_path, policy, message):
    (tmp_path / "p.yml").write_text(policy)
    code, out, err = gate(lrdiag, write_log(2))
    assert (code, out) == (2, "")
    assert message in err


def test_2_invalid_rules_and_baselines(lrdiag, write_log, tmp_path):
    log = write_log(2)
    (tmp_path / "b.json").write_text("{}")
    assert gate(lrdiag, log, "--baseline", "b.json")[0] == 2
    assert gate(lrdiag, log, "--baseline", "none.json")[0] == 2
    (tmp_path / "r.yml").write_text(RULES.replace("severity", "severitx"))
    assert gate(lrdiag, log)[0] == 2


def test_2_unknown_policy_and_option(lrdiag, write_log):
    code, _, err = lrdiag("gate", write_log(2), "--policy", "minimol")
    assert code == 2
    assert "did you mean 'minimal'?" in err
    assert lrdiag("gate", "x", "--nope")[0] == 2


def test_3_nothing_to_read(lrdiag, tmp_path):
    (tmp_path / "empty").mkdir()
    code, out, _ = gate(lrdiag, "empty")
    assert code == 3
    assert "undecided: No run was found." in out


def test_3_a_missing_metric(lrdiag, write_log):
    code, out, _ = gate(lrdiag, write_log(2, column="train_loss"))
    assert code == 3
    assert "val_loss.last < 3 cannot be decided: val_loss.last is unknown." in out


def test_3_a_metric_that_is_not_finite(lrdiag, write_log, tmp_path):
    log = write_log(2)
    path = tmp_path / "logs" / "m.csv"
    path.write_text(path.read_text() + "20,nan\n")
    code, out, _ = gate(lrdiag, log)
    assert code == 3
    assert "not a finite number" in out


def test_1_before_3(lrdiag, write_log):
    write_log(5, "logs/a/m.csv")
    root = write_log(2, "logs/b/m.csv", column="train_loss").parent
    code, out, _ = gate(lrdiag, root)
    assert code == 1
    assert "undecided:" in out


def test_what_the_policy_allows_by_name_passes_and_is_said(lrdiag, write_log, tmp_path):
    (tmp_path / "p.yml").write_text(POLICY + "allow: [nothing-judged, 'condition:val_loss']\n")
    code, out, _ = gate(lrdiag, write_log(2, column="train_loss"))
    assert code == 0
    assert "allowed by the policy (condition:val_loss)" in out


def test_a_baseline_made_by_analyze(lrdiag, write_log, tmp_path):
    old = write_log(1.5, "old/m.csv")
    assert lrdiag("analyze", old, "--format", "json", "--output", "b.json")[0] in (0, 3)
    assert gate(lrdiag, write_log(1.5), "--baseline", "b.json")[0] == 0
    code, out, _ = gate(lrdiag, write_log(2.5), "--baseline", "b.json")
    assert code == 1
    assert "val_loss is 2.5, the baseline's 1.5: worse by 1" in out


def test_reports_are_written_beside_the_decision(lrdiag, write_log, tmp_path):
    log = write_log(5)
    code, out, _ = gate(lrdiag, log, "--format", "sarif", "--output", "r.sarif")
    assert code == 1
    assert out.startswith("gate: failed")
    results = json.loads((tmp_path / "r.sarif").read_text())["runs"][0]["results"]
    assert "high" in [r["ruleId"] for r in results]
    code, out, err = gate(lrdiag, log, "--format", "gitlab")
    assert code == 1
    assert "high" in [entry["check_name"] for entry in json.loads(out)]
    assert err.startswith("gate: failed")


def test_the_policy_of_the_configuration_is_used(lrdiag, write_log, tmp_path):
    (tmp_path / "lrdiag.yml").write_text("policy: p.yml\nrules: r.yml\n")
    assert lrdiag("gate", write_log(5))[0] == 1
    assert lrdiag("gate", write_log(2))[0] == 0


def test_accepting_a_finding_and_its_expiry(lrdiag, write_log, tmp_path):
    log = write_log(5)
    (tmp_path / "p.yml").write_text("version: 1\njudge_by: [high]\n")
    _, out, _ = lrdiag("rules", "explain", "high", log, "--rules", "r.yml")
    fingerprint = out.split("fingerprint: ")[1].split()[0]
    accepted = lrdiag("accept", fingerprint, "--reason", "known", "--owner", "ada")
    assert accepted[0] == 0
    assert gate(lrdiag, log)[0] == 0
    config = tmp_path / "lrdiag.yml"
    lines = [line for line in config.read_text().split("\n") if "expires" not in line]
    config.write_text("\n".join([*lines, "    expires: 2020-01-01", ""]))
    code, out, _ = gate(lrdiag, log)
    assert code == 1
    assert "A suppression has expired (2020-01-01)" in out
    assert "high: ends at 5.0" in out


def test_a_fraud_run_is_turned_away_with_the_reason_on_one_line(lrdiag, tmp_path):
    rows = "".join(f"{i},0.1,0.98,{0.002 * i + 0.01:.3f}\n" for i in range(60))
    (tmp_path / "fraud.csv").write_text("epoch,val_loss,val_accuracy,val_recall\n" + rows)
    code, out, _ = lrdiag("gate", "fraud.csv", "--policy", "imbalanced")
    assert code == 1
    (reason,) = [line for line in out.splitlines() if "val_recall.last >= 0.80" in line]
    assert "does not hold: val_recall.last = 0.128" in reason
