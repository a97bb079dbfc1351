"""Which steps make an epoch: from an epoch series, the configuration, or the validation cadence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from lrdiag.axes import EpochAxis
from lrdiag.roles.resolution import Roles
from lrdiag.runs import FloatArray, IntArray, Run, Series
from lrdiag.statistics.distinct import distinct

# Nobody trains for more epochs than this and logs each; above it a dense step is an iteration.
MAX_EPOCHS = 5_000
# Per-iteration steps must run at least this far beyond per-epoch ones to be told apart.
TWO_UNITS_RATIO = 1.8
# Rows so few steps apart are every so many epochs: no training set makes so few batches.
MAX_EPOCHS_A_ROW = 5


def infer_axis(
    run: Run,
    roles: Roles,
    epochs: int | None = None,
    steps_per_epoch: float | None = None,
) -> tuple[EpochAxis, frozenset[str]]:
    """The run's epoch axis, and the tags whose own step counts epochs while others count steps.

    Args:
        run: the run. roles: its roles.
        epochs: configured number of epochs, if known.
        steps_per_epoch: configured, if known; it wins over all but an epoch series.
    """
    used = _used(run, roles)
    if not used:
        return EpochAxis(), frozenset()
    epoch_tag = roles.tags.get("epoch")
    if epoch_tag is not None:
        axis = _from_epoch_series(run.series[epoch_tag])
        if axis is not None:
            told = [] if axis.is_identity else _told_in_epochs(used)
            return axis, frozenset(told)
    coarse = _told_in_epochs(used) or _per_epoch_tags(used)
    if coarse:
        return _two_units(used, coarse, steps_per_epoch), frozenset(coarse)
    last = max(int(s.step.max()) for s in used.values())
    if steps_per_epoch and steps_per_epoch > 1:
        return _linear(float(steps_per_epoch), last, "configured"), frozenset()
    return _from_cadence(used, roles, last, epochs), frozenset()


def _used(run: Run, roles: Roles) -> dict[str, Series]:
    tags = [t for r, t in roles.tags.items() if r != "epoch"]
    found = {tag: run.series[tag] for tag in tags if len(run.series[tag])}
    return found or {t: s for t, s in run.series.items() if len(s)}


def _from_epoch_series(series: Series) -> EpochAxis | None:
    keep = np.isfinite(series.value)
    step, epoch = series.step[keep], series.value[keep]
    if not len(step):
        return None
    if np.array_equal(step.astype(np.float64), epoch):
        return _identity(step)
    order = np.argsort(step, kind="stable")
    step, epoch = step[order], epoch[order]
    if np.any(epoch != np.floor(epoch)):
        return _increasing(step, epoch, "epoch series", fractional=True)
    return _from_whole_epochs(step, epoch)


def _from_whole_epochs(step: IntArray, epoch: FloatArray) -> EpochAxis | None:
    rising = np.flatnonzero(np.append(np.diff(epoch) > 0, True))
    last_step, last_epoch = step[rising], epoch[rising]
    # Rows written at the start of an epoch begin with step 0 and are one an epoch; otherwise
    # an epoch ends at its last row, and the next begins one step later.
    at_start = step[0] == 0 and len(rising) == len(step)
    if at_start:
        return _increasing(last_step, last_epoch, "epoch series")
    if len(last_step) == 1:
        first = int(step[0])
        span = max(int(last_step[0]) + 1 - first, 1)
        knots = np.array([last_step[0] + 1 - span, last_step[0] + 1], np.int64)
        return EpochAxis(knots, np.array([last_epoch[0], last_epoch[0] + 1.0]), "epoch series")
    return _increasing(last_step + 1, last_epoch + 1.0, "epoch series")


def _increasing(
    step: IntArray, epoch: FloatArray, origin: str, *, fractional: bool = False
) -> EpochAxis | None:
    best = np.maximum.accumulate(epoch)
    keep = np.append(True, (np.diff(step) > 0) & (np.diff(best) > 0))
    if not keep.any():
        return None
    return EpochAxis(step[keep], epoch[keep].astype(np.float64), origin, fractional)


def _identity(step: IntArray) -> EpochAxis:
    knots = np.array([int(step.min()), max(int(step.max()), int(step.min()) + 1)], np.int64)
    return EpochAxis(knots, knots.astype(np.float64), "step is epoch")


def _linear(per_epoch: float, last: int, origin: str, start: int = 0) -> EpochAxis:
    start = max(start, 0)
    end = start + max(round(max(last + 1.0 - start, per_epoch)), 1)
    knots = np.array([start, end], np.int64)
    return EpochAxis(knots, np.array([0.0, (end - start) / per_epoch]), origin)


def _spacing(step: IntArray) -> int:
    gaps = np.diff(distinct(step))
    return int(np.median(gaps)) if len(gaps) else 0


def _told_in_epochs(used: dict[str, Series]) -> list[str]:
    """Tags that the log's own format says are indexed by epochs, beside others by steps."""
    named = {tag: s.index for tag, s in used.items()}
    if "step" not in named.values():
        return []
    return [tag for tag, index in named.items() if index == "epoch"]


