"""Numbers that describe the shape of a run, the same whatever unit, scale or length it has.

Every trait is a ratio, a logarithm of a ratio or a share, so that scaling a metric, renumbering
steps or logging more often leaves it alone. `fall` means a decrease of the logarithm: 0.1 is
10 %. They are what the scorecards (`statistics.scorecard`) weigh; `trait_words` says them.
"""

from __future__ import annotations

import numpy as np

from lrdiag.checks.shape import Shape, Turn, shape_of
from lrdiag.runs import FloatArray
from lrdiag.statistics.noise import noise_level
from lrdiag.view import RunView

NAN = float("nan")
Traits = dict[str, float]


def traits_of(view: RunView) -> Traits | None:
    """All traits of a run, computed once; None where it has no shape."""
    if "traits" not in view.cache:
        shape = shape_of(view)
        view.cache["traits"] = None if shape is None else run_traits(shape)
    traits: Traits | None = view.cache["traits"]
    return traits


def run_traits(shape: Shape) -> Traits:
    """Traits of the whole run, those of its first and last drop prefixed."""
    traits: Traits = {"drops": len(shape.drops), "rises": len(shape.rises)}
    traits.update(_curve_traits(shape.train, "train"))
    traits.update(_curve_traits(shape.val, "val"))
    traits.update(_joint_traits(shape))
    traits.update(_accuracy_traits(shape.accuracy))
    traits.update(_rate_traits(shape.rate))
    for prefix, turns in (("first", shape.drops[:1]), ("last", shape.drops[-1:])):
        for turn in turns:
            traits.update({f"{prefix}_{k}": v for k, v in turn_traits(shape, turn).items()})
    return traits


def turn_traits(shape: Shape, turn: Turn) -> Traits:
    """Traits of one change of the rate."""
    n = len(shape)
    traits: Traits = {
        "position": turn.row / n,
        "ratio": float(np.log10(max(turn.ratio, 1e-6))) if turn.ratio > 0 else NAN,
        "length": (turn.until - turn.row) / n,
        "left_after": (n - turn.until) / n,
        "train_left": _share_left(shape.train, turn.row - 3, turn.row),
        "before_rate": _before_rate(shape, turn),
    }
    for name, curve in (("train", shape.train), ("val", shape.val)):
        traits.update({f"{name}_{k}": v for k, v in _across(curve, turn).items()})
    if shape.accuracy is not None:
        before = float(shape.accuracy[max(turn.since, turn.row - 3) : turn.row].mean())
        traits["accuracy_gain"] = float(shape.accuracy[-3:].mean()) - before
        segment = shape.accuracy[max(turn.row + 1, turn.until - 3) : turn.until]
        traits["accuracy_step"] = float(segment.mean()) - before if len(segment) else NAN
    return traits


def slope(curve: FloatArray) -> float:
    """Least-squares slope a row; 0 below 3 rows."""
    if len(curve) < 3:
        return 0.0
    at = np.arange(len(curve)) - (len(curve) - 1) / 2
    return float(at @ (curve - curve.mean()) / (at @ at))


def smooth(curve: FloatArray) -> FloatArray:
    """Mean of three neighbouring rows; two rows shorter."""
    return np.asarray(np.convolve(curve, np.ones(3) / 3, "valid"))


