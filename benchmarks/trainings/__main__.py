"""`python -m benchmarks.trainings FOLDER --seed 1 --runs 150`: make labelled trainings."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.trainings.corpus import make_corpus


def main() -> None:
    """Make a corpus and print how often each label occurs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trainings", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=150)
    chosen = parser.parse_args()
    counts = make_corpus(chosen.folder, seed=chosen.seed, runs=chosen.runs)
    for label, count in counts.most_common():
        print(f"{label:28} {count}")


if __name__ == "__main__":
    main()
