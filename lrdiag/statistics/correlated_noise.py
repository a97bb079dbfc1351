"""Noise whose neighbouring rows hang together: its size, its correlation, and what both cost.

The noise around the trend of a stretch is taken as AR(1) with standard deviation sigma and a
correlation rho from row to row. Both are measured on the residuals of a trend, which takes part of
the noise with it: the fewer the rows and the larger rho, the more. That loss is computed, not
approximated (`_expected`), so that short stretches are right too.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lrdiag.runs import FloatArray
from lrdiag.statistics.noise import MAD_TO_SIGMA

NEEDED = 4
"""Rows below which a stretch says nothing: a line takes two of them."""

BLOCK = 40
"""Rows that share a trend; longer stretches are cut, so that no curve has to be a parabola."""

TRENDS: Mapping[str, tuple[int, Callable[[FloatArray], tuple[FloatArray, ...]]]] = {
    "line": (4, lambda t: (t,)),
    "parabola": (8, lambda t: (t, t * t)),
    "slow decay": (8, lambda t: (t, np.exp(-4.0 * t))),
    "decay": (12, lambda t: (t, np.exp(-4.0 * t), np.exp(-12.0 * t))),
}
"""What a loss does between two changes of the rate, by the rows it takes to tell: it creeps, or
decays at one or two speeds. `t` runs from 0 to 1; two decays span those of speeds between them."""

CAUTION = 1.64
"""Standard errors added to the measured correlation: the one-sided 95 % bound. With the estimate
itself, intervals of 12 rows at a correlation of 0.8 cover 80 %, with the bound 88 to 92 %
(simulation, docs/accuracy.md)."""

CLIP = 6.0
"""Robust standard deviations from the running median beyond which a row is drawn in: a spike is
no noise."""

GRID = np.linspace(0.0, 0.95, 20)


@dataclass(frozen=True, slots=True)
class Noise:
    """The noise of one stretch.

    Attributes:
        sigma: standard deviation of a row around the trend. rho: correlation of neighbours, in
            [0, 0.95], an upper bound by `CAUTION`. freedom: degrees of freedom of sigma.
    """

    sigma: float
    rho: float
    freedom: float

    def mean_error(self, rows: int) -> float:
        """Standard error of the mean of neighbouring rows."""
        return self.sigma * math.sqrt(mean_variance(rows, self.rho))


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over the residuals of a stretch: blocks, rows a block, squares, neighbours' products."""

    trend: str
    blocks: int
    rows: int
    squares: float
    products: float


@dataclass(frozen=True, slots=True, eq=False)
class _Expected:
    """What residuals of a trend are expected to show, by rho on `GRID`.

    `residual`: float64[n, n], makes residuals of values. `squares`: their sum over sigma squared.
    `correlation`: products over squares. `freedom`: that of the squares (Satterthwaite 1946).
    """

    residual: FloatArray
    squares: FloatArray
    correlation: FloatArray
    freedom: FloatArray


def stretch_noise(*stretches: FloatArray) -> tuple[Noise | None, ...]:
    """The noise of each stretch, with one correlation for all; None where rows are too few.

    Args:
        stretches: float64[n] each, finite, parts of one curve.

    A constant stretch has sigma 0. O(n) after a table by length has been made (at most `BLOCK`).
    """
    sums = [_sums(s) if len(s) >= NEEDED else None for s in stretches]
    known = [s for s in sums if s is not None and s.squares > 0]
    rho = _correlation(known)
    return tuple(None if s is None else _noise(s, rho) for s in sums)


def mean_variance(rows: int, rho: float) -> float:
    """Variance of the mean of neighbouring rows over that of one row, for AR(1).

    (k + 2 sum over lags l < k of (k - l) rho**l) / k**2 (Priestley 1981, section 5.3.2).
    """
    lag = np.arange(1, rows)
    return float(rows + 2.0 * ((rows - lag) @ rho**lag)) / rows**2


def _noise(sums: _Sums, rho: float) -> Noise:
    expected = _expected(sums.rows, sums.trend)
    size = sums.blocks * float(np.interp(rho, GRID, expected.squares))
    freedom = sums.blocks * float(np.interp(rho, GRID, expected.freedom))
    return Noise(math.sqrt(sums.squares / size), rho, freedom)