def _per_epoch_tags(used: dict[str, Series]) -> list[str]:
    """Tags that count epochs in a run where others count iterations (one name, two units)."""
    last = {tag: int(s.step.max()) for tag, s in used.items()}
    top = max(last.values())
    coarse = [
        tag
        for tag, s in used.items()
        if len(s) >= 3
        and s.step.min() <= 1
        and last[tag] < MAX_EPOCHS
        and top + 1 >= TWO_UNITS_RATIO * (last[tag] + 1)
        and _spacing(s.step) == 1
    ]
    fine = [tag for tag in used if tag not in coarse and len(used[tag]) > 1]
    return coarse if coarse and fine else []


def _two_units(
    used: dict[str, Series], coarse: list[str], steps_per_epoch: float | None
) -> EpochAxis:
    last = max(int(s.step.max()) for s in used.values())
    longest = max((used[tag].step for tag in coarse), key=lambda step: int(step.max()))
    count = int(longest.max()) - min(int(longest.min()), 1) + 1
    per_epoch = steps_per_epoch or float(np.ceil((last + 1) / count))
    return _linear(per_epoch, last, "validation cadence")


def _from_cadence(
    used: dict[str, Series], roles: Roles, last: int, epochs: int | None
) -> EpochAxis:
    first = min(int(s.step.min()) for s in used.values())
    steps = list(_cadence_steps(used, roles))
    spacing = max((_spacing(s) for s in steps), default=0)
    few = last - first < MAX_EPOCHS
    if few and (spacing == 1 or _ends_with(epochs, last, spacing)):
        return _identity(np.array([first, last], np.int64))
    if epochs and epochs > 1 and last + 1 >= 2 * epochs:
        return _of_length(epochs, steps, last)
    if few and 1 < spacing <= MAX_EPOCHS_A_ROW:
        return _identity(np.array([first, last], np.int64))
    spacing = _spacing(steps[0]) if steps else 0
    if spacing > 1 and len(steps[0]) >= 5:
        return _linear(float(spacing), last, "validation cadence")
    if last < 1_000 and len(used) and all(len(s) < 50 for s in used.values()):
        return _identity(np.array([first, last], np.int64))
    return EpochAxis()


def _ends_with(epochs: int | None, last: int, spacing: int) -> bool:
    """Whether the log's last step is the last epoch, or the last of those that were logged."""
    if not epochs:
        return False
    every = spacing if 10 * spacing <= epochs else 1
    return -every <= last - epochs <= 1


def _of_length(epochs: int, steps: Sequence[IntArray], last: int) -> EpochAxis:
    """The axis of a training of so many epochs, which may be numbered from any step on."""
    spacing = _spacing(steps[0]) if steps else 0
    if spacing > 1 and abs((last + 1) / spacing - epochs) <= 1:
        return _linear(float(spacing), last, "configured")
    if spacing > 1 and abs(len(distinct(steps[0])) - epochs) <= 1:
        return _linear(float(spacing), last, "configured", int(steps[0].min()) + 1 - spacing)
    return _linear((last + 1) / epochs, last, "configured")


def _cadence_steps(used: dict[str, Series], roles: Roles) -> Iterable[IntArray]:
    val = [t for r, t in roles.tags.items() if r.startswith("val_") and t in used]
    tags = val or list(used)
    return [used[tag].step for tag in sorted(tags, key=lambda t: -len(used[t]))]
