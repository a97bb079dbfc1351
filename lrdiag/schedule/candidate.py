"""A family with first parameters, fitted to a sample and rounded to what a person would write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lrdiag.runs import FloatArray
from lrdiag.schedule.forward import FORWARD, rate_at
from lrdiag.schedule.leastsquares import fit
from lrdiag.schedule.sample import Sample

Flat = Mapping[str, Any]
Build = Callable[[Flat], dict[str, Any]]

_RATES = ("base_lr", "max_lr", "eta_min", "head_lr")
_TICKS = (
    "origin", "T_max", "total", "total_iters", "warmup", "stable", "decay", "step_size_up",
    "step_size_down", "T_0", "total_steps", "bound", "timescale",
)  # fmt: skip
# Least squares leave some points of an exact family slightly outside their half-widths; a
# misfit below this still is the family (sweep over generated schedules, see docs/accuracy.md).
NEARLY_EXACT = 1.4
# A fit worse than this is not worth rounding.
_HOPELESS = 60.0
# A length of this many logs cannot be told from infinity, and of so many in a fine log.
_FARTHEST = 60.0
_FARTHEST_FINE = 3e3
_FINE = 2e-6
# OneCycleLR begins at a 25th of its peak by default; nobody asks for a millionth.
_LARGEST_DIVISOR = 1e5
_POWERS = (0.2, 12.0)
# A fitted length this close to a whole number is tried as that.
_NEARLY_WHOLE = 0.02


def as_given(flat: Flat) -> dict[str, Any]:
    """Flat parameters are the family's own."""
    return {k: v for k, v in flat.items() if k != "origin"}


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """`flat`: all parameters and `origin`; `free`: those to fit; `build`: flat to nested."""

    family: str
    flat: dict[str, Any]
    free: tuple[str, ...]
    build: Build = field(default=as_given)

    def rates(self, tick: FloatArray) -> FloatArray:
        """float64[n]: rates at ticks of the sample's clock."""
        origin = float(self.flat.get("origin", 0.0))
        return rate_at(self.family, self.build(self.flat), tick - origin)

    def moved(self, vector: FloatArray) -> Candidate:
        """The same with other values of the free parameters."""
        values = dict(zip(self.free, vector.tolist(), strict=True))
        return replace(self, flat={**self.flat, **values})

    def misfit(self, sample: Sample) -> float:
        """Largest distance from the sample in half-widths."""
        with np.errstate(all="ignore"):
            off = np.abs(self.rates(sample.tick) - sample.rate) / sample.width
        worst = float(off.max(initial=0.0))
        return worst if np.isfinite(worst) else 1e15


def sane(candidate: Candidate, sample: Sample) -> bool:
    """Whether no length is negative or far beyond the log, and no rate negative."""
    span = max(float(sample.tick[-1] - sample.tick[0]), 1.0)
    fine = float(sample.width.max()) < _FINE * float(np.abs(sample.rate).max())
    farthest = (_FARTHEST_FINE if fine else _FARTHEST) * span
    for name in candidate.free:
        value = float(candidate.flat[name])
        if name in _TICKS and name != "origin" and not -1e-6 * span <= value <= farthest:
            return False
        if name == "power" and not _POWERS[0] <= value <= _POWERS[1]:
            return False
        if name == "div_factor" and not 1.0 < value < _LARGEST_DIVISOR:
            return False
        if name in _RATES and value < -1e-3 * float(np.abs(sample.rate).max()):
            return False
    return True


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A fitted candidate and its largest misfit over all points, in half-widths."""

    candidate: Candidate
    misfit: float

    @property
    def exact(self) -> bool:
        """Every logged value is rebuilt within its resolution."""
        return self.misfit <= 1.0


def scales(candidate: Candidate, sample: Sample) -> FloatArray:
    """float64[k]: what a small change of each free parameter is."""
    span = max(float(sample.tick[-1] - sample.tick[0]), 1.0)
    top = max(float(np.abs(sample.rate).max()), 1e-12)
    kinds = {"gamma": 1.0 / span, "power": 1.0, "pct_start": 1.0}
    out = []
    for name in candidate.free:
        if name in _RATES:
            out.append(top)
        elif name in _TICKS:
            out.append(span)
        else:
            out.append(kinds.get(name, max(abs(float(candidate.flat[name])), 1e-3)))
    return np.asarray(out)


def fitted(candidate: Candidate, sample: Sample, iterations: int = 25) -> Fitted:
    """Least squares over the free parameters on the sample's probe points."""
    if not candidate.free:
        return Fitted(candidate, candidate.misfit(sample))
    tick, rate, width = (
        sample.tick[sample.probe],
        sample.rate[sample.probe],
        sample.width[sample.probe],
    )
    start = np.array([float(candidate.flat[name]) for name in candidate.free])
    forward, build, flat, free = (
        FORWARD[candidate.family],
        candidate.build,
        dict(candidate.flat),
        candidate.free,
    )

    def model(vector: FloatArray) -> FloatArray:
        flat.update(zip(free, vector.tolist(), strict=True))
        return forward(build(flat), np.maximum(tick - flat.get("origin", 0.0), 0.0))

    vector, near = fit(model, start, scales(candidate, sample), rate, width, iterations)
    best = candidate.moved(vector)
    return Fitted(best, near if near > 1e3 else best.misfit(sample))


