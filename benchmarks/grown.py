"""What a log that grew a little costs to read again: whole, and through the column cache.

    python -m benchmarks.grown --points 1000000

Each log (a table, JSON lines, text of a training script) grows by a thousandth between two
readings. CPU seconds of this process; the fewest of a few readings.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

from lrdiag.fleet.column_cache import ColumnCache
from lrdiag.sources.reading_memory import remembering
from lrdiag.sources.registry import source_named

READINGS = 5


def table(first: int, last: int) -> Iterator[str]:
    """Rows of a table with a validation loss every hundredth row."""
    if not first:
        yield "step,lr,train_loss,val_loss\n"
    for step in range(first, last):
        yield f"{step},0.1,{1 / (step + 1):.6f},{'' if step % 100 else 0.5}\n"


def json_lines(first: int, last: int) -> Iterator[str]:
    """One object a step."""
    for step in range(first, last):
        row = {"iteration": step, "lr": 0.1, "loss": round(1 / (step + 1), 6)}
        yield json.dumps(row) + "\n"


def text(first: int, last: int) -> Iterator[str]:
    """Lines as PyTorch's ImageNet example prints them."""
    for step in range(first, last):
        yield f"Epoch: [{step // 1000}][{step % 1000}/1000] Loss {1 / (step + 1):.5f} lr: 0.1\n"


LOGS: dict[str, tuple[str, Callable[[int, int], Iterator[str]]]] = {
    "csv": ("metrics.csv", table),
    "jsonl": ("metrics.jsonl", json_lines),
    "text": ("train.log", text),
}


def seconds(source: str, path: Path, cache: ColumnCache | None = None) -> float:
    """CPU seconds of one reading."""
    begun = time.process_time()
    with remembering(cache) if cache else nullcontext():
        source_named(source).read([path], "run")
    return time.process_time() - begun


def measure(source: str, folder: Path, points: int) -> None:
    """Print a line of the table in docs/fleet.md."""
    name, lines = LOGS[source]
    path, cache = folder / name, ColumnCache(folder / "columns")
    path.write_text("".join(lines(0, points)))
    seconds(source, path)  # imports
    cold = min(seconds(source, path) for _ in range(READINGS))
    first = seconds(source, path, cache)
    warm = []
    for _ in range(READINGS):
        grown = points + points // 1000
        with path.open("a") as file:
            file.writelines(lines(points, grown))
        points = grown
        warm.append(seconds(source, path, cache))
    size = path.stat().st_size / 1e6
    print(
        f"{source}: {size:.0f} MB, whole {cold:.3f} s, the first time {first:.3f} s,"
        f" grown {min(warm):.3f} s: {cold / min(warm):.1f} x",
        flush=True,
    )


def main() -> None:
    """Measure every kind of log."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=1_000_000)
    options = parser.parse_args()
    for source in LOGS:
        with tempfile.TemporaryDirectory() as place:
            measure(source, Path(place), options.points)


if __name__ == "__main__":
    main()
