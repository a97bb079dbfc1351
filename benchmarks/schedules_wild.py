"""Compare the drops found in logs of other people's code with those that are documented.

    python -m benchmarks.schedules_wild FOLDER [COPIES]

FOLDER holds `manifest.jsonl` (one object a log: `local`, `has_lr`, `lr_schedule_truth` with
`milestones`, `unit` and, where rows lie apart, `logged_first_at`) and the logs. Prints one line
for every log whose schedule is documented: drops found, missed and extra. A drop is found if a
logged change lies within one row or one epoch (rows count from 0 or from 1) of its milestone.
Milestones beyond the log, and logs without a rate or without a copy, cannot show any. Logs
without a local copy are looked for as COPIES/owner+name/path_in_repo.
Ends with 1 if any drop was missed or extra.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

import lrdiag
from benchmarks.wild_findings import place
from lrdiag.config import Config
from lrdiag.diagnose import view_of
from lrdiag.schedule.values import Change, ChangeSource
from lrdiag.view import RunView


def main(folder: Path, copies: Path | None = None) -> int:
    totals = np.zeros(3, int)
    untold = 0
    with (folder / "manifest.jsonl").open() as file:
        logs = [log for line in file if (log := json.loads(line)).get("lr_schedule_truth")]
    for log in logs:
        title = f"{log['format']:22} {log['repo']}/{log['path_in_repo']}"
        path = place(log, folder, copies)
        if path is None or not log["has_lr"]:
            untold += 1
            print(f"{'no copy' if path is None else 'no rate':8} {title}")
            continue
        counts, told = compare(log["lr_schedule_truth"], path)
        totals += counts
        print(f"{'ok' if not counts[1:].any() else 'WRONG':8} {title}: {told}")
    found, missed, extra = totals.tolist()
    print(f"{len(logs)} documented schedules, {len(logs) - untold} with a rate in a log: "
          f"{found} drops found, {missed} missed, {extra} extra")  # fmt: skip
    return 1 if missed or extra else 0


def compare(truth: dict, path: Path) -> tuple[np.ndarray, str]:
    """(found, missed, extra) over the runs of a log, and what to print."""
    counts, told = np.zeros(3, int), []
    for run in lrdiag.read_runs(path):
        view = view_of(run, Config())[0]
        if not view.schedule.groups:
            continue
        expected = _expected(truth, view)
        drops = [d for d in view.schedule.drops if d.source is ChangeSource.LOGGED]
        matched = {m: d for m in expected for d in drops if _same(m, d, truth, view)}
        extra = [d for d in drops if d not in matched.values()]
        counts += (len(matched), len(expected) - len(matched), len(extra))
        places = ", ".join(_place(d) for d in drops) or "none"
        told.append(f"{view.schedule.family.name}, documented {expected or 'none'}, drops {places}")
    return counts, "; ".join(told) or "no run with a rate"


def _place(drop: Change) -> str:
    return f"{drop.step}" if drop.epoch is None else f"{drop.step} (epoch {drop.epoch:.2f})"


def _expected(truth: dict, view: RunView) -> list[float]:
    """Documented milestones that lie within the logged rates, but for the last row."""
    places = truth.get("logged_first_at") or truth["milestones"]
    group = view.run.series[view.schedule.groups[0].group]
    last = float(group.step.max())
    if not truth["unit"].startswith("step"):
        last = float(view.axis.epoch_of(np.array([last]))[0])
    return [float(m) for m in places if m < last]


def _same(milestone: float, drop: Change, truth: dict, view: RunView) -> bool:
    """Whether a change lies within one row, or one epoch, of a milestone."""
    step = view.run.series[view.schedule.groups[0].group].step
    rows = np.unique(step)
    at = int(np.searchsorted(rows, drop.step))
    near = rows[max(at - 1, 0) : at + 2].astype(float)
    if not truth["unit"].startswith("step"):
        near = view.axis.epoch_of(near)
        near = np.concatenate([near - 1.0, near, near + 1.0])
    return bool(near.min() <= milestone <= near.max())


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:3])))
