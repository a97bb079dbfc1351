"""`python -m benchmarks.mutants AREA...`: how many planted mistakes the tests notice.

Draws mutants of each area with equal chances, runs the tests that reach the changed line
(fastest first) against each, and prints killed and survived with a 95 % Wilson interval.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import random
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.mutants.areas import AREAS, ROOT, files
from benchmarks.mutants.changes import Mutant, mutants, planted
from benchmarks.mutants.trial import covered, preload, trial


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("areas", nargs="+", choices=list(AREAS), metavar="AREA",
                        help=", ".join(AREAS))  # fmt: skip
    parser.add_argument("--sample", type=int, default=150, help="mutants per area (0: all)")
    parser.add_argument("--seed", type=int, default=1, help="which mutants are drawn")
    parser.add_argument("--minutes", type=float, default=math.inf,
                        help="stop an area then: what was examined is a sample too")  # fmt: skip
    parser.add_argument("--budget", type=float, default=math.inf, metavar="SECONDS",
                        help="run the fastest tests that fit; may miss a kill")  # fmt: skip
    parser.add_argument("--only", default="", help="files whose path contains this")
    parser.add_argument("--again", type=Path, metavar="SURVIVORS",
                        help="no draw: the survivors of an earlier run")  # fmt: skip
    parser.add_argument("--notes", type=Path, default=Path(".mutants"),
                        help="where coverage and survivors are written")  # fmt: skip
    parser.add_argument("--at-least", type=float, default=0.0,
                        help="exit with 1 where a smaller share is killed")  # fmt: skip
    return parser.parse_args()


def drawn(modules: Iterable[str], count: int, seed: int) -> list[Mutant]:
    """A sample without replacement over all mutants of some files."""
    every = [m for file in modules for m in mutants(file, (ROOT / file).read_text())]
    if not count or count >= len(every):
        return every
    return random.Random(seed).sample(every, count)


def survivors_of(notes: Path) -> list[Mutant]:
    """The survivors of an earlier run, at the lines where they are now."""
    noted = [json.loads(line) for line in notes.read_text().splitlines()]
    return [mutants(n["file"], (ROOT / n["file"]).read_text())[n["number"]] for n in noted]


def reaching(mutant: Mutant, found: dict[str, Any]) -> list[str]:
    """The tests that run the mutant's line, fastest first.

    Lines that run on import belong to every test of the area.
    """
    lines = found["lines"].get(mutant.file, {})
    tests = set(lines.get(str(mutant.line), ()))
    if not tests or _runs_on_import(mutant):
        tests = set(found["seconds"])
    seconds = found["seconds"]
    return sorted((t for t in tests if t in seconds), key=lambda t: seconds[t])


def _runs_on_import(mutant: Mutant) -> bool:
    line = (ROOT / mutant.file).read_text().splitlines()[mutant.line - 1]
    return not line.startswith("    " * 2) and "return" not in line


def wilson(killed: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    share, square = killed / total, z * z / total
    middle = (share + square / 2) / (1 + square)
    half = z * (share * (1 - share) / total + square / total / 4) ** 0.5 / (1 + square)
    return middle - half, middle + half


def examine(area: str, options: argparse.Namespace) -> float:
    """Prints the survivors and the row of one area; the share that was killed."""
    modules, tests = (files(patterns) for patterns in AREAS[area])
    options.notes.mkdir(exist_ok=True)
    found = covered(tests, modules, options.notes / f"{area}.coverage.json")
    preload(found["libraries"])
    sample = (
        survivors_of(options.again)
        if options.again
        else drawn([m for m in modules if options.only in m], options.sample, options.seed)
    )
    killed = done = 0
    end = time.monotonic() + options.minutes * 60
    with (options.notes / f"{area}.survivors.jsonl").open("w") as survivors:
        for done, mutant in enumerate(sample, 1):
            verdict = _verdict(mutant, found, options.budget)
            killed += verdict != "survived"
            if verdict == "survived":
                survivors.write(json.dumps(mutant.__dict__) + "\n")
                survivors.flush()
            if done % 20 == 0:
                print(f"{area} {done}/{len(sample)}, {killed} killed", file=sys.stderr)
            if time.monotonic() > end:
                break
    low, high = wilson(killed, done)
    total = sum(len(mutants(m, (ROOT / m).read_text())) for m in modules)
    print(f"| {area} | {total} | {done} | {killed} | {killed / done:.1%} "
          f"({low:.1%} – {high:.1%}) |", flush=True)  # fmt: skip
    return killed / done


def _verdict(mutant: Mutant, found: dict[str, Any], budget: float) -> str:
    every = reaching(mutant, found)
    until = itertools.accumulate(found["seconds"][test] for test in every)
    tests = [test for test, end in zip(every, until, strict=True) if end <= budget]
    if not tests:
        return "survived"
    source = (ROOT / mutant.file).read_text()
    seconds = sum(found["seconds"][t] for t in tests)
    return trial(mutant.file, planted(source, mutant.number), tests, int(20 + 3 * seconds))


def main() -> None:
    """Examines the areas one after the other."""
    os.chdir(ROOT)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    options = arguments()
    shares = [examine(area, options) for area in options.areas]
    sys.exit(int(min(shares) < options.at_least))


if __name__ == "__main__":
    main()
