"""Which logged names are an index (step, epoch, time) and which look like a metric."""

from __future__ import annotations

import re
from functools import lru_cache

STEP_NAMES = (
    "step",
    "global_step",
    "trainer_global_step",
    "train_global_step",
    "gobal_step",
    "iteration",
    "iterations",
    "iter",
    "iters",
    "n_iter",
    "itr",
    "num_updates",
    "updates",
    "update",
    "timesteps",
    "total_timesteps",
    "time_total_timesteps",
    "timesteps_total",
    "training_iteration",
    "batch",
    "batch_idx",
)
"""Names of the logged step, best first (counts over real logs: `step` 14, `iter` 16)."""

EPOCH_NAMES = ("epoch", "epochs", "ep", "epoch_num", "epoch_number", "train_epoch", "nepoch")
"""Names of the epoch, best first (`epoch` in 59 of 71 real logs)."""

WALL_NAMES = ("wall_time", "walltime", "timestamp", "datetime", "date_time", "date", "time")
"""Names of a column that may hold seconds since 1970 or an ISO date."""

_METRIC = re.compile(
    r"(?:^|[^a-z])(?:.*(?:loss|error|perplexity|reward|precision|recall|accuracy|logloss))|"
    r"(?:^|[^a-z])(?:acc|acc\d|err|lr|auc|f1|fscore|f1score|mse|mae|rmse|map\d*|ppl|bleu|wer|"
    r"cer|top\d|miou|iou|dice|nll|bpc|bpb|kappa|ap\d*|psnr|ssim|mrr|ndcg|return|trl|tel|"
    r"learning.?rate|grad.?norm|kl|kl.?div|elbo|corr)(?:$|[^a-z])",
)
_OTHER = re.compile(r"[^a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


_KNOWN = 4096
"""Names remembered: a text log repeats the same few on every line."""


@lru_cache(maxsize=_KNOWN)
def plain_name(name: str) -> str:
    """A column's name for comparison: `Global Step` and `global-step` are `global_step`."""
    return _OTHER.sub("_", name.lower()).strip("_")


def is_index(name: str) -> bool:
    """Whether a name is a step or an epoch."""
    return plain_name(name) in STEP_NAMES or plain_name(name) in EPOCH_NAMES


@lru_cache(maxsize=_KNOWN)
def is_metric(name: str) -> bool:
    """Whether a name looks like something a training logs (loss, accuracy, rate, …)."""
    return bool(_METRIC.search(_CAMEL.sub("_", name.strip()).lower()))


def pick(names: list[str], wanted: tuple[str, ...]) -> int | None:
    """Position of the first of `wanted` among `names`, None if there is none."""
    plain = [plain_name(n) for n in names]
    for name in wanted:
        if name in plain:
            return plain.index(name)
    return None
