"""A curve in one line of text: `█▆▅▄▃▂▁▁`, with the drops marked below."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lrdiag.findings import ReportCurve

_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(curve: ReportCurve, width: int, *, log: bool = False) -> str:
    """The curve over `width` columns of equal steps; a column without a value is a space.

    A column shows its last finite value; an empty column between two points repeats the value
    before it, so that a sparse log is a line and not dots. `!` marks a column in which a value
    was not finite. `log`: a logarithmic scale, for learning rates.
    """
    columns = _columns(curve, width)
    drawn = [_scaled(v, log) for v in columns if v is not None]
    finite = [v for v in drawn if v is not None]
    if not finite:
        return "!" * width if drawn else " " * width
    low, high = min(finite), max(finite)
    return "".join(" " if v is None else _block(_scaled(v, log), low, high) for v in columns)


def _columns(curve: ReportCurve, width: int) -> list[float | None]:
    columns: list[float | None] = [None] * width
    for step, value in zip(curve.step, curve.value, strict=True):
        at = column_of(step, curve.step[0], curve.step[-1], width)
        held = columns[at]
        if held is None or math.isfinite(held):
            columns[at] = math.nan if value is None else value
    for at in range(1, width):
        held = columns[at - 1]
        if columns[at] is None and held is not None and math.isfinite(held):
            columns[at] = held
    return columns


def column_of(step: int, first: int, last: int, width: int) -> int:
    """The column in [0, width) in which a step falls; steps outside go to the ends."""
    if last <= first:
        return 0
    return min(max(int((step - first) * width / (last - first + 1)), 0), width - 1)


def _scaled(value: float, log: bool) -> float | None:
    if not math.isfinite(value):
        return None
    if log:
        return math.log10(value) if value > 0 else -12.0
    return value


def _block(value: float | None, low: float, high: float) -> str:
    if value is None:
        return "!"
    if high <= low:
        return _BLOCKS[3]
    return _BLOCKS[round((value - low) / (high - low) * (len(_BLOCKS) - 1))]


def markers(steps: Sequence[int], curve: ReportCurve, width: int, mark: str = "↓") -> str:
    """A line with `mark` in the columns of these steps."""
    line = [" "] * width
    for step in steps:
        line[column_of(step, curve.step[0], curve.step[-1], width)] = mark
    return "".join(line).rstrip()
