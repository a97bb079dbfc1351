"""`python -m benchmarks.accuracy CORPUS`: how right lrdiag is, and the rivals beside it.

Without CORPUS, `--generate SEED` first makes one with the project's own generator.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.accuracy.calibration import bands
from benchmarks.accuracy.corpus import Corpus, load_corpus
from benchmarks.accuracy.judges import lrdiag_predictions
from benchmarks.accuracy.rivals import RIVALS, rival_predictions
from benchmarks.accuracy.scoring import Prediction, score
from benchmarks.accuracy.sections import replace_section
from benchmarks.accuracy.tables import (
    alarms_line,
    calibration_table,
    one_tool_table,
    side_by_side,
    summary_table,
)

HERE = Path(__file__).resolve().parent


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("corpora", nargs="+", type=Path, metavar="CORPUS",
                        help="folder with truth.jsonl; several are scored together")  # fmt: skip
    parser.add_argument("--rivals", action="store_true", help="also run the linters on PyPI")
    parser.add_argument("--cache", type=Path, default=Path(".accuracy-cache"),
                        help="where the rivals and their answers are kept")  # fmt: skip
    parser.add_argument("--generate", type=int, metavar="SEED",
                        help="make CORPUS first, with benchmarks.trainings")  # fmt: skip
    parser.add_argument("--runs", type=int, default=150, help="how many runs --generate makes")
    parser.add_argument("--output", type=Path, help="write the Markdown here (default: stdout)")
    parser.add_argument("--into", nargs=2, metavar=("DOCUMENT", "SECTION"),
                        help="put the tables between a document's begin and end marks")  # fmt: skip
    return parser.parse_args()


def judged_by_rivals(corpora: list[Corpus], cache: Path) -> dict[str, Mapping[str, Prediction]]:
    """Predictions of every rival over all corpora."""
    cache.mkdir(parents=True, exist_ok=True)
    result: dict[str, Mapping[str, Prediction]] = {}
    for rival in RIVALS:
        said: dict[str, Prediction] = {}
        for corpus in corpora:
            answers, unread = rival_predictions(rival, corpus, cache)
            said |= answers
            print(f"{rival.name}: {corpus.folder.name}, {unread} runs unread", file=sys.stderr)
        result[rival.requirement] = said
    return result


def report(corpora: list[Corpus], said: Mapping[str, Mapping[str, Prediction]]) -> str:
    """All tables; the first tool is lrdiag."""
    truths = [t for corpus in corpora for t in corpus.truths]
    scores = {name: score(truths, predictions) for name, predictions in said.items()}
    own = scores["lrdiag"]
    parts = [one_tool_table("lrdiag", own), alarms_line(own),
             calibration_table(bands(truths, said["lrdiag"]))]  # fmt: skip
    if len(scores) > 1:
        parts += [summary_table(scores), side_by_side(scores)]
    return "\n".join(parts)


def main() -> None:
    """Score and print."""
    chosen = arguments()
    if chosen.generate is not None:
        from benchmarks.trainings.corpus import make_corpus

        make_corpus(chosen.corpora[0], seed=chosen.generate, runs=chosen.runs)
    corpora = [load_corpus(folder) for folder in chosen.corpora]
    started = time.perf_counter()
    said: dict[str, Mapping[str, Prediction]] = {"lrdiag": {}}
    for corpus in corpora:
        said["lrdiag"] = {**said["lrdiag"], **lrdiag_predictions(corpus)}
    runs = sum(len(c.truths) for c in corpora)
    print(f"lrdiag: {runs} runs in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    if chosen.rivals:
        said |= judged_by_rivals(corpora, chosen.cache)
    text = report(corpora, said)
    if chosen.into:
        replace_section(Path(chosen.into[0]), chosen.into[1], text)
    elif chosen.output:
        chosen.output.write_text(text, "utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
