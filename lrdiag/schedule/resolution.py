"""How finely a rate was logged: double, float32, n significant digits or n decimals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdiag.runs import FloatArray

# A double's own rounding through a chain of multiplications, as PyTorch's chainable forms do
# it: relative to the value, and relative to the largest value for sums that cancel.
_DOUBLE_RELATIVE = 1e-9
_DOUBLE_ABSOLUTE = 1e-10
# Half a unit in the last place of float32 is 2**-24 = 6e-8 of the value.
_FLOAT32_RELATIVE = 6.2e-8
_FLOAT32_ABSOLUTE = 2e-10
# Half a unit of the last printed digit, and a little for the decimal's own double rounding.
_PRINTED = 0.51


@dataclass(frozen=True, slots=True)
class Resolution:
    """`kind`: double, float32, digits (significant) or decimals; `places`: how many."""

    kind: str
    places: int = 0


def resolution(rate: FloatArray) -> Resolution:
    """The coarsest of the usual resolutions that explains every value.

    Args:
        rate: float64[n], finite.
    """
    values = np.unique(rate)
    if len(values) > 400:
        values = values[:: len(values) // 400 + 1]
    if not len(values):
        return Resolution("double")
    for digits in range(2, 8):
        if len(values) >= 4 and _has_digits(values, digits):
            return _printed(values, digits)
    if np.array_equal(values.astype(np.float32).astype(np.float64), values):
        return Resolution("float32")
    for digits in range(2, 8):
        if len(values) >= 4 and _has_decimals(values, digits):
            return Resolution("decimals", digits)
    return Resolution("double")


def half_widths(rate: FloatArray) -> FloatArray:
    """float64[n]: half the interval of true rates that print as each value."""
    return width_of(resolution(rate), rate)


def width_of(how: Resolution, rate: FloatArray) -> FloatArray:
    """float64[n]: half-widths under a known resolution."""
    size = np.abs(rate)
    top = float(size.max()) if len(size) else 0.0
    if how.kind == "decimals":
        return np.full(rate.shape, _PRINTED * 10.0**-how.places)
    if how.kind == "digits":
        power = np.floor(np.log10(np.maximum(size, 1e-300)))
        return np.asarray(_PRINTED * 10.0 ** (power - how.places + 1))
    if how.kind == "float32":
        return np.asarray(_FLOAT32_RELATIVE * size + _FLOAT32_ABSOLUTE * top)
    return np.asarray(_DOUBLE_RELATIVE * size + _DOUBLE_ABSOLUTE * top)


def _has_digits(values: FloatArray, digits: int) -> bool:
    power = np.floor(np.log10(np.maximum(np.abs(values), 1e-300)))
    unit = 10.0 ** (power - digits + 1)
    return bool(np.all(np.abs(np.round(values / unit) * unit - values) <= 1e-12 * np.abs(values)))


def _has_decimals(values: FloatArray, decimals: int) -> bool:
    return bool(np.all(np.abs(np.round(values, decimals) - values) <= 1e-15))


def _printed(values: FloatArray, digits: int) -> Resolution:
    return Resolution("digits", digits)
