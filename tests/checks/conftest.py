from itertools import pairwise

import numpy as np
import pytest

from lrdiag.axes import EpochAxis
from lrdiag.runs import Run
from lrdiag.schedule.values import Change, Family, GroupSchedule, Schedule, Segment
from lrdiag.view import Curve, RunView

UNITS = {"loss": "loss", "accuracy": "fraction", "recall": "fraction"}


def curve(role, value, step, epoch):
    kind = next((k for k in UNITS if k in role), "")
    return Curve(
        role, role, step, epoch, np.asarray(value, float), kind != "loss", UNITS.get(kind, "number")
    )


def view(curves, rates=None, per_epoch=1, first=0, repeat=1, known=True, **fields):
    """A run with one row an epoch: curves by role, the rate of each row."""
    made = {}
    for role, logged in curves.items():
        value = np.repeat(np.asarray(logged, float), repeat)
        n = len(value)
        epoch = np.arange(n) / repeat if repeat > 1 else np.arange(n, dtype=float)
        step = np.round(epoch * per_epoch).astype(np.int64) + first
        made[role] = curve(role, value, step, epoch if known else np.full(n, np.nan))
    count = max(len(c) for c in made.values()) // repeat
    axis = (
        EpochAxis(
            np.array([first, first + count * per_epoch]),
            np.array([0.0, float(count)]),
            "step is epoch" if per_epoch == 1 else "configured",
        )
        if known
        else EpochAxis()
    )
    schedule = schedule_of(rates, per_epoch, first, known) if rates is not None else Schedule()
    return RunView(Run("r", {}), made, axis, schedule, **fields)


def schedule_of(rates, per_epoch=1, first=0, known=True):
    rates = np.asarray(rates, float)
    at = [i for i in range(1, len(rates)) if rates[i] != rates[i - 1]]
    changes = tuple(
        Change(first + i * per_epoch, float(i) if known else None, rates[i - 1], rates[i])
        for i in at
    )
    edges = [0, *at, len(rates)]
    segments = tuple(
        Segment(first + a * per_epoch, first + b * per_epoch, rates[a], rates[b - 1])
        for a, b in pairwise(edges)
    )
    group = GroupSchedule("lr", changes, Family("multistep", {}), len(rates))
    return Schedule(
        groups=(group,),
        drops=tuple(c for c in changes if c.is_drop),
        rises=tuple(c for c in changes if not c.is_drop),
        segments=segments,
        family=group.family,
    )


def step_rates(n, *milestones, base=0.1, gamma=0.1):
    rates = np.full(n, base)
    for m in milestones:
        rates[m:] *= gamma
    return rates


class Shapes:
    """Curves as trainings of that kind draw them; noise is relative."""

    @staticmethod
    def noisy(value, sigma, seed=0):
        value = np.asarray(value, float)
        return value * np.exp(np.random.default_rng(seed).normal(0, sigma, len(value)))

    def healthy(self, n=40, drops=(20, 32), seed=0):
        t = np.arange(n)
        train = 0.35 + 1.9 * np.exp(-t / 5)
        for d in drops:
            train[d:] -= 0.4 * (train[d - 1]) * (1 - np.exp(-(t[d:] - d + 1) / 1.5)) * 0.6
        val = train * 1.1 + 0.12
        accuracy = 0.92 - 0.8 * np.exp(-t / 5)
        return {
            "train_loss": self.noisy(train, 0.012, seed),
            "val_loss": self.noisy(val, 0.012, seed + 1),
            "val_accuracy": accuracy + np.random.default_rng(seed + 2).normal(0, 0.006, n),
        }, step_rates(n, *drops)

    def overfitting(self, n=40):
        t = np.arange(n)
        val = 0.8 + 1.4 * np.exp(-t / 2.5) + np.maximum(t - 9, 0) * 0.025
        return {
            "train_loss": self.noisy(0.01 + 2.2 * np.exp(-t / 4), 0.01),
            "val_loss": self.noisy(val, 0.01, 1),
            "val_accuracy": 0.75 - 0.6 * np.exp(-t / 3),
        }, step_rates(n, 20, 30)

    def lr_too_low(self, n=40):
        t = np.arange(n)
        train = 2.3 - 0.012 * t
        return {
            "train_loss": self.noisy(train, 0.0005),
            "val_loss": self.noisy(train * 1.005, 0.0003, 1),
            "val_accuracy": 0.12 + 0.004 * t,
        }, np.full(n, 1e-5)

    def lr_too_high(self, n=30):
        r = np.random.default_rng(0)
        return {
            "train_loss": 2.2 + r.normal(0, 0.15, n),
            "val_loss": 2.3 + r.normal(0, 0.3, n),
            "val_accuracy": 0.15 + r.normal(0, 0.04, n),
        }, np.full(n, 3.0)

    def drop_too_early(self, n=40):
        t = np.arange(n)
        train = np.where(t < 3, 2.3 - 0.25 * t, 1.6 - 0.15 * (1 - np.exp(-(t - 3) / 10)))
        return {
            "train_loss": self.noisy(train, 0.0008),
            "val_loss": self.noisy(train * 1.02, 0.0005, 1),
            "val_accuracy": 0.2 + 0.2 * (1 - np.exp(-t / 3)),
        }, step_rates(n, 3)

    def drop_too_late(self, n=40):
        t = np.arange(n)
        train = 0.5 + 1.8 * np.exp(-t / 2)
        val = self.noisy(train + 0.1, 0.12, 1)
        val[36:] = [0.42, 0.41, 0.415, 0.41]
        train = self.noisy(train, 0.05)
        train[36:] = [0.3, 0.27, 0.265, 0.26]
        return {
            "train_loss": train,
            "val_loss": val,
            "val_accuracy": self.noisy(0.8 - 0.5 * np.exp(-t / 2), 0.03),
        }, step_rates(n, 36)

    def oscillation(self, n=40):
        curves, _ = self.healthy(n, (16,))
        curves["val_loss"] = np.abs(self.noisy(curves["val_loss"], 0.15, 5))
        curves["train_loss"] = np.abs(self.noisy(curves["train_loss"] + 0.3, 0.08, 6))
        return curves, step_rates(n, 16, gamma=0.5)

    def leakage(self, n=50):
        t = np.arange(n)
        train = 2.3 * np.exp(-t / 10)
        return {
            "train_loss": self.noisy(train, 0.02),
            "val_loss": self.noisy(train * 0.85, 0.02, 1),
            "val_accuracy": 1.0 - 0.85 * np.exp(-t / 10),
        }, step_rates(n, 25)

    def no_signal(self, n=40):
        t = np.arange(n)
        return {
            "train_loss": self.noisy(0.02 + 2.3 * np.exp(-t / 8), 0.01),
            "val_loss": self.noisy(2.31 + 0.08 * t, 0.01, 1),
            "val_accuracy": 0.1 + np.random.default_rng(3).normal(0, 0.008, n),
        }, step_rates(n, 20, 30)

    def plateau(self, n=40, drop=32):
        curves, _ = self.healthy(n, (16,))
        for role in ("train_loss", "val_loss", "val_accuracy"):
            curves[role][24:] = self.noisy(np.full(n - 24, curves[role][22:24].mean()), 0.0015)
        return curves, step_rates(n, 16, drop)


@pytest.fixture
def shapes():
    return Shapes()


@pytest.fixture
def make_view():
    return view


@pytest.fixture
def rates():
    return step_rates
