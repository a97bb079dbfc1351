"""Numbers as people write them: with few digits."""

from __future__ import annotations

# More digits than these nobody writes for a rate or a factor by hand.
_WRITTEN_DIGITS = 4
# A ratio to a rate that printing cannot tell from 0 has no upper end.
_LARGEST = 1e12


def shortest_between(low: float, high: float) -> float:
    """The decimal number with the fewest digits in [low, high]; the middle if none is short."""
    middle = 0.5 * (low + high)
    for digits in range(1, 15):
        value = float(f"{middle:.{digits}g}")
        if low <= value <= high:
            return value
    return middle


def significant_digits(number: float) -> int:
    """Digits of a number's shortest decimal without leading and trailing zeros."""
    body = repr(abs(number)).partition("e")[0].replace(".", "")
    return max(len(body.strip("0")), 1)


def is_short_factor(low: float, high: float) -> bool:
    """Whether [low, high] holds a number that people write, its inverse, or its square root.

    As 0.1, 1/3 or the square root of 0.1.
    """
    if low <= 0 or high > _LARGEST:
        return False
    ranges = ((low, high), (1 / high, 1 / low), (low**2, high**2))
    return any(significant_digits(shortest_between(*r)) <= _WRITTEN_DIGITS for r in ranges)
