"""How finely a rate was logged: double, float32, n significant digits or n decimals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lrdiag.runs import FloatArray
from lrdiag.statistics.distinct import distinct

# A double's own rounding through a chain of multiplications, as PyTorch's recursive forms do
# it: relative to the value, and relative to the largest value for sums that cancel. Measured
# against closed forms of torch 2.13: at most 1e-9 of the largest rate over 6,000 ticks.
_DOUBLE = (1.9e-9, 1.9e-10)
# Half a unit in the last place of float32 is 2**-24 = 6e-8 of the value.
_FLOAT32 = (6.4e-8, 4e-10)
# Below this float32 has no seven digits any more.
_TINY = 1e-38
# Half a unit of the last printed digit, and a little for the decimal's own double rounding.
_PRINTED = 0.51
# A number with more significant digits than this was not shortened for printing.
_MAX_PRINTED = 9
# So many different values show the resolution; fewer may be round by chance, and then the
# coarsest usual printing (%.2e, %.4f) cannot be excluded.
_TELLING_VALUES = 8
_COARSEST_DIGITS = 3
_COARSEST_DECIMALS = 4
_MAX_VALUES = 150
_FIRST_VALUES = 8
# A coarser printing that would blur the smallest rate by more than this is not assumed.
_MOST_BLUR = 0.06
_FINEST_ASSUMED = 6
# Loggers print rates from 0.001 on with so many decimals, and smaller ones with digits.
_MIXED_FROM = 1e-3
_MIXED_DECIMALS = (4, 6)


@dataclass(frozen=True, slots=True)
class Resolution:
    """`kind`: double, float32, digits (significant) or decimals; `places`: how many.

    `certain`: False where too few values were seen to exclude a coarser printing.
    """

    kind: str
    places: int = 0
    certain: bool = True

    @property
    def fine(self) -> bool:
        """Whether the rate was logged as it is, not shortened for printing."""
        return self.kind in ("double", "float32")


def resolution(rate: FloatArray) -> Resolution:
    """The resolution that explains every value.

    Args:
        rate: float64[n], finite.
    """
    values = distinct(np.abs(rate))
    certain = len(values) >= _TELLING_VALUES
    if len(values) > _MAX_VALUES:
        values = values[:: len(values) // _MAX_VALUES + 1]
    digits, decimals = _places(values)
    if digits.max(initial=0) > _MAX_PRINTED:
        single = np.array_equal(values.astype(np.float32).astype(np.float64), values)
        return Resolution("float32" if single else "double")
    most_digits, most_decimals = int(digits.max(initial=1)), int(decimals.max(initial=1))
    # Nine of ten numbers end in a digit that is not 0: the larger count shows what is constant.
    if most_digits < 2 or np.sum(decimals == most_decimals) >= np.sum(digits == most_digits):
        return Resolution("decimals", most_decimals, certain)
    return Resolution("digits", most_digits, certain)


def _places(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Significant digits and decimals of the shortest decimal of each value."""
    out = np.zeros((len(values), 2))
    for i, value in enumerate(values.tolist()):
        if value != 0.0:
            mantissa, exponent = _shortest(value)
            out[i] = (len(mantissa), max(len(mantissa) - 1 - exponent, 0))
    return out[:, 0], out[:, 1]


def _shortest(value: float) -> tuple[str, int]:
    """Digits without trailing zeros and decimal exponent of a positive float's repr."""
    text = repr(value)
    body, _, exponent = text.partition("e")
    whole, _, part = body.partition(".")
    digits = (whole + part).lstrip("0")
    lead = len(whole.lstrip("0")) - 1
    if lead < 0:
        lead = -(len(part) - len(part.lstrip("0"))) - 1
    return digits.rstrip("0") or "0", lead + (int(exponent) if exponent else 0)


