"""One file, one run: what every text format's `read` does around its own parsing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrdiag.errors import SourceError
from lrdiag.findings import SourceSummary
from lrdiag.runs import Run, Series
from lrdiag.sources.problem_log import ProblemLog


@dataclass(slots=True)
class Content:
    """What a format found in a file: series, hyper-parameters, texts that may hold them."""

    series: Mapping[str, Series]
    params: Mapping[str, Any] = field(default_factory=dict)
    texts: tuple[str, ...] = ()


def read_file_run(
    format_name: str, path: Path, name: str, read: Callable[[Path, ProblemLog], Content]
) -> Run:
    """A run of one file.

    Raises:
        SourceError: the file cannot be opened.
    """
    log = ProblemLog(str(path))
    try:
        content = read(path, log)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}.") from error
    points = sum(len(s) for s in content.series.values())
    if not points and not log.problems():
        log.add("no-points", "no logged values were found in the file")
    return Run(
        name,
        content.series,
        (SourceSummary(str(path), format_name, points),),
        log.problems(),
        content.params,
        str(path) if content.params else "",
        content.texts,
    )


def first_lines(text: str, count: int) -> Sequence[str]:
    """The first non-blank lines of a text."""
    return [line for line in text.split("\n", 4 * count) if line.strip()][:count]
