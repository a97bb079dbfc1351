"""`python -m benchmarks.mutants AREA...`: how many planted mistakes the tests notice.

Draws mutants of each area with equal chances, runs the tests that reach the changed line
(fastest first) against each, and prints how many are killed: of all, and of all but those that
survive as explained in `explained.toml`, with 95 % Wilson intervals.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from benchmarks.mutants.areas import AREAS, ROOT, files
from benchmarks.mutants.changes import Mutant, mutants, planted
from benchmarks.mutants.explained import explanations, reason_for, stale
from benchmarks.mutants.reach import in_order, reaching
from benchmarks.mutants.trial import covered, preload, trial

ALIVE = ("survived", "unreached", "explained")
_FUZZED = "500"
"""How many damaged files the fuzz test of the event reader makes here (10,000 in CI)."""
_COPIED = ("benchmarks", "docs", "lrdiag", "rules", "sample_logs", "tests", "pyproject.toml",
           "README.md")  # fmt: skip


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
    parser.add_argument("--copied", action="store_true", help=argparse.SUPPRESS)
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


def wilson(killed: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    share, square = killed / total, z * z / total
    middle = (share + square / 2) / (1 + square)
    half = z * (share * (1 - share) / total + square / total / 4) ** 0.5 / (1 + square)
    return middle - half, middle + half


def examine(area: str, options: argparse.Namespace) -> float:
    """Prints the row of one area, notes its survivors; the share that was killed."""
    modules, tests = (files(patterns) for patterns in AREAS[area])
    found = covered(tests, modules, options.notes / f"{area}.coverage.json")
    for test in found["failing"]:
        print(f"left out, it fails without any mistake: {test}", file=sys.stderr)
    preload(found["libraries"])
    sample = (
        survivors_of(options.again)
        if options.again
        else drawn([m for m in modules if options.only in m], options.sample, options.seed)
    )
    killers: Counter[str] = Counter()
    explained = explanations()
    for old in stale(explained):
        print(f"no longer there, in explained.toml: {old['file']}: {old['code']}", file=sys.stderr)
    verdicts: Counter[str] = Counter()
    end = time.monotonic() + options.minutes * 60
    with (options.notes / f"{area}.survivors.jsonl").open("w") as survivors:
        for done, mutant in enumerate(sample, 1):
            began = time.monotonic()
            why = reason_for(mutant, explained)
            tests_of = in_order(reaching(mutant, found), found["seconds"], killers, options.budget)
            verdict, killer = "unreached", ""
            if tests_of:
                source = (ROOT / mutant.file).read_text()
                verdict, killer = trial(mutant.file, planted(source, mutant.number), tests_of)
            if verdict in ALIVE and why:
                verdict = "explained"
            killers[killer] += bool(killer)
            if verdict in ALIVE:
                survivors.write(json.dumps({**mutant.__dict__, "why": why or verdict}) + "\n")
                survivors.flush()
            verdicts["explained"] += verdict == "explained"
            verdicts["killed"] += verdict not in ALIVE
            verdicts["examined"] += 1
            print(f"{area} {done}/{len(sample)} {verdict} {len(tests_of)} tests "
                  f"{time.monotonic() - began:.1f} s {mutant.file}:{mutant.line} {killer}",
                  file=sys.stderr)  # fmt: skip
            if time.monotonic() > end:
                break
    every = sum(len(mutants(m, (ROOT / m).read_text())) for m in modules)
    return report(area, every, verdicts)


def report(area: str, every: int, verdicts: Counter[str]) -> float:
    """Prints the row of an area; the share that was killed of what can be noticed."""
    killed, examined, explained = (verdicts[k] for k in ("killed", "examined", "explained"))
    shares = [_share(killed, examined), str(explained), _share(killed, examined - explained)]
    print(" | ".join([f"| {area}", *map(str, (every, examined, killed)), *shares]), "|", flush=True)
    return killed / max(examined - explained, 1)


def _share(killed: int, total: int) -> str:
    low, high = wilson(killed, max(total, 1))
    return f"{killed / max(total, 1):.1%} ({low:.1%} – {high:.1%})"


def main() -> None:
    """Examines the areas one after the other, in a copy of the project."""
    options = arguments()
    if not options.copied:
        sys.exit(in_a_copy(options))
    os.chdir(ROOT)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("LRDIAG_MUTANTS", _FUZZED)
    shares = [examine(area, options) for area in options.areas]
    sys.exit(int(min(shares) < options.at_least))


def in_a_copy(options: argparse.Namespace) -> int:
    """Starts again in a copy, so that work on the project goes on meanwhile."""
    options.notes.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        for name in _COPIED:
            source, target = ROOT / name, Path(folder) / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy2(source, target)
        paths = ["--notes", str(options.notes.resolve())]
        paths += ["--again", str(options.again.resolve())] if options.again else []
        command = [sys.executable, "-m", "benchmarks.mutants", *sys.argv[1:], *paths, "--copied"]
        keep = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        return subprocess.run(command, cwd=folder, env=keep, check=False).returncode


if __name__ == "__main__":
    main()
