"""Step and epoch: one axis, two units."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lrdiag.runs import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class EpochAxis:
    """Relates logged steps to epochs by linear interpolation between known pairs.

    Attributes:
        step: int64[k] increasing knots. epoch: float64[k] their epochs (0-based, as logged).
        origin: how it is known: "step is epoch", an epoch tag's name, "configured",
            "validation cadence", "" (unknown).
        fractional: epochs were logged as fractions.
    """

    step: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    epoch: FloatArray = field(default_factory=lambda: np.zeros(0))
    origin: str = ""
    fractional: bool = False

    @property
    def known(self) -> bool:
        """Whether steps can be turned into epochs."""
        return len(self.step) >= 1

    @property
    def is_identity(self) -> bool:
        """Whether a step is an epoch."""
        return self.origin == "step is epoch"

    @property
    def steps_per_epoch(self) -> float | None:
        """Median steps an epoch, None if unknown."""
        if self.is_identity:
            return 1.0
        if len(self.step) < 2:
            return None
        rise = np.diff(self.epoch)
        keep = rise > 0
        return float(np.median(np.diff(self.step)[keep] / rise[keep])) if keep.any() else None

    def epoch_of(self, step: IntArray | FloatArray) -> FloatArray:
        """Epochs (float64) of steps; NaN where unknown; extrapolated linearly at both ends."""
        at = np.asarray(step, np.float64)
        if not self.known:
            return np.full(at.shape, np.nan)
        return _interpolate(
            at, self.step.astype(np.float64), self.epoch, self._slope(inverse=False)
        )

    def step_of(self, epoch: FloatArray) -> FloatArray:
        """Steps (float64) of epochs; the inverse of `epoch_of`."""
        at = np.asarray(epoch, np.float64)
        if not self.known:
            return np.full(at.shape, np.nan)
        return _interpolate(at, self.epoch, self.step.astype(np.float64), self._slope(inverse=True))

    def shown(self, epoch: float) -> float:
        """The epoch as people count it: a value written at the end of epoch 7 belongs to 7.

        Where epochs were logged as fractions (Hugging Face) they are kept, to two decimals.
        """
        if self.fractional:
            return round(epoch, 2)
        return float(np.floor(epoch + 1e-6))

    def shown_epoch(self, step: int) -> float | None:
        """Epoch of one step as people count it, None if unknown."""
        epoch = self.epoch_at(step)
        return None if epoch is None else self.shown(epoch)

    def epoch_at(self, step: int) -> float | None:
        """Epoch of one step, None if unknown."""
        if self.known and self.step[0] <= step <= self.step[-1]:  # nearly always; ten times as fast
            value = float(np.interp(step, self.step, self.epoch))
        else:
            value = float(self.epoch_of(np.array([step], np.int64))[0])
        return value if np.isfinite(value) else None

    def _slope(self, *, inverse: bool) -> float:
        per = self.steps_per_epoch
        if per is None or per == 0:
            return 0.0
        return per if inverse else 1.0 / per


def _interpolate(at: FloatArray, x: FloatArray, y: FloatArray, slope: float) -> FloatArray:
    inside = np.interp(at, x, y)
    if len(at) and at.min() >= x[0] and at.max() <= x[-1]:
        return inside
    below = np.where(at < x[0], (at - x[0]) * slope, 0.0)
    above = np.where(at > x[-1], (at - x[-1]) * slope, 0.0)
    return np.asarray(inside + below + above, np.float64)
