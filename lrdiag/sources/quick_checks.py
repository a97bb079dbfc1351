"""One pass over an array where `np.isnan(x).any()` needs two and a temporary."""

from __future__ import annotations

import numpy as np

from lrdiag.runs import FloatArray


def maybe_nan(values: FloatArray) -> bool:
    """False if no value is NaN (float64[n]); infinities of both signs also give True."""
    with np.errstate(invalid="ignore", over="ignore"):
        return bool(np.isnan(values.sum()))


def surely_finite(values: FloatArray) -> bool:
    """True only if all values (float64[n]) are finite; a sum that overflows gives False."""
    with np.errstate(invalid="ignore", over="ignore"):
        return bool(np.isfinite(values.sum()))
