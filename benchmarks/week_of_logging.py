"""What following a week of logging costs: memory, bytes read and time a look.

    python -m benchmarks.week_of_logging [events csv jsonl text] [--rows 300000] [--looks 100]

A training that logs loss and rate every two seconds and a validation loss every ten minutes
writes 300,000 rows in a week. Each format is written and followed in a process of its own: after
each equal part the watcher looks once. Prints bytes written and read, the peak of resident
memory, and the processor time of a look in the first and in the last tenth, all beside a look at
which nothing was new.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from lrdiag.config import Config
from lrdiag.watch import Watcher

EVERY = 300
"""Rows between two validations."""

Writer = Callable[[Path, range], None]


def values(row: int, rows: int) -> dict[str, float]:
    """What a healthy training logs at a row: a noisy fall, and a drop of the rate at 60 %."""
    noise = random.Random(row).gauss(0, 0.02)
    dropped = row >= 0.6 * rows
    level = 0.5 + 1.5 * math.exp(-5 * row / rows) - 0.15 * dropped
    found = {"loss": level * (1 + noise), "lr": 0.01 if dropped else 0.1}
    if row % EVERY == EVERY - 1:
        found["val_loss"] = 1.1 * level * (1 + noise / 4)
    return found


def writers(rows: int) -> dict[str, Writer]:
    """A function for each format that appends a part of the rows."""

    def csv(folder: Path, part: range) -> None:
        with (folder / "metrics.csv").open("a") as file:
            if not part.start:
                file.write("step,loss,lr,val_loss\n")
            for row in part:
                v = values(row, rows)
                last = f"{v['val_loss']:.5f}" if "val_loss" in v else ""
                file.write(f"{row},{v['loss']:.5f},{v['lr']},{last}\n")

    def jsonl(folder: Path, part: range) -> None:
        with (folder / "metrics.jsonl").open("a") as file:
            for row in part:
                file.write(json.dumps({"step": row, **values(row, rows)}) + "\n")

    def text(folder: Path, part: range) -> None:
        with (folder / "train.log").open("a") as file:
            for row in part:
                v = values(row, rows)
                file.write(f"INFO step {row}: loss {v['loss']:.5f}, lr {v['lr']}\n")
                if "val_loss" in v:
                    file.write(f"INFO step {row}: val_loss {v['val_loss']:.5f}\n")

    def events(folder: Path, part: range) -> None:
        with (folder / "events.out.tfevents.1.host").open("ab") as file:
            records = RecordWriter(file)
            for row in part:
                found = [Summary.Value(tag=t, simple_value=v) for t, v in values(row, rows).items()]
                event = Event(wall_time=1.7e9 + 2 * row, step=row, summary=Summary(value=found))
                records.write(event.SerializeToString())

    return {"events": events, "csv": csv, "jsonl": jsonl, "text": text}


def follow(kind: str, rows: int, looks: int) -> None:
    """Write and follow one format in this process, and print its line."""
    write = writers(rows)[kind]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        watcher = Watcher([folder], Config())
        times, said = [], 0
        for look in range(looks):
            write(folder, range(look * rows // looks, (look + 1) * rows // looks))
            begun = time.process_time()
            said += sum(event.kind == "appeared" for event in watcher.look())
            times.append(time.process_time() - begun)
        begun = time.process_time()
        list(watcher.look())
        idle = time.process_time() - begun
        written = sum(p.stat().st_size for p in folder.iterdir())
        tenth = max(looks // 10, 1)
        print(
            f"| {kind} | {written / 1e6:.1f} MB | {watcher.bytes_read / written:.3f} | "
            f"{_peak_mb():.0f} MB | {median(times[1 : tenth + 1]):.2f} s | "
            f"{median(times[-tenth:]):.2f} s | {1000 * idle:.0f} ms | {said} |",
            flush=True,
        )


def _peak_mb() -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else math.nan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kinds", nargs="*", default=["events", "csv", "jsonl", "text"])
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--looks", type=int, default=100)
    parser.add_argument("--here", action="store_true", help="in this process, without a header")
    asked = parser.parse_args()
    if asked.here:
        for kind in asked.kinds:
            follow(kind, asked.rows, asked.looks)
        return
    print("| log | written | read / written | peak | first looks | last looks | idle | findings |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for kind in asked.kinds:
        own = [sys.executable, "-m", "benchmarks.week_of_logging", kind, "--here"]
        sizes = ["--rows", str(asked.rows), "--looks", str(asked.looks)]
        subprocess.run([*own, *sizes], check=True)


if __name__ == "__main__":
    main()
