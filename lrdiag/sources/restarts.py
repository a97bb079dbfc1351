"""Several writers of one tag become one series: the later writer wins from its first step.

A training that is resumed from a checkpoint writes a new file whose steps overlap with the end
of the old one. TensorBoard purges what the restart repeats (README, "restarts"); so does this,
tag by tag, and counts what it dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrdiag.runs import Series


def join_writers(tag: str, parts: Sequence[Series]) -> Series:
    """One series of the parts of a tag, earliest writer first.

    A later part supersedes the earlier points from its first step on if it was written after
    them; parts written at the same time (several processes) are all kept, in order of time.
    """
    joined = parts[0]
    for part in parts[1:]:
        joined = _join(tag, joined, part)
    return joined


def _join(tag: str, old: Series, new: Series) -> Series:
    if not len(new):
        return old
    if not len(old):
        return new
    first = int(new.step.min())
    repeated = old.step >= first
    if not repeated.any():
        return _concatenate(tag, old, new)
    if _written_together(old, new, repeated):
        return _interleave(tag, old, new)
    kept = _select(old, ~repeated)
    joined = _concatenate(tag, kept, new)
    dropped = int(repeated.sum())
    restarts = (*(r for r in old.restarts if r < first), first)
    return Series(
        tag, joined.step, joined.wall_time, joined.value,
        old.superseded + new.superseded + dropped, restarts,
    )  # fmt: skip


def _written_together(old: Series, new: Series, repeated: np.ndarray) -> bool:
    """Whether the overlapping points were written after the later writer had begun."""
    begun = np.nanmin(new.wall_time) if np.isfinite(new.wall_time).any() else np.inf
    return bool(np.median(old.wall_time[repeated]) > begun)


def _select(series: Series, keep: np.ndarray) -> Series:
    return Series(
        series.tag, series.step[keep], series.wall_time[keep], series.value[keep],
        series.superseded, series.restarts,
    )  # fmt: skip


def _concatenate(tag: str, old: Series, new: Series) -> Series:
    return Series(
        tag,
        np.concatenate([old.step, new.step]),
        np.concatenate([old.wall_time, new.wall_time]),
        np.concatenate([old.value, new.value]),
        old.superseded + new.superseded,
        tuple(sorted({*old.restarts, *new.restarts})),
    )


def _interleave(tag: str, old: Series, new: Series) -> Series:
    both = _concatenate(tag, old, new)
    order = np.lexsort((both.wall_time, both.step))
    step, wall, value = both.step[order], both.wall_time[order], both.value[order]
    same = np.zeros(len(step), bool)
    same[1:] = (step[1:] == step[:-1]) & (wall[1:] == wall[:-1])
    same[1:] &= (value[1:] == value[:-1]) | (np.isnan(value[1:]) & np.isnan(value[:-1]))
    return Series(
        tag, step[~same], wall[~same], value[~same],
        both.superseded + int(same.sum()), both.restarts,
    )  # fmt: skip
