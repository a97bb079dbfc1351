"""Scales and ticks of the SVG pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values in [low, high] to [start, end] pixels, linearly or by logarithm."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """The pixel of a value; values outside are held at the ends."""
        low, high, at = self.low, self.high, value
        if self.log:
            low, high, at = math.log10(low), math.log10(high), math.log10(max(value, self.low))
        share = (at - low) / (high - low)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def apart(self, about: int, pixels: float) -> list[tuple[float, float]]:
        """Ticks and their places, those left out that would stand closer than `pixels`."""
        kept: list[tuple[float, float]] = []
        for tick in self.ticks(about):
            at = self.at(tick)
            if not kept or abs(at - kept[-1][1]) >= pixels:
                kept.append((tick, at))
        return kept

    def ticks(self, about: int) -> list[float]:
        """Round values inside, `about` as many."""
        return _log_ticks(self.low, self.high, about) if self.log else _ticks(self, about)


def fit(values: Sequence[float], start: float, end: float, *, log: bool | None = None) -> Scale:
    """A scale over finite values with a margin of 4 %.

    `log` None decides: logarithmic when all are positive and either span over two decades or
    have outliers that would flatten the rest (the upper 5 % reach over four times as far as the
    other 95 %).
    """
    ordered = sorted(v for v in values if math.isfinite(v))
    if not ordered:
        return Scale(0.0, 1.0, start, end)
    positive = ordered[0] > 0
    if log is None:
        log = positive and (ordered[-1] / ordered[0] > 100 or _has_outliers(ordered))
    if log and ordered[-1] > 1e-299:
        low = max(min(v for v in ordered if v > 0), 1e-299)
        margin = max((ordered[-1] / low) ** 0.04, 1.05)
        return Scale(max(low / margin, 1e-300), ordered[-1] * margin, start, end, log=True)
    margin = (ordered[-1] - ordered[0]) * 0.04 or abs(ordered[0]) * 0.1 or 0.5
    return Scale(ordered[0] - margin, ordered[-1] + margin, start, end)


def _has_outliers(ordered: Sequence[float]) -> bool:
    if len(ordered) < 20:
        return False
    bulk = ordered[int(len(ordered) * 0.95)]
    return ordered[-1] - bulk > 4 * (bulk - ordered[0])


def _ticks(scale: Scale, about: int) -> list[float]:
    rough = (scale.high - scale.low) / max(about, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * f for f in (1, 2, 2.5, 5, 10) if power * f >= rough * 0.999)
    first = math.ceil(scale.low / step)
    return [i * step for i in range(first, math.floor(scale.high / step) + 1)]


def _log_ticks(low: float, high: float, about: int) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = [10.0**e for e in range(first, last + 1) if low <= 10.0**e <= high]
    if len(decades) >= 2:
        return decades[:: max(1, math.ceil(len(decades) / about))]
    fine = [f * 10.0**e for e in range(first, last + 1) for f in (1, 2, 3, 5, 7)]
    return [v for v in fine if low <= v <= high][: about + 1]
