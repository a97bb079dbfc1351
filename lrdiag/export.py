"""Write the series of runs as JSON, CSV or Parquet, with the problems of the files."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from lrdiag.errors import ConfigError, ReportError
from lrdiag.findings import Problem
from lrdiag.runs import Run, Series
from lrdiag.sources.tree import discover, read_location

_COLUMNS = ("run", "tag", "step", "wall_time", "value")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_runs(
    paths: Sequence[str | Path], form: str, output: Path | None
) -> tuple[int, list[Problem]]:
    """Read the runs below `paths` and write them to `output` (standard output if None).

    Returns:
        How many runs there were, and problems of the files that the format has no room for (JSON
        holds them itself).

    Raises:
        SourceError: a path does not exist.
        ConfigError: Parquet without a file.
        ReportError: the file cannot be written, or Parquet support is not installed.
    """
    from lrdiag.fleet.remote_runs import reachable

    with reachable(paths) as (local, named, fetching):
        discovery = discover(local)
        runs = (_with_names(read_location(place), named) for place in discovery.locations)
        left_out = [
            Problem(file, "left-out", "info", f"skipped: {why}") for file, why in discovery.left_out
        ]
        problems = [*fetching, *named((*discovery.problems, *left_out))]
        try:
            _WRITERS[form](runs, problems, output)
        except OSError as error:
            where = output or "standard output"
            raise ReportError(f"cannot write {where}: {error.strerror or error}.") from error
    return len(discovery.locations), [] if form == "json" else problems


def _with_names(run: Run, named: Any) -> Run:
    """The run with the user's names of what was read from local copies."""
    return replace(
        run, name=named(run.name), sources=named(run.sources), problems=named(run.problems)
    )


def _number(value: float) -> float | str:
    """JSON has no NaN and no infinities: they are written as text."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _series_json(run: Run, series: Series) -> dict[str, Any]:
    """A series; points that a restart superseded come first where they were kept."""
    old = [] if series.replaced is None else _points_json(series.replaced)
    return {
        "run": run.name,
        "tag": series.tag,
        "count": len(series),
        "superseded": series.superseded,
        "superseded_points": len(old),
        "points": [*old, *_points_json(series)],
    }


def _points_json(series: Series) -> list[list[Any]]:
    pairs = zip(series.step.tolist(), series.value.tolist(), strict=True)
    return [[step, _number(value)] for step, value in pairs]


def _write_json(runs: Iterable[Run], problems: list[Problem], output: Path | None) -> None:
    """One object, written series by series so that memory stays bounded by one run."""
    with _opened(output) as file:
        file.write('{"series": [')
        separator = "\n"
        for run in runs:
            problems += run.problems
            for series in run.series.values():
                file.write(separator)
                json.dump(_series_json(run, series), file, allow_nan=False)
                separator = ",\n"
        found = [asdict(p) for p in problems]
        file.write('],\n"problems": ' + json.dumps(found, allow_nan=False, indent=1))
        file.write(',\n"crashed": false}\n')


def _write_csv(runs: Iterable[Run], problems: list[Problem], output: Path | None) -> None:
    with _opened(output) as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for run in runs:
            problems += run.problems
            for series in run.series.values():
                writer.writerows(_csv_rows(_cell(run.name), series))


def _csv_rows(run: str, series: Series) -> Iterator[tuple[Any, ...]]:
    tag = _cell(series.tag)
    columns = (series.step.tolist(), series.wall_time.tolist(), series.value.tolist())
    return ((run, tag, *row) for row in zip(*columns, strict=True))


def _cell(text: str) -> str:
    """Text that a spreadsheet does not take for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _write_parquet(runs: Iterable[Run], problems: list[Problem], output: Path | None) -> None:
    if output is None:
        raise ConfigError("Parquet cannot go to standard output.", "Give --output FILE.")
    try:
        pa, pq = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise ReportError("Parquet needs pyarrow.", "Install it: pip install pyarrow.") from error
    text = pa.dictionary(pa.int32(), pa.string())
    kinds = (text, text, pa.int64(), pa.float64(), pa.float64())
    schema = pa.schema(list(zip(_COLUMNS, kinds, strict=True)))
    with pq.ParquetWriter(output, schema) as writer:
        for run in runs:
            problems += run.problems
            for series in run.series.values():
                names = [pa.array([n] * len(series), text) for n in (run.name, series.tag)]
                writer.write_table(
                    pa.table([*names, series.step, series.wall_time, series.value], schema)
                )


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[str]]:
    if output is None:
        yield sys.stdout
        return
    with output.open("w", encoding="utf-8", newline="") as file:
        yield file


_WRITERS = {"json": _write_json, "csv": _write_csv, "parquet": _write_parquet}
