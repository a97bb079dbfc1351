"""Numbers as people write them: with few digits."""

from __future__ import annotations


def shortest_between(low: float, high: float) -> float:
    """The decimal number with the fewest digits in [low, high]; the middle if none is short."""
    middle = 0.5 * (low + high)
    for digits in range(1, 15):
        value = float(f"{middle:.{digits}g}")
        if low <= value <= high:
            return value
    return middle
