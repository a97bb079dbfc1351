"""What ends a training that is still going on, and what its rest may still put right."""

import math

import numpy as np
import pytest

from lrdiag.config import Config
from lrdiag.diagnose import diagnose_run, rules_for
from lrdiag.findings import Verdict
from lrdiag.runs import Run, Series
from lrdiag.watch import judged_so_far
from lrdiag.watching.settled import LEFT_TO_THE_END, REASON, STANDING, shortened

CONFIG = Config()
RULES = rules_for(CONFIG)
MULTISTEP = {"scheduler": "MultiStepLR", "milestones": [20], "gamma": 0.1, "lr": 0.1, "epochs": 30}


def run_of(params=None, step=None, **values):
    series = {}
    for tag, value in values.items():
        at = np.arange(len(value)) if step is None else step
        series[tag] = Series(tag, at, np.full(len(value), np.nan), np.asarray(value, float))
    return Run("run", series, params=params or {}, params_origin="hparams.yaml" if params else "")


def failed(report):
    return {finding.rule for finding in report.failed}


def so_far(run, **options):
    return judged_so_far(run, RULES, CONFIG, **options)


def noisy(values, share=0.01, seed=0):
    return np.asarray(values) * (1 + share * np.random.default_rng(seed).normal(size=len(values)))


def creeping(rows):
    return 2.3 - 0.3 * np.arange(rows) / rows


def test_a_rate_that_is_too_low_so_far_ends_nothing():
    run = run_of(train_loss=creeping(40), val_loss=creeping(40) + 0.01)
    assert "lr-too-low" in failed(diagnose_run(run, RULES, CONFIG))
    report = so_far(run)
    assert "lr-too-low" not in failed(report)
    assert report.verdict is not Verdict.UNHEALTHY
    (kept,) = [f for f in report.findings if f.rule == "lr-too-low"]
    assert kept.reason == REASON


def test_a_rule_asked_for_by_name_counts_at_once():
    run = run_of(train_loss=creeping(40), val_loss=creeping(40) + 0.01)
    assert "lr-too-low" in failed(so_far(run, chosen=["lr-too-low"]))


def rated(epochs, drop_at=None):
    epoch = np.arange(epochs)
    rate = np.where(epoch < (drop_at or epochs), 0.1, 0.01)
    return run_of(MULTISTEP, train_loss=1 / (epoch + 1), lr=rate)


def test_a_milestone_that_is_still_to_come_is_not_missed():
    assert "schedule-not-applied" not in failed(so_far(rated(18)))


def test_a_milestone_passed_without_a_drop_ends_the_training_after_a_margin():
    assert "schedule-not-applied" not in failed(so_far(rated(22)))
    assert "schedule-not-applied" in failed(so_far(rated(28)))
    assert "schedule-not-applied" not in failed(so_far(rated(28, drop_at=20)))


def test_a_log_of_the_rate_alone_is_judged_too():
    assert "schedule-not-applied" in failed(so_far(run_of(MULTISTEP, lr=np.full(28, 0.1))))


def by_steps(epochs, per_epoch=50):
    """Losses by steps, validated once an epoch: how long an epoch is shows in the cadence only."""
    step = np.arange(epochs * per_epoch)
    train = Series("train_loss", step, step * np.nan, 1 / (step / per_epoch + 1.0))
    rate = Series("lr", step, step * np.nan, np.full(len(step), 0.1))
    at = step[per_epoch - 1 :: per_epoch]
    val = Series("val_loss", at, at * np.nan, 1.2 / (at / per_epoch + 1.0))
    series = {s.tag: s for s in (train, rate, val)}
    return Run("run", series, params=MULTISTEP, params_origin="hparams.yaml")


@pytest.mark.parametrize("epochs", [2, 6, 12, 18])
def test_the_configured_epochs_are_not_taken_for_the_length_of_a_log_that_grows(epochs):
    assert "schedule-not-applied" not in failed(so_far(by_steps(epochs)))


def test_one_batch_that_is_no_number_ends_nothing_and_a_lasting_one_does():
    loss = [1.0, 0.9, 0.8, 0.7]
    assert "nan-divergence" not in failed(so_far(run_of(train_loss=[*loss, math.nan])))
    assert "nan-divergence" not in failed(so_far(run_of(train_loss=[math.nan, *loss])))
    report = so_far(run_of(train_loss=[*loss, *[math.nan] * 3]))
    assert "nan-divergence" in failed(report)
    assert report.verdict is Verdict.UNHEALTHY


def test_a_high_rate_ends_a_training_only_where_nothing_is_learnt():
    wild = np.tile([1.0, 1.4, 0.8, 1.5], 15)
    learning = run_of(train_loss=np.linspace(1.5, 0.7, 60), val_loss=wild)
    assert "lr-too-high" not in failed(so_far(learning))
    bouncing = run_of(train_loss=noisy(np.linspace(1.0, 1.5, 60), 0.1), val_loss=wild)
    assert "lr-too-high" in failed(so_far(bouncing))


def test_overfitting_ends_a_training_once_it_has_stood():
    train = 1 / (np.arange(60) + 1.0)
    val = np.concatenate([np.linspace(2, 1, 20), np.linspace(1, 2.5, 40)])

    def upto(rows):
        return run_of(train_loss=train[:rows], val_loss=val[:rows])

    judged = [failed(diagnose_run(upto(rows), RULES, CONFIG)) for rows in range(21, 61)]
    first = 21 + next(n for n, rules in enumerate(judged) if "overfitting" in rules)
    assert "overfitting" not in failed(so_far(upto(first)))
    assert "overfitting" in failed(so_far(upto(60)))


def test_shortened_leaves_out_the_latest_points():
    short = shortened(run_of(train_loss=np.arange(12.0)), 1 / 6)
    assert short.series["train_loss"].value.tolist() == list(range(10))


def test_every_check_named_here_exists():
    assert {rule.check.kind for rule in RULES.rules} >= LEFT_TO_THE_END | STANDING
