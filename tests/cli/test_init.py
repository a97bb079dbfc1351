"""`lrdiag init`: a first configuration that lrdiag itself accepts."""

from __future__ import annotations

import pytest

from lrdiag.config import load_config
from lrdiag.rulefile.policies import load_policy


@pytest.fixture
def log(tmp_path):
    rows = "".join(
        f"{i},{2 / (i + 1):.4f},{2.1 / (i + 1):.4f},{0.5 + i / 200:.3f},{0.1 if i < 30 else 0.01}\n"
        for i in range(60)
    )
    path = tmp_path / "logs" / 'm "x".csv'
    path.parent.mkdir()
    path.write_text("epoch,train/loss,valid: loss,val_recall,lr\n" + rows)
    return path


def test_writes_a_configuration_and_a_policy_that_are_valid(lrdiag, log, tmp_path):
    code, out, _ = lrdiag("init", log)
    assert code == 0
    assert "Wrote lrdiag.yml and gate.yml" in out
    config = load_config(tmp_path)
    assert config.roles["val_loss"] == "valid: loss"
    assert config.schedule is not None
    assert 30 in (*config.schedule.milestones, config.schedule.step_size)
    assert config.fail_on == "error"
    policy = load_policy(config.policy)
    assert policy.roles == ("val_loss", "val_recall")
    assert policy.min_points == 10


def test_the_gate_accepts_what_init_wrote(lrdiag, log):
    assert lrdiag("init", log)[0] == 0
    assert lrdiag("gate", log)[0] in (0, 1)


def test_existing_files_are_kept_without_force(lrdiag, log, tmp_path):
    (tmp_path / "gate.yml").write_text("mine")
    code, _, err = lrdiag("init", log)
    assert code == 2
    assert "gate.yml exists already" in err
    assert not (tmp_path / "lrdiag.yml").exists()
    assert (tmp_path / "gate.yml").read_text() == "mine"
    assert lrdiag("init", log, "--force")[0] == 0


def test_no_run_exits_3(lrdiag, tmp_path):
    (tmp_path / "empty").mkdir()
    assert lrdiag("init", "empty")[0] == 3


def test_a_log_without_known_names_still_gives_a_valid_file(lrdiag, tmp_path):
    (tmp_path / "m.csv").write_text("epoch,foo\n" + "".join(f"{i},{i}\n" for i in range(9)))
    assert lrdiag("init", "m.csv")[0] == 0
    assert load_config(tmp_path).schedule is None
    assert load_policy(tmp_path / "gate.yml").roles == ()