def rounded(found: Fitted, sample: Sample) -> Fitted:
    """Whole ticks, then short decimals, each kept while the fit does not get worse.

    What people configure is round; rounding finds the very numbers, and with them the points that
    least squares left outside their half-widths come back in.
    """
    if found.misfit > _HOPELESS:
        return found
    for name in sorted(found.candidate.free, key=lambda n: n not in _TICKS):
        found = _with_round(found, sample, name)
    return _all_whole(found, sample)


def _all_whole(found: Fitted, sample: Sample) -> Fitted:
    """Lengths that are still nearly whole made whole together: one alone may shift another."""
    flat = found.candidate.flat
    near = {n: float(round(flat[n])) for n in found.candidate.free
            if n in _TICKS and abs(flat[n] - round(flat[n])) < _NEARLY_WHOLE}  # fmt: skip
    if not near:
        return found
    rest = tuple(n for n in found.candidate.free if n not in near)
    trial = fitted(replace(found.candidate, flat={**flat, **near}, free=rest), sample, 6)
    return trial if trial.misfit <= max(1.0, found.misfit * 1.001) else found


def _with_round(found: Fitted, sample: Sample, name: str) -> Fitted:
    value = float(found.candidate.flat[name])
    spread = _spread(found.candidate, sample, name)
    for plain in _round_values(name, value, spread):
        rest = tuple(n for n in found.candidate.free if n != name)
        candidate = replace(found.candidate, flat={**found.candidate.flat, name: plain}, free=rest)
        trial = fitted(candidate, sample, 6)
        if trial.misfit <= max(1.0, found.misfit * 1.001):
            return trial
    return found


def _round_values(name: str, value: float, spread: float) -> list[float]:
    if name in _TICKS:
        return (
            [float(round(value))] if abs(value - round(value)) <= max(spread, _NEARLY_WHOLE) else []
        )
    if abs(value) <= spread:
        return [0.0] if name in ("eta_min", "end_factor", "min_ratio", "start_factor") else []
    out: list[float] = []
    for digits in range(1, 8):
        short = float(f"{value:.{digits}g}")
        if abs(short - value) <= spread:
            out.append(short)
            break
    return out


def _spread(candidate: Candidate, sample: Sample, name: str) -> float:
    """Three standard errors of a free parameter, from the fit's curvature."""
    tick, width = sample.tick[sample.probe], sample.width[sample.probe]
    scale = scales(candidate, sample)
    columns = []
    for other, size in zip(candidate.free, scale, strict=True):
        step = 1e-6 * size
        up = replace(candidate, flat={**candidate.flat, other: candidate.flat[other] + step})
        down = replace(candidate, flat={**candidate.flat, other: candidate.flat[other] - step})
        columns.append((up.rates(tick) - down.rates(tick)) / (2e-6 * width))
    matrix = np.nan_to_num(np.array(columns).T, nan=0.0, posinf=0.0, neginf=0.0)
    normal = matrix.T @ matrix
    normal += np.diag(1e-12 * np.diag(normal) + 1e-300)
    try:
        covariance = np.linalg.inv(normal)
    except np.linalg.LinAlgError:
        return 0.0
    at = candidate.free.index(name)
    # A uniform error of one half-width has the standard deviation 1/sqrt(3).
    error = np.sqrt(max(float(covariance[at, at]), 0.0) / 3.0)
    return float((3.0 * error + 1e-9) * scale[at])
