from __future__ import annotations

from pathlib import Path

import pytest

from lrdiag.config import load_config
from lrdiag.errors import ConfigError, LrdiagError

FULL = """
roles: {val_loss: "eval/*"}
schedule: {milestones: [30, 60], gamma: 0.1, epochs: 90}
task: {majority_rate: 0.98}
rules: [ours.yml]
disable: [loss-spike]
fail_on: error
"""


def write(folder: Path, text: str, name: str = "lrdiag.yml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_every_setting_arrives(tmp_path):
    config = load_config(file=write(tmp_path, FULL))
    assert config.roles == {"val_loss": "eval/*"}
    assert config.schedule is not None
    assert config.schedule.milestones == (30, 60)
    assert config.epochs == 90
    assert config.rules == (tmp_path / "ours.yml",)
    assert config.task["majority_rate"] == 0.98
    assert config.fail_on == "error"
    assert config.disable == ("loss-spike",)


def test_the_nearest_file_counts(tmp_path):
    write(tmp_path, "fail_on: note")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert load_config(inner).fail_on == "note"
    write(tmp_path / "a", "fail_on: error")
    assert load_config(inner).fail_on == "error"


def test_pyproject_is_read_and_one_without_the_table_is_passed_by(tmp_path):
    write(tmp_path, '[tool.lrdiag]\nfail_on = "warning"\n', "pyproject.toml")
    inner = tmp_path / "a"
    inner.mkdir()
    write(inner, "[project]\nname = 'x'\n", "pyproject.toml")
    assert load_config(inner).fail_on == "warning"


def test_no_file_is_no_configuration(tmp_path):
    assert load_config(tmp_path).file == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("fial_on: error", "did you mean 'fail_on'"),
        ("fail_on: fatal", "fail_on: expected"),
        ("roles: [val_loss]", "roles: expected"),
        ("roles: {val_los: nll}", "roles: There is no role 'val_los'. Did you mean 'val_loss'?"),
        ("epochs: -3", "epochs: expected"),
        ("rules: 7", "rules: expected"),
        ("- a\n- b", "expected a mapping"),
        ("fail_on: [", "lrdiag.yml"),
    ],
)
def test_mistakes_are_named(tmp_path, text, told):
    with pytest.raises(LrdiagError) as caught:
        load_config(file=write(tmp_path, text))
    assert told in str(caught.value)


def test_all_mistakes_are_named_at_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_config(file=write(tmp_path, "fail_on: fatal\nepochs: no\nnonsense: 1"))
    assert all(key in str(caught.value) for key in ("fail_on", "epochs", "nonsense"))


def test_a_named_file_must_exist(tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.yml"):
        load_config(file=tmp_path / "gone.yml")