def half_widths(rate: FloatArray, how: Resolution | None = None) -> tuple[FloatArray, FloatArray]:
    """float64[n] twice: half the interval of true rates that are logged as each value.

    Args:
        rate: float64[n], finite.
        how: their resolution, if it is known already.

    Returns:
        The widths to test with, and the finest that the values allow (they differ where too few
        values were seen to tell the resolution).
    """
    how = how or resolution(rate)
    size = np.abs(rate)
    fine = width_of(how, size)
    if how.kind not in ("digits", "decimals"):
        return fine, fine
    # What was printed may have been a float32 before.
    fine = np.maximum(fine, width_of(Resolution("float32"), size))
    if how.certain:
        fine = np.maximum(fine, _mixed(size))
        return fine, fine
    return np.maximum(_coarsest(size), _mixed(size)), width_of(Resolution("float32"), size)


def _mixed(size: FloatArray) -> FloatArray:
    """Widths of fixed decimals for rates from 0.001 on, where those have so few; else 0."""
    large = size >= _MIXED_FROM
    if not large.any():
        return np.zeros_like(size)
    decimals = int(_places(distinct(size[large])[:_MAX_VALUES])[1].max())
    low, high = _MIXED_DECIMALS
    width = _PRINTED * 10.0**-decimals if low <= decimals <= high else 0.0
    return np.where(large, width, 0.0)


def _coarsest(size: FloatArray) -> FloatArray:
    """Widths of the coarsest usual printing that these few values allow."""
    values = distinct(size)
    digits, decimals = _places(values)
    smallest = float(values[values > 0].min(initial=np.inf))
    places = max(int(decimals.max(initial=0)), _COARSEST_DECIMALS)
    while _PRINTED * 10.0**-places > _MOST_BLUR * smallest and places < _FINEST_ASSUMED:
        places += 1
    return np.maximum(
        width_of(Resolution("digits", max(int(digits.max(initial=0)), _COARSEST_DIGITS)), size),
        width_of(Resolution("decimals", places), size),
    )


def seen_width(rate: FloatArray, how: Resolution) -> FloatArray:
    """float64[n]: half-widths if rates were printed with just the places seen."""
    size = np.abs(rate)
    return np.maximum(width_of(how, size), _mixed(size))


def relative_width(rate: FloatArray, how: Resolution) -> FloatArray:
    """float64[n]: half-widths of finely logged products, in which nothing cancels."""
    share = _FLOAT32[0] if how.kind == "float32" else _DOUBLE[0]
    return np.maximum(share * np.abs(rate), _TINY)


def printed_width(rate: FloatArray) -> float:
    """Half-width if rates were printed with just the decimals seen (from 4 on); else 0."""
    decimals = int(_places(distinct(np.abs(rate)))[1].max(initial=0))
    low, high = _MIXED_DECIMALS
    return _PRINTED * 10.0**-decimals if low <= decimals <= high else 0.0


def width_of(how: Resolution, size: FloatArray) -> FloatArray:
    """float64[n]: half-widths under a known resolution; `size`: absolute rates."""
    top = max(float(size.max(initial=0.0)), 1e-9)
    if how.kind == "decimals":
        return np.full(size.shape, _PRINTED * 10.0**-how.places)
    if how.kind == "digits":
        power = np.floor(np.log10(np.maximum(size, 1e-300)))
        return np.asarray(_PRINTED * 10.0 ** (power - how.places + 1) + 1e-12 * top)
    relative, absolute = _FLOAT32 if how.kind == "float32" else _DOUBLE
    return np.asarray(relative * size + absolute * top)


def tells_apart(rate: FloatArray, how: Resolution) -> npt.NDArray[np.bool_]:
    """bool[n-1]: neighbours whose logged values differ by more than their own rounding."""
    noise = 2.5e-7 if how.kind == "float32" else 1e-12
    apart = rate[1:] != rate[:-1]
    at = np.flatnonzero(apart)  # few, as a rule: most rates stay for long
    before, after = rate[at], rate[at + 1]
    apart[at] = np.abs(after - before) > noise * np.maximum(np.abs(after), np.abs(before))
    return np.asarray(apart)
