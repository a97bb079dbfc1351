"""Read logs that other people's code wrote and compare with what a manifest says is in them.

    python benchmarks/wild.py FOLDER

FOLDER holds `manifest.jsonl` (one object a log: `local`, `format`, `rows_or_events`, `metrics`)
and the logs. Prints one line a log: rows (text formats: distinct lines that gave a point; event
files: points) expected and read, and metric names that were not found. Logs without a local
copy are listed as such. Ends with 1 if any log was read short.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import lrdiag
from lrdiag.runs import Run, Series


def main(folder: Path) -> int:
    short = absent = 0
    with (folder / "manifest.jsonl").open() as file:
        logs = [json.loads(line) for line in file]
    for log in logs:
        title = f"{log['format']:22} {log['repo']}/{log['path_in_repo']}"
        if not log["local"]:
            absent += 1
            print(f"no copy   {title} ({log['rows_or_events']} rows)")
            continue
        short += not _compare(title, log, folder / log["local"])
    print(f"{len(logs) - absent - short} of {len(logs) - absent} local logs read in full; "
          f"{absent} without a local copy")  # fmt: skip
    return 1 if short else 0


def _compare(title: str, log: dict, path: Path) -> bool:
    runs = lrdiag.read_runs(path)
    series = [s for run in runs for s in run.series.values()]
    read = _rows(series)
    expected = log["rows_or_events"] - _headers(path)
    names = [re.sub(r"\W+", "", n.rsplit("|", 1)[-1]).lower() for n in log["metrics"]]
    tags = "\n".join(re.sub(r"\W+", "", s.tag).lower() for s in series)
    missing = [n for n, plain in zip(log["metrics"], names, strict=True) if plain not in tags]
    kinds = sorted({s.format for run in runs for s in run.sources})
    status = "ok      " if read == expected else "MORE    " if read > expected else "SHORT   "
    absent = f"; not found: {', '.join(missing)}" if missing else ""
    print(f"{status}  {title}: {expected} rows, read {read} as {'+'.join(kinds)}", end="")
    print(absent + _problems(runs))
    return read >= expected


def _headers(path: Path) -> int:
    """mmcv's JSON logs begin with a record about the machine, which holds no value."""
    if not path.name.endswith(".log.json"):
        return 0
    with path.open() as file:
        return sum(1 for line in file if '"env_info"' in line)


def _rows(series: list[Series]) -> int:
    if any(s.line is None for s in series):
        return sum(len(s) + s.superseded for s in series)
    parts = [*series, *(s.replaced for s in series if s.replaced is not None)]
    return len({int(n) for part in parts for n in part.line})


def _problems(runs: list[Run]) -> str:
    kinds = sorted({f"{p.severity} {p.kind}" for run in runs for p in run.problems})
    return f" [{', '.join(kinds)}]" if kinds else ""


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
