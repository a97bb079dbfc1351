"""The numbers a condition can ask of a curve: `val_loss.last`, `after_drop(1).val_f1.change`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lrdiag.runs import FloatArray
from lrdiag.statistics.noise import noise_level
from lrdiag.view import Curve, RunView

# A level is a median of this many points: one outlier at an end must not decide a rule.
LEVEL_POINTS = 3


def _best(curve: Curve) -> float:
    return float(curve.value.max() if curve.higher_is_better else curve.value.min())


def _best_at(curve: Curve) -> int:
    return int(curve.value.argmax() if curve.higher_is_better else curve.value.argmin())


def _slope(curve: Curve) -> float | None:
    """Least squares, per epoch; None without epochs or below 2 points."""
    x = curve.epoch
    if len(x) < 2 or not np.isfinite(x).all() or np.ptp(x) == 0:
        return None
    centred = x - x.mean()
    return float(centred @ (curve.value - curve.value.mean()) / (centred @ centred))


CURVE_VALUES: dict[str, Callable[[Curve], float | None]] = {
    "first": lambda c: float(c.value[0]),
    "best": _best,
    "best_step": lambda c: float(c.step[_best_at(c)]),
    "best_epoch": lambda c: float(c.epoch[_best_at(c)]),
    "min": lambda c: float(c.value.min()),
    "max": lambda c: float(c.value.max()),
    "mean": lambda c: float(c.value.mean()),
    "median": lambda c: float(np.median(c.value)),
    "slope": _slope,
    "noise": lambda c: noise_level(c.value),
}
"""Numbers of the finite points of a curve."""

OTHER_VALUES = ("last", "change", "points", "non_finite")
ATTRIBUTES = (*CURVE_VALUES, *OTHER_VALUES)


def _last_step(view: RunView) -> float | None:
    return max((float(c.step[-1]) for c in view.curves.values() if len(c)), default=None)


def _epochs(view: RunView) -> float | None:
    last = [float(c.epoch[-1]) for c in view.curves.values() if len(c) and np.isfinite(c.epoch[-1])]
    return max(last) + 1.0 if last and view.axis.known else None


RUN_VALUES: dict[str, Callable[[RunView], float | None]] = {
    "drops": lambda v: float(len(v.schedule.drops)),
    "rises": lambda v: float(len(v.schedule.rises)),
    "epochs": _epochs,
    "steps": _last_step,
}


def curve_value(curve: Curve, attribute: str, before: float | None = None) -> float | None:
    """A number of a curve (None: not enough points). NaN and infinities are left in `last`.

    `before`: the level before the drop, which `change` of a stretch after a drop compares with.
    """
    if attribute == "last":
        return float(curve.value[-1])
    if attribute in ("points", "non_finite"):
        broken = int(np.count_nonzero(~np.isfinite(curve.value)))
        return float(len(curve) if attribute == "points" else broken)
    finite = curve.finite
    if not len(finite):
        return None
    if attribute != "change":
        return CURVE_VALUES[attribute](finite)
    if not np.isfinite(curve.value[-1]) or (before is None and len(finite) < 2):
        return None
    start = _level(finite.value[:LEVEL_POINTS]) if before is None else before
    return _level(finite.value[-LEVEL_POINTS:]) - start


def level_before(curve: Curve, step: int) -> float | None:
    """Median of the last finite points before a step, None where there are none."""
    finite = curve.finite
    value = finite.value[finite.step < step]
    return _level(value[-LEVEL_POINTS:]) if len(value) else None


def _level(value: FloatArray) -> float:
    return float(np.median(value))
