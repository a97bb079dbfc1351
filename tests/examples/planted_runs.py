"""Rates that a MultiStepLR logs when it runs in one way or another, and how they are explained."""

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.runs import Series
from lrdiag.schedule.agreement import reconciled
from lrdiag.schedule.configured import from_options
from lrdiag.schedule.forward import rate_at
from lrdiag.schedule.points import clean_rates

PER = 40


MULTI = {"base_lr": 0.1, "milestones": [30, 60], "gamma": 0.1}


CONFIG = from_options([30, 60], gamma=0.1, epochs=90, steps_per_epoch=PER, base_lr=0.1)


EPOCHS = EpochAxis(np.array([0, 90]), np.array([0.0, 90.0]), "step is epoch")


STEPS = EpochAxis(np.array([0, 90 * PER]), np.array([0.0, 90.0]), "configured")


ROWS = np.arange(0, 90 * PER, 10)


UNKNOWN = EpochAxis()


EPOCH = ROWS // PER


def series(rates, steps=None, restarts=()):
    rates = np.asarray(rates, float)
    steps = np.arange(len(rates)) if steps is None else np.asarray(steps)
    return Series("lr", steps.astype(np.int64), np.full(len(rates), np.nan), rates,
                  restarts=restarts)  # fmt: skip


def answer(rates, steps=ROWS, axis=STEPS, config=CONFIG, epochs=90, restarts=()):
    log = clean_rates(series(rates, steps, restarts))
    return reconciled(config, log, axis, epochs), log


def hypothesis(*args, **more):
    return answer(*args, **more)[0].hypothesis


def multi(tick, **more):
    return rate_at("multistep", {**MULTI, **more}, np.asarray(tick, float))


FOUND = [
    ("as configured", multi(EPOCH), {"kind": "ok"}),
    ("never stepped", multi(0 * ROWS), {"kind": "never_stepped"}),
    ("every batch", multi(ROWS), {"kind": "per_batch"}),
    ("twice", multi(2 * EPOCH), {"kind": "rate_k", "k": 2}),
    ("another gamma", multi(EPOCH, gamma=0.25), {"kind": "wrong_gamma", "gamma": 0.25}),
    ("a missing drop", multi(EPOCH, milestones=[60]), {"kind": "missed_drop", "missed": 30}),
    ("the other missing", multi(EPOCH, milestones=[30]), {"kind": "missed_drop", "missed": 60}),
    ("two epochs late", multi(np.maximum(EPOCH - 2, 0)), {"kind": "offset", "delta": 2.0}),
    ("a jump", np.where(ROWS >= 2000, 5, 1) * multi(EPOCH),
     {"kind": "jump", "at": 2000.0, "factor": 5.0}),
    ("a fall", np.where(ROWS >= 2000, 0.3, 1) * multi(EPOCH),
     {"kind": "jump", "at": 2000.0, "factor": 0.3}),
    ("begun anew", multi(np.where(ROWS >= 2000, EPOCH - 50, EPOCH)),
     {"kind": "resume_reset", "at": 2000.0, "tick_at": 50.0}),
]  # fmt: skip
