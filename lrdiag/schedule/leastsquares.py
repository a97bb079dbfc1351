"""Levenberg-Marquardt for a handful of parameters, in numpy alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lrdiag.runs import FloatArray

Model = Callable[[FloatArray], FloatArray]

# Steps of the numerical derivative, relative to each parameter's scale.
_DERIVATIVE = 1e-6
_MAX_ITERATIONS = 25
# Misfits are cut at this many half-widths, so that squares stay finite.
_HUGE = 1e15


def fit(  # noqa: PLR0917 - a fit has this many inputs
    model: Model,
    start: FloatArray,
    scale: FloatArray,
    rate: FloatArray,
    width: FloatArray,
    iterations: int = _MAX_ITERATIONS,
) -> tuple[FloatArray, float]:
    """Parameters near `start` that minimise the squared misfit in half-widths.

    Args:
        model: parameters float64[k] to rates float64[n].
        start: float64[k]. scale: float64[k], the size of a small change of each parameter.
        rate, width: float64[n], what to fit and its half-widths.
        iterations: most iterations.

    Returns:
        float64[k] and the largest misfit in half-widths.

    Source: Marquardt 1963, doi:10.1137/0111030, with multiplicative damping.
    """
    with np.errstate(all="ignore"):
        return _descent(model, start, scale, rate, width, iterations)


def _descent(  # noqa: PLR0917
    model: Model,
    start: FloatArray,
    scale: FloatArray,
    rate: FloatArray,
    width: FloatArray,
    iterations: int,
) -> tuple[FloatArray, float]:
    at = np.asarray(start, np.float64).copy()
    misfit = _misfit(model, at, rate, width)
    cost, damping = float(misfit @ misfit), 1e-3
    for _ in range(iterations):
        if not np.isfinite(cost):
            break
        step = _derivative(model, at, scale, width)
        normal, slope = step.T @ step, step.T @ misfit
        moved = _improved(model, at, cost, normal, slope, scale, rate, width, damping)
        if moved is None:
            break
        at, misfit, damping, gain = moved
        cost -= gain
        if gain <= 1e-7 * cost or cost <= 1e-6:
            break
    return at, float(np.abs(misfit).max())


def _misfit(model: Model, at: FloatArray, rate: FloatArray, width: FloatArray) -> FloatArray:
    out = (model(at) - rate) / width
    # A NaN compares false with everything: it becomes the largest misfit.
    return np.where(np.abs(out) < _HUGE, out, _HUGE)


def _derivative(model: Model, at: FloatArray, scale: FloatArray, width: FloatArray) -> FloatArray:
    """float64[n, k]: central differences in units of each parameter's scale."""
    out = np.empty((len(width), len(at)))
    for k in range(len(at)):
        size = _DERIVATIVE * scale[k]
        up, down = at.copy(), at.copy()
        up[k] += size
        down[k] -= size
        out[:, k] = (model(up) - model(down)) / (2 * _DERIVATIVE * width)
    return np.where(np.abs(out) < _HUGE, out, 0.0)


def _improved(  # noqa: PLR0917
    model: Model,
    at: FloatArray,
    cost: float,
    normal: FloatArray,
    slope: FloatArray,
    scale: FloatArray,
    rate: FloatArray,
    width: FloatArray,
    damping: float,
) -> tuple[FloatArray, FloatArray, float, float] | None:
    """The first step, with growing damping, that lowers the cost."""
    ridge = np.diag(np.diag(normal) + 1e-12 * np.trace(normal) + 1e-300)
    for _ in range(10):
        try:
            step = np.linalg.solve(normal + damping * ridge, -slope)
        except np.linalg.LinAlgError:
            return None
        new = at + step * scale
        misfit = _misfit(model, new, rate, width)
        gain = cost - float(misfit @ misfit)
        if gain > 0:
            return new, misfit, max(damping * 0.1, 1e-12), gain
        damping *= 8
    return None