def _curve_traits(curve: FloatArray, name: str) -> Traits:
    n = len(curve)
    quarter, half = max(3, n // 4), n // 2
    even = smooth(curve)
    best = int(even.argmin())
    steps = np.diff(curve[1:])
    movement = float(np.abs(steps).sum())
    found = {
        "total": float(curve[:2].mean() - curve[-3:].mean()),
        "end_slope": slope(curve[-quarter:]) * quarter,
        "half_slope": slope(curve[half:]) * (n - half),
        "noise_late": noise_level(curve[-max(6, quarter) :]),
        "noise_early": noise_level(curve[2 : max(8, half)]),
        "rise": float(even[-1] - even[best]),
        "best_at": best / len(even),
        "up": float(np.maximum(steps, 0).sum()) / movement if movement > 0 else 0.0,
        "left_half": _share_left(curve, half - 1, half + 2),
        "left_quarter": _share_left(curve, n - quarter - 1, n - quarter + 2),
        "shape_early": float(curve[0] - curve[max(1, n // 8)]),
    }
    return {f"{name}_{key}": value for key, value in found.items()}


def _share_left(curve: FloatArray, first: int, end: int) -> float:
    """Share of the whole fall (in the loss itself) that is still to come at these rows."""
    loss = np.exp(curve - curve[0])
    whole = float(loss[0] - loss[-3:].mean())
    part = float(loss[max(first, 0) : end].mean() - loss[-3:].mean())
    return float(np.clip(part / max(whole, 1e-3), -5.0, 5.0))


def _joint_traits(shape: Shape) -> Traits:
    gap = shape.val - shape.train
    half = len(shape) // 2
    return {
        "gap_end": float(gap[-3:].mean()),
        "gap_half": float(gap[half - 1 : half + 2].mean()),
        "gap_max": float(gap.max()),
        "gap_min": float(gap[2:].min()),
        "gap_median": float(np.median(gap)),
        "val_below": float((gap[2:] < 0).mean()),
        "train_end": float(shape.train[-3:].mean()) - shape.start,
        "val_end": float(shape.val[-3:].mean()) - shape.start,
        "val_best": float(shape.val.min()) - shape.start,
        "together": _correlation(shape.train, shape.val),
    }


def _correlation(a: FloatArray, b: FloatArray) -> float:
    """How far the late row-to-row changes of both losses go together."""
    x, y = np.diff(a[len(a) // 4 :]), np.diff(b[len(b) // 4 :])
    x, y = x - x.mean(), y - y.mean()
    power = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / power if power > 0 else 0.0


def _accuracy_traits(accuracy: FloatArray | None) -> Traits:
    if accuracy is None:
        return {}
    return {
        "accuracy_end": float(accuracy[-3:].mean()),
        "accuracy_max": float(accuracy.max()),
        "accuracy_gain": float(accuracy[-5:].mean() - accuracy[:2].mean()),
        "accuracy_noise": noise_level(accuracy),
    }


def _rate_traits(rate: FloatArray | None) -> Traits:
    if rate is None:
        return {}
    found = {
        f"rate_above_{level:g}": float((rate >= level * (1 - 1e-6)).mean())
        for level in (0.5, 0.3, 0.1)
    }
    return {
        "rate_mean": float(rate.mean()),
        "rate_end": float(np.log10(max(rate[-1], 1e-6))),
        **found,
    }


def _before_rate(shape: Shape, turn: Turn) -> float:
    if shape.rate is None:
        return NAN
    return float(np.log10(max(shape.rate[max(turn.row - 1, 0)], 1e-6)))


def _across(curve: FloatArray, turn: Turn) -> Traits:
    """Change of level and slope across a turn; the turn's own row belongs to neither side.

    (Logs written after `scheduler.step()` show a drop one row early.)
    """
    row, since, until, n = turn.row, turn.since, turn.until, len(curve)
    before = float(curve[max(since, row - 3) : row].mean())
    just_after = curve[min(row + 1, n - 1) : min(row + 4, n)]
    end = curve[max(min(row + 1, n - 1), until - 3) : max(until, row + 2)]
    back = max(since + 1, row - max(4, (row - since) // 2))
    falling = slope(curve[back:row])
    early = curve[since + max(0, int(0.4 * (row - since)) - 1) :][:3]
    return {
        "jump": float(just_after.mean()) - before,
        "segment": float(end.mean()) - before,
        "final": float(curve[-3:].mean()) - before,
        "slope": falling,
        "slope_left": falling * (n - row),
        "slope_after": slope(curve[row + 1 : until]),
        "after_left": slope(curve[row + 1 :]) * (n - row),
        "noise_before": noise_level(curve[since:row]) if row - since >= 4 else NAN,
        "noise_after": noise_level(curve[row + 1 : until]) if until - row >= 5 else NAN,
        "late_progress": float(early.mean()) - before,
        "since_start": before - float(curve[0]),
    }
