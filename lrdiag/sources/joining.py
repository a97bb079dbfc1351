"""Several physical parts of one training become one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lrdiag.findings import Problem
from lrdiag.runs import Run, Series


def join_parts(name: str, parts: Sequence[tuple[str, Run]]) -> Run:
    """One run of (split, run) parts.

    Tags of a split get its name as prefix (`validation/epoch_loss`). When a tag was logged
    twice, the series with more points is kept and the other one is named in a problem.
    """
    if len(parts) == 1 and not parts[0][0]:
        return replace(parts[0][1], name=name)
    series: dict[str, Series] = {}
    problems: list[Problem] = []
    for split, run in parts:
        problems += run.problems
        for tag, found in run.series.items():
            _add(series, f"{split}/{tag}" if split else tag, found, run, problems)
    with_params = next((run for _, run in parts if run.params), parts[0][1])
    return Run(
        name,
        series,
        tuple(s for _, run in parts for s in run.sources),
        tuple(problems),
        with_params.params,
        with_params.params_origin,
        tuple(t for _, run in parts for t in run.texts),
    )


def _add(
    series: dict[str, Series], tag: str, found: Series, run: Run, problems: list[Problem]
) -> None:
    known = series.get(tag)
    if known is not None:
        file = run.sources[0].path if run.sources else run.name
        what = f"tag {tag} was logged twice; the series with more points is used"
        problems.append(Problem(file, "logged-twice", "info", what))
        if len(known) >= len(found):
            return
    series[tag] = replace(found, tag=tag)
