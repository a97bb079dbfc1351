"""What judging a log costs beside reading it, by length: the analysis must not outgrow the reader.

    python -m benchmarks.analysis_cost make FOLDER [--points 100000,1000000,4000000]
    python -m benchmarks.analysis_cost run FOLDER [-n 5]

`make` writes trainings of 100 epochs with drops after 50 and 80, a training loss and a rate at
every step (`--points` of each) and a validation loss and accuracy an epoch: as an event file
(`events`), as an event file with an `epoch` tag beside every value (`epochs`) and as CSV (`table`).
`run` takes these, or any folders and files of logs below FOLDER: each is read and judged by all
default rules in this process, in shuffled rounds after one unmeasured one. The table gives medians
of CPU seconds of the process, the ratio of judging to reading (largest round in brackets),
nanoseconds of judging a point, and the memory that judging takes beyond the logged points.
"""

from __future__ import annotations

import argparse
import random
import statistics
import struct
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reading_logs import event, field, frame, scalar

EPOCHS = 100
SHAPES = ("events", "epochs", "table")
HEADS = ("log", "points", "read, s", "judge, s", "judge / read", "ns a point", "points, MiB",
         "judging, MiB")  # fmt: skip


def training(points: int) -> dict[str, np.ndarray]:
    """Curves of a healthy training: loss and rate by step, validation by epoch."""
    noise = np.random.default_rng(0)
    at = np.arange(points) / points * EPOCHS
    level = np.interp(
        at, [0, 12, 49.9, 52, 79.9, 81, EPOCHS], [2.3, 0.9, 0.7, 0.5, 0.48, 0.44, 0.43]
    )
    ends = np.arange(1, EPOCHS + 1) * points // EPOCHS - 1
    return {
        "train/loss": level + noise.gamma(4, 0.02, points),
        "train/lr": np.where(at < 50, 0.1, np.where(at < 80, 0.01, 0.001)),
        "val/loss": 0.2 + 1.1 * level[ends] + noise.normal(0, 0.01, EPOCHS),
        "val/accuracy": 0.95 - 0.3 * level[ends] + noise.normal(0, 0.003, EPOCHS),
    }


def make(folder: Path, shape: str, points: int) -> None:
    """Write one training of a shape."""
    home = folder / f"{shape}-{points}"
    home.mkdir(parents=True, exist_ok=True)
    curves = training(points)
    if shape == "table":
        with (home / "metrics.csv").open("w") as file:
            file.writelines(table_rows(curves))
        return
    with (home / "events.out.tfevents.1700000000.host").open("wb") as file:
        file.write(frame(b"\x09" + struct.pack("<d", 1.7e9) + field(3, b"brain.Event:2")))
        file.writelines(records(curves, shape == "epochs"))


def rows(curves: dict[str, np.ndarray]) -> Iterator[tuple[int, int, dict[str, float]]]:
    """(step, epoch, values by tag) of every step."""
    loss, rate = curves["train/loss"].tolist(), curves["train/lr"].tolist()
    points = len(loss)
    for step in range(points):
        epoch = step * EPOCHS // points
        values = {"train/loss": loss[step], "train/lr": rate[step]}
        if (step + 1) * EPOCHS // points > epoch:
            values |= {tag: float(curves[tag][epoch]) for tag in ("val/loss", "val/accuracy")}
        yield step, epoch, values


def records(curves: dict[str, np.ndarray], epochs: bool) -> Iterator[bytes]:
    """Frames of an event file, one value each as PyTorch's SummaryWriter writes them."""
    names = {tag: tag.encode() for tag in curves}
    for step, epoch, values in rows(curves):
        wall = 1.7e9 + step * 0.05
        for tag, value in values.items():
            yield event(step, wall, [scalar(names[tag], value)])
        if epochs:
            yield event(step, wall, [scalar(b"epoch", epoch)])


def table_rows(curves: dict[str, np.ndarray]) -> Iterator[str]:
    """Lines of a CSV file with an epoch column, blank where a value was not logged."""
    yield "step,epoch,train_loss,lr,val_loss,val_accuracy\n"
    for step, epoch, values in rows(curves):
        late = [f"{values[t]:.6g}" if t in values else "" for t in ("val/loss", "val/accuracy")]
        told = f"{values['train/loss']:.6g},{values['train/lr']:g}"
        yield f"{step},{epoch},{told},{','.join(late)}\n"


def measure(path: Path) -> tuple[float, float, int]:
    """CPU seconds of reading and of judging the runs of a log, and their points."""
    from lrdiag.config import Config
    from lrdiag.diagnose import diagnose_run, rules_for
    from lrdiag.sources.splits import merge_splits
    from lrdiag.sources.tree import discover, read_location

    rules = rules_for(Config())
    begin = time.process_time()
    runs = [read_location(location) for location in merge_splits(discover([path])).locations]
    read = time.process_time()
    for run in runs:
        diagnose_run(run, rules, Config())
    judged = time.process_time()
    points = sum(len(s) for run in runs for s in run.series.values())
    return read - begin, judged - read, points


def memory(path: Path) -> tuple[float, float]:
    """MiB that the logged points take, and the peak of judging beyond them."""
    from lrdiag.config import Config
    from lrdiag.diagnose import diagnose_run, rules_for
    from lrdiag.sources.splits import merge_splits
    from lrdiag.sources.tree import discover, read_location

    rules = rules_for(Config())
    runs = [read_location(location) for location in merge_splits(discover([path])).locations]
    size = sum(
        c.nbytes for r in runs for s in r.series.values() for c in (s.step, s.wall_time, s.value)
    )
    tracemalloc.start()
    for run in runs:
        diagnose_run(run, rules, Config())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return size / 2**20, peak / 2**20


def run(folder: Path, rounds: int) -> None:
    """Measure every log and print the table."""
    paths = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    found: dict[Path, list[tuple[float, float, int]]] = {path: [] for path in paths}
    for number in range(rounds + 1):
        for path in random.Random(number).sample(paths, len(paths)):
            if (taken := measure(path)) and number:
                found[path].append(taken)
    print("| " + " | ".join(HEADS) + " |")
    print("|---" * len(HEADS) + "|")
    for path, taken in sorted(
        found.items(), key=lambda item: (item[0].name.split("-")[0], item[1][0][2])
    ):
        print(line(path, taken, *memory(path)))


def line(path: Path, taken: list[tuple[float, float, int]], size: float, peak: float) -> str:
    """One row of the table."""
    read, judge = (statistics.median(t[k] for t in taken) for k in (0, 1))
    points = taken[0][2]
    worst = max(t[1] / t[0] for t in taken)
    cells: list[Any] = [path.name, f"{points:,}", f"{read:.3f}", f"{judge:.3f}",
             f"{judge / read:.2f} ({worst:.2f})", f"{judge / points * 1e9:.0f}",
             f"{size:.1f}", f"{peak:.1f}"]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make")
    making.add_argument("folder", type=Path)
    making.add_argument("--points", default="100000,1000000,4000000")
    making.add_argument("--shapes", default=",".join(SHAPES))
    running = commands.add_parser("run")
    running.add_argument("folder", type=Path)
    running.add_argument("-n", "--rounds", type=int, default=5)
    chosen = parser.parse_args()
    if chosen.command == "run":
        run(chosen.folder, chosen.rounds)
        return
    for shape in chosen.shapes.split(","):
        for points in map(int, chosen.points.split(",")):
            make(chosen.folder, shape, points)


if __name__ == "__main__":
    main()