def _sums(stretch: FloatArray) -> _Sums:
    blocks = -(-len(stretch) // BLOCK)
    rows = len(stretch) // blocks
    even = _without_spikes(stretch)[len(stretch) - blocks * rows :].reshape(blocks, rows)
    trend = _trend(even)
    residual = even @ _expected(rows, trend).residual
    tiny = (1e-9 * float(np.abs(stretch).max())) ** 2  # rounding of a trend without noise
    squares = float((residual * residual).sum())
    products = float((residual[:, 1:] * residual[:, :-1]).sum())
    return _Sums(trend, blocks, rows, squares if squares > tiny else 0.0, products)


def _trend(even: FloatArray) -> str:
    """The trend that explains the blocks best, whatever the correlation of their noise.

    Smallest AICc (Hurvich and Tsai 1989) of AR(1) noise around each trend, conditional on the
    first row: differences of neighbours are regressed on those of the trend.
    """
    blocks, rows = even.shape
    best, found = math.inf, "line"
    for name, (least, _) in TRENDS.items():
        if rows < least:
            continue
        for rho, basis in _whitened(rows, name):
            white = even[:, 1:] - rho * even[:, :-1]
            left = white - (white @ basis) @ basis.T
            count, taken = blocks * (rows - 1), blocks * basis.shape[1] + 2
            fit = count * math.log(max(float((left * left).sum()), 1e-300))
            fit += 2.0 * taken * count / max(count - taken - 1, 1)
            if fit < best:
                best, found = fit, name
    return found


@functools.cache
def _whitened(rows: int, trend: str) -> tuple[tuple[float, FloatArray], ...]:
    """For some rho, an orthonormal basis of the trend after its neighbours were subtracted."""
    basis = _basis(rows, trend)
    return tuple(
        (rho, np.linalg.qr(basis[1:] - rho * basis[:-1])[0]) for rho in (0.0, 0.3, 0.6, 0.8, 0.9)
    )


def _basis(rows: int, trend: str) -> FloatArray:
    t = np.linspace(0.0, 1.0, rows)
    return np.column_stack([np.ones(rows), *TRENDS[trend][1](t)])


def _without_spikes(stretch: FloatArray) -> FloatArray:
    """Rows far from the median of seven drawn in to `CLIP` (edges repeated)."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(stretch, 3, mode="edge"), 7)
    middle = np.median(windows, axis=1)
    limit = CLIP * MAD_TO_SIGMA * float(np.median(np.abs(stretch - middle)))
    return np.asarray(np.clip(stretch, middle - limit, middle + limit)) if limit > 0 else stretch


def _correlation(known: list[_Sums]) -> float:
    """Rho whose residuals would show the correlation seen, raised by `CAUTION` standard errors.

    The expected correlation of residuals takes the place of a first-order correction such as
    Kendall's (1954), which is off by more than 0.1 below 15 rows. The error is that of Fisher's
    transform (1915), with the rows that the trends left.
    """
    total = sum(s.blocks * s.rows for s in known)
    if not total:
        return 0.0
    seen = sum(s.blocks * s.rows * s.products / s.squares for s in known) / total
    shown = sum(
        s.blocks * s.rows * _expected(s.rows, s.trend).correlation for s in known
    ) / np.float64(total)
    rho = float(np.interp(seen, shown, GRID))
    left = total - sum(s.blocks * (1 + len(TRENDS[s.trend][1](GRID))) for s in known)
    raised = math.tanh(math.atanh(rho) + CAUTION / math.sqrt(max(left, 1)))
    return min(raised, float(GRID[-1]))


@functools.cache
def _expected(rows: int, trend: str) -> _Expected:
    """Expectations over AR(1) noise of the residuals of a trend (trace identities)."""
    basis, _ = np.linalg.qr(_basis(rows, trend))
    residual = np.eye(rows) - basis @ basis.T
    neighbours = (np.eye(rows, k=1) + np.eye(rows, k=-1)) / 2.0
    between = residual @ neighbours @ residual
    lag = np.abs(np.subtract.outer(np.arange(rows), np.arange(rows)))
    squares, correlation, freedom = (np.empty(len(GRID)) for _ in range(3))
    for i, rho in enumerate(GRID):
        covariance = rho**lag
        left = residual @ covariance
        squares[i] = np.trace(left)
        correlation[i] = (between * covariance).sum() / squares[i]
        freedom[i] = squares[i] ** 2 / (left * left.T).sum()
    return _Expected(residual, squares, np.maximum.accumulate(correlation), freedom)
