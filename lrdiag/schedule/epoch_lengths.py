"""How many steps an epoch may have, by the length of a log."""

from __future__ import annotations

import numpy as np

from lrdiag.runs import IntArray

# So many lengths are tried, the likeliest first.
_MAX_LENGTHS = 12
# A gap this many times the usual one tells that rows are missing.
_UNEVEN = 1.5
_MISSING_AT_END = 4.0


def allowed_lengths(step: IntArray, epochs: int | None) -> list[float]:
    """Whole steps an epoch for which the log ends within the last of `epochs` epochs."""
    if not epochs or len(step) < 2:
        return []
    gap = float(np.diff(step).max()) + 1.0
    usual = float(np.median(np.diff(step)))
    if gap > _UNEVEN * usual + 1.0:
        # Where rows are missing here and there, the last ones may be missing too.
        gap *= _MISSING_AT_END
    low = max(1, int(np.ceil(step[-1] / epochs)))
    high = max(int((step[-1] + gap) // epochs), low)
    middle = (step[-1] + usual) / epochs
    near = sorted(range(low, min(high, low + _MAX_LENGTHS) + 1), key=lambda n: abs(n - middle))
    return [float(n) for n in near]
