"""Several physical parts of one training become one run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from lrdiag.findings import Problem
from lrdiag.runs import Run, Series

_SHOWN = 3


def join_parts(name: str, parts: Sequence[tuple[str, Run]]) -> Run:
    """One run of (split, run) parts.

    Tags of a split get its name as prefix (`validation/epoch_loss`). Where two parts logged the
    same tag (`train/loss` and `train_loss` are the same), the series with more points is kept,
    and a problem of severity "info" says which were left out.
    """
    if len(parts) == 1 and not parts[0][0]:
        return replace(parts[0][1], name=name)
    series: dict[str, Series] = {}
    homes: dict[str, tuple[str, Run]] = {}
    left_out: dict[str, list[str]] = {}
    for split, run in parts:
        for tag, found in run.series.items():
            whole = f"{split}/{tag}" if split else tag
            _add(series, homes, left_out, replace(found, tag=whole), run)
    problems = [problem for _, run in parts for problem in run.problems]
    problems += [_twice(file, tags) for file, tags in left_out.items()]
    with_params = next((run for _, run in parts if run.params), parts[0][1])
    return Run(
        name,
        series,
        tuple(source for _, run in parts for source in run.sources),
        tuple(problems),
        with_params.params,
        with_params.params_origin,
        tuple(text for _, run in parts for text in run.texts),
    )


def _add(
    series: dict[str, Series],
    homes: dict[str, tuple[str, Run]],
    left_out: dict[str, list[str]],
    found: Series,
    run: Run,
) -> None:
    """Add a series unless another part has a richer one of the same tag."""
    key = re.sub(r"[^0-9a-z]+", "_", found.tag.lower())
    known = homes.get(key)
    if known is None or known[1] is run:
        series[found.tag] = found
        homes[key] = (found.tag, run)
        return
    tag, other = known
    if len(series[tag]) >= len(found):
        left_out.setdefault(_file(run), []).append(found.tag)
        return
    left_out.setdefault(_file(other), []).append(tag)
    del series[tag]
    series[found.tag] = found
    homes[key] = (found.tag, run)


def _file(run: Run) -> str:
    return run.sources[0].path if run.sources else run.name


def _twice(file: str, tags: Sequence[str]) -> Problem:
    shown = ", ".join(tags[:_SHOWN]) + (" …" if len(tags) > _SHOWN else "")
    what = (
        f"{len(tags)} series are also logged in another file of this training, with at least as "
        f"many points, and were left out here: {shown}"
    )
    return Problem(file, "logged-twice", "info", what)
