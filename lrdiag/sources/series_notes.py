"""Remarks on what was logged: values that are not finite, steps and clocks that go back.

Nothing here is damage and nothing is dropped: the remarks are of severity "info", except for
tags that had to be respelt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from lrdiag.runs import Series
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.quick_checks import surely_finite

_LONG_TAG = 1000
_MANY_TAGS = 10_000
_SHORT = 10_000
"""Length up to which many series are looked at as one matrix: calls cost more than the work."""
_CLOCK_SLACK = 1.0
"""Seconds by which threads of one process may log out of order."""


def note_series(log: ProblemLog, series: Mapping[str, Series]) -> None:
    """Note what is remarkable about the series of one file."""
    if len(series) > _MANY_TAGS:
        what = f"many tags: {len(series)} in one file; each is a series of its own"
        log.add("many-tags", what, severity="info")
    for tag in series:
        if len(tag) > _LONG_TAG:
            what = f"a tag is {len(tag)} characters long: {tag[:40]}…"
            log.add("long-tag", what, severity="info")
    for found in _remarkable(series.values()):
        _note_values(log, found)
        _note_steps(log, found)
        _note_clock(log, found)


def _remarkable(series: Iterable[Series]) -> Iterator[Series]:
    """Series that may deserve a remark; series of one length are looked at together."""
    alike: dict[int, list[Series]] = {}
    for found in series:
        alike.setdefault(len(found), []).append(found)
    for length, group in alike.items():
        if not length or (length < _SHORT and _is_clean(group)):
            continue
        yield from group


def _is_clean(group: Sequence[Series]) -> bool:
    step = np.stack([s.step for s in group])
    wall = np.stack([s.wall_time for s in group])
    value = np.stack([s.value for s in group])
    return bool(
        step.min() >= 0
        and (step[:, 1:] >= step[:, :-1]).all()
        and (wall[:, 1:] >= wall[:, :-1]).all()
        and np.isfinite(value).all()
    )


def note_bad_tag(log: ProblemLog, tag: bytes, shown: str) -> None:
    """Note a tag that is not UTF-8."""
    try:
        tag.decode("utf-8")
    except UnicodeDecodeError:
        log.add("tag-encoding", f"a tag is not valid UTF-8; it is shown as {_short(shown)}")


def _short(tag: str) -> str:
    return tag if len(tag) <= 80 else tag[:79] + "…"


def _note_values(log: ProblemLog, found: Series) -> None:
    if surely_finite(found.value):
        return
    finite = np.isfinite(found.value)
    if finite.all():
        return
    bad = np.flatnonzero(~finite)
    what = (
        f"{_short(found.tag)}: {len(bad)} of {len(finite)} values are not finite (NaN or inf), "
        f"the first at step {found.step[bad[0]]}"
    )
    place = f"{_short(found.tag)} ({len(bad)} from step {found.step[bad[0]]})"
    log.add("non-finite", what, severity="info", place=place)


def _note_steps(log: ProblemLog, found: Series) -> None:
    step = found.step
    back = step[1:] < step[:-1]
    if back.any():
        first = int(np.argmax(back))
        what = (
            f"{_short(found.tag)}: steps are out of order {int(back.sum())} times, first from "
            f"{step[first]} back to {step[first + 1]}; all points are kept"
        )
        log.add("out-of-order", what, severity="info")
    if (step.min() if back.any() else step[0]) < 0:
        what = f"{_short(found.tag)}: negative steps, down to {step.min()}"
        log.add("negative-step", what, severity="info")


def _note_clock(log: ProblemLog, found: Series) -> None:
    wall = found.wall_time
    if not (wall[1:] < wall[:-1]).any():
        return
    back = wall[1:] < wall[:-1] - _CLOCK_SLACK
    if back.any():
        first = int(np.argmax(back))
        what = (
            f"{_short(found.tag)}: the wall clock goes back by "
            f"{wall[first] - wall[first + 1]:.0f} s at step {found.step[first + 1]}"
        )
        log.add("wall-clock", what, severity="info")
