"""Several writers of one training become one: the later writer wins from its first step.

A training that is resumed from a checkpoint writes a new file whose steps overlap with the end
of the old one. TensorBoard purges what the restart repeats (its README, "restarts"); so does
this, tag by tag, and counts what it dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lrdiag.findings import Problem
from lrdiag.runs import Series
from lrdiag.sources.event_file import EventFile

_Flags = npt.NDArray[np.bool_]


def join_files(files: Sequence[EventFile], problems: list[Problem]) -> dict[str, Series]:
    """The series of the files of one run, earliest file first; restarts go to `problems`."""
    joined: dict[str, Series] = {}
    for file in files:
        before = _superseded(joined)
        own = _after_session_starts(file, joined)
        for tag, series in own.items():
            old = joined.get(tag)
            joined[tag] = series if old is None else join_writers(tag, old, series)
        dropped = _superseded(joined) - before
        if dropped:
            problems.append(_restart(file, joined, dropped))
    return joined


def _superseded(series: Mapping[str, Series]) -> int:
    return sum(s.superseded for s in series.values())


def _restart(file: EventFile, joined: Mapping[str, Series], dropped: int) -> Problem:
    steps = [s.restarts[-1] for t, s in joined.items() if s.restarts and t in file.series]
    since = f" at step {min(steps)}" if steps else ""
    what = (
        f"restart{since}: this writer resumed the training, {dropped} earlier points that it "
        "logged again are superseded"
    )
    return Problem(str(file.path), "restart", "info", what)


def _after_session_starts(file: EventFile, joined: dict[str, Series]) -> dict[str, Series]:
    """Apply the file's SessionLog STARTs: all tags lose the earlier points from that step on.

    Points of another file that were written after this one had begun stay: several processes
    log into one folder, and only some of them write STARTs.
    """
    own = dict(file.series)
    if not file.session_starts:
        return own
    steps = np.array([step for step, _ in file.session_starts], np.int64)
    # What a start leaves of the points before it, the later starts may still take.
    lowest = np.minimum.accumulate(steps[::-1])[::-1].tolist()
    for tag, series in list(joined.items()):
        written = series.wall_time[series.step >= lowest[0]]
        written = written[np.isfinite(written)]
        if not len(written) or np.median(written) <= file.begun:
            joined[tag] = _purge(series, [(len(series), lowest[0])])
    marks: dict[str, list[tuple[int, int]]] = {}
    for step, (_, before) in zip(lowest, file.session_starts, strict=True):
        for tag, count in before.items():
            marks.setdefault(tag, []).append((count, step))
    for tag, mine in marks.items():
        own[tag] = _purge(own[tag], mine)
    return own


def _purge(series: Series, marks: Sequence[tuple[int, int]]) -> Series:
    """Drop superseded points: of the first `count` the steps from `step` on, and so forth."""
    gone = np.zeros(len(series), bool)
    used: set[int] = set()
    start = 0
    for count, step in marks:
        gone[start:count] = series.step[start:count] >= step
        if gone[start:count].any():
            used.add(step)
        start = count
    if not used:
        return series
    return _drop(series, gone, *sorted(used))


def _drop(series: Series, gone: _Flags, *steps: int) -> Series:
    """Without the points that are gone because of restarts at these steps, in order."""
    kept = ~gone
    return replace(
        series,
        step=series.step[kept],
        wall_time=series.wall_time[kept],
        value=series.value[kept],
        superseded=series.superseded + int(gone.sum()),
        restarts=(*(r for r in series.restarts if r < steps[0]), *steps),
    )


def join_writers(tag: str, old: Series, new: Series) -> Series:
    """One series of an earlier and a later writer of a tag.

    The later one supersedes the earlier points from its first step on if it was written after
    them; what two writers logged at the same time (several processes) is all kept, in order of
    step, without exact repetitions.
    """
    if not len(new) or not len(old):
        return old if not len(new) else replace(new, superseded=old.superseded + new.superseded)
    first = int(new.step.min())
    repeated = old.step >= first
    if not repeated.any():
        return _concatenate(tag, old, new)
    if _written_together(old, new, repeated):
        return _interleave(tag, old, new)
    return _concatenate(tag, _drop(old, repeated, first), new)


def _written_together(old: Series, new: Series, repeated: _Flags) -> bool:
    """Whether the overlapping points were written after the later writer had begun.

    A clock that stands still (0 throughout, say) tells nothing: the order of the files does.
    """
    before = old.wall_time[repeated]
    before = before[np.isfinite(before)]
    after = new.wall_time[np.isfinite(new.wall_time)]
    if not len(before) or not len(after):
        return False
    begun = after.min()
    several = min(len(before), len(after)) > 1
    stands_still = several and before.min() == before.max() == begun == after.max()
    return bool(np.median(before) >= begun and not stands_still)


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
    sorted_series = replace(both, step=step, wall_time=wall, value=value)
    if not same.any():
        return sorted_series
    return replace(
        sorted_series,
        step=step[~same],
        wall_time=wall[~same],
        value=value[~same],
        superseded=both.superseded + int(same.sum()),
    )
