"""The part all callbacks share: what counts, how often, and that a training never breaks."""

import warnings

import pytest

from lrdiag.callbacks.judging import Judge, TrainingWarning
from lrdiag.config import Config


def write(path, overfit):
    rows = [f"{i},{1 / (i + 1):.4f},{2 - 0.05 * i:.4f}" for i in range(20)]
    if overfit:
        rows += [f"{i},{1 / (i + 1):.4f},{1 + 0.08 * (i - 20):.4f}" for i in range(20, 40)]
    path.write_text("\n".join(["epoch,train_loss,val_loss", *rows, ""]))


def test_stops_once_a_finding_appears_and_warns_of_it(tmp_path):
    log = tmp_path / "log.csv"
    judge = Judge(log, action="stop", every_seconds=0, config=Config())
    assert not judge.should_stop()
    write(log, overfit=False)
    assert not judge.should_stop()
    write(log, overfit=True)
    with pytest.warns(TrainingWarning, match="overfitting"):
        assert judge.should_stop()
    assert "overfitting" in {finding.rule for finding in judge.found}


def test_warns_without_stopping(tmp_path):
    write(tmp_path / "log.csv", overfit=True)
    judge = Judge(tmp_path / "log.csv", every_seconds=0, config=Config())
    with pytest.warns(TrainingWarning):
        assert not judge.should_stop()


def test_only_chosen_rules_count(tmp_path):
    write(tmp_path / "log.csv", overfit=True)
    judge = Judge(
        tmp_path / "log.csv", rules=["loss-spike"], action="stop", every_seconds=0, config=Config()
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not judge.should_stop()


def test_looks_are_rationed(tmp_path, monkeypatch):
    write(tmp_path / "log.csv", overfit=False)
    judge = Judge(tmp_path / "log.csv", every_seconds=1000, config=Config())
    looks = []
    monkeypatch.setattr(judge, "_look", lambda: looks.append(1) or [])
    for _ in range(5):
        judge.should_stop()
    judge.should_stop(now=True)
    assert len(looks) == 2


def test_a_fault_inside_is_said_once_and_the_training_goes_on(tmp_path, monkeypatch):
    judge = Judge(tmp_path / "log.csv", action="stop", every_seconds=0, config=Config())

    def breaks():
        raise RuntimeError("boom")

    monkeypatch.setattr(judge, "_look", breaks)
    with pytest.warns(TrainingWarning, match="boom"):
        assert not judge.should_stop()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not judge.should_stop()


def test_an_unknown_action_is_refused(tmp_path):
    with pytest.raises(ValueError, match="explode"):
        Judge(tmp_path, action="explode")
