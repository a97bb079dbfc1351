"""CSV files that the W&B page exports from a chart.

Columns: `Step` (or another index), then `<run> - <metric>`, and `<run> - <metric>__MIN` and
`__MAX` for the range of the points that the chart joined.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from lrdiag.runs import Run
from lrdiag.sources.index_names import is_index
from lrdiag.sources.table import TableSource
from lrdiag.sources.table_dialect import find_dialect
from lrdiag.sources.text_lines import head_text

_COLUMN = re.compile(r"(?P<run>.+?) - (?P<tag>.+?)(?P<range>__M(?:IN|AX))?")
_HEAD = 65_536


@dataclass(frozen=True)
class WandbCsvSource:
    """A chart's CSV export; `run` is the only run to read of several."""

    name: ClassVar[str] = "wandb-csv"
    per_directory: ClassVar[bool] = False
    priority: ClassVar[int] = 75

    run: str = ""

    def sniff(self, path: Path, head: bytes) -> bool:
        """A header with an index and columns `<run> - <metric>__MIN`."""
        if "__M" not in head_text(head):
            return False
        header = _header(head)
        ranges = [h for h in header if h.endswith(("__MIN", "__MAX")) and " - " in h]
        return bool(ranges) and is_index(header[0])

    def runs_in(self, path: Path) -> list[tuple[str, str]]:
        """(name, id) of the runs that have a column."""
        with path.open("rb") as file:
            found = [_COLUMN.fullmatch(h) for h in _header(file.read(_HEAD))]
        names = dict.fromkeys(m["run"] for m in found if m)
        return [(name.replace("/", "_"), name) for name in names]

    def one(self, inside: str) -> WandbCsvSource:
        """The source that reads one run."""
        return WandbCsvSource(inside)

    def read(self, files: Sequence[Path], name: str) -> Run:
        """Read the curves of a run; `__MIN` and `__MAX` are left out.

        Raises:
            SourceError: the file cannot be opened.
        """
        run = TableSource().read(files, name)
        series = {}
        for tag, points in run.series.items():
            found = _COLUMN.fullmatch(tag)
            if found is None or found["range"] or (self.run and found["run"] != self.run):
                continue
            series[found["tag"]] = replace(points, tag=found["tag"])
        points_read = sum(len(s) for s in series.values())
        sources = tuple(replace(s, format=self.name, points=points_read) for s in run.sources)
        return replace(run, series=series, sources=sources)


def _header(head: bytes) -> tuple[str, ...]:
    lines = [line for line in head_text(head).split("\n")[:20] if line.strip()]
    dialect = find_dialect(lines)
    return dialect.header if dialect else ()
