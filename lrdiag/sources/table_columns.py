"""What each column of a table is for: index, time, split, tag, value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lrdiag.sources.index_names import (
    EPOCH_NAMES,
    STEP_NAMES,
    WALL_NAMES,
    pick,
    plain_name,
)
from lrdiag.sources.problem_log import ProblemLog
from lrdiag.sources.table_cells import is_missing, is_number

_SPLIT_NAMES = ("phase", "split", "mode", "subset", "partition", "stage", "set", "dataset")
_TAG_NAMES = ("tag", "metric", "metric_name", "key", "variable", "name")
_RUN_NAMES = ("run", "run_id", "run_name", "experiment")


@dataclass(frozen=True, slots=True)
class Columns:
    """Roles of the columns, by position; None where there is none.

    Attributes:
        tags: the tag of each column (unique), "" for a column that is no value.
        split: column whose words (train, val) prefix the tags of its row.
        tag, value: the two columns of a long table (one row a value).
    """

    tags: tuple[str, ...]
    step: int | None = None
    epoch: int | None = None
    wall_time: int | None = None
    split: int | None = None
    tag: int | None = None
    value: int | None = None


def columns_of(header: Sequence[str], log: ProblemLog) -> Columns:
    """Assign the columns of a header."""
    names = list(header)
    plain = [plain_name(n) for n in names]
    step, epoch, wall = (pick(names, n) for n in (STEP_NAMES, EPOCH_NAMES, WALL_NAMES))
    tag = value = None
    if "value" in plain:
        tag = next((plain.index(n) for n in _TAG_NAMES if n in plain), None)
    split = next((plain.index(n) for n in _SPLIT_NAMES if n in plain), None)
    tags = _unique(names, log)
    for at in (step, epoch):
        if at is not None:
            tags[at] = ""
    if tag is not None:
        value = plain.index("value")
    return Columns(tuple(tags), step, epoch, wall, split, tag, value)


def _unique(names: Sequence[str], log: ProblemLog) -> list[str]:
    seen: dict[str, int] = {}
    out = []
    for at, name in enumerate(names):
        tag = name.strip() or f"column_{at + 1}"
        seen[tag] = seen.get(tag, 0) + 1
        if seen[tag] == 1:
            out.append(tag)
            continue
        out.append(f"{tag}#{seen[tag]}")
        message = f"column {at + 1} repeats the name {tag!r}; it is read as {out[-1]!r}"
        log.add("duplicate-column", message, action="Give each column its own name.")
    return out


def text_columns(rows: Sequence[Sequence[str]], width: int) -> frozenset[int]:
    """Columns that hold words and no number in sample rows."""
    found = set()
    for at in range(width):
        cells = [row[at] for row in rows if at < len(row) and not is_missing(row[at])]
        if cells and not any(is_number(cell) for cell in cells):
            found.add(at)
    return frozenset(found)
