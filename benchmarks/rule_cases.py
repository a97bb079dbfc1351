# ruff: noqa: E501
"""Finds short cases for the default rules that notice every threshold: `rules/cases/default.yml`.

Draws curves in series notation from shapes that people meet, judges each by every rule and by
every rule with one threshold shifted, and keeps the fewest that show each rule firing, silent and
not judging and that differ under every shift. Run it after thresholds changed, then read what it
wrote: the cases are the rules' specification.

    python -m benchmarks.rule_cases [--draws 600] [--seed 1]
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.case_draws import draws
from benchmarks.case_judgement import ABSENT, FIRES, SILENT, UNJUDGED, Draw, judge
from benchmarks.case_search import EXCUSED, climb, unnoticed
from lrdiag.rulefile.coverage import thresholds
from lrdiag.rulefile.documents import load_document
from lrdiag.rulefile.load import load_rules
from lrdiag.rulefile.location import rules_folder
from lrdiag.rulefile.values import Rule


def earlier(paths: list[Path]) -> Iterator[dict[str, Any]]:
    """The curves of case files written before, without what they expected."""
    for path in paths:
        for entry in (load_document(path) or {}).get("cases", []):
            kept = {k: entry[k] for k in KEPT if k in entry}
            yield {**kept, "name": re.sub(r" \(\d+\)$", "", entry["name"])}


KEPT = ("series", "steps_per_row", "restarts", "settings")


def choose(pool: list[Draw], rules: list[Rule]) -> list[tuple[Draw, list[str]]]:
    """The fewest cases, each with the rules it speaks for."""
    wanted = {(r.id, word) for r in rules for word in (FIRES, SILENT, UNJUDGED)}
    wanted |= {
        (r.id, f"notices {p}")
        for r in rules
        for p, _ in thresholds(r)
        if p not in EXCUSED.get(r.id, {})
    }
    gives = [
        {(r, w) for r, w in d.outcomes.items() if w != ABSENT}
        | {(r, f"notices {p}") for r, ps in d.kills.items() for p in ps}
        for d in pool
    ]
    chosen: dict[int, set[str]] = {}
    left = set(wanted)
    while left:
        best = max(range(len(pool)), key=lambda i: (len(gives[i] & left), -len(str(pool[i].data))))
        got = gives[best] & left
        if not got:
            break
        chosen.setdefault(best, set()).update(rule for rule, _ in got)
        left -= got
    for rule, what in sorted(left):
        absent = next((i for i, d in enumerate(pool) if d.outcomes[rule] == ABSENT), None)
        if what == UNJUDGED and absent is not None:
            chosen.setdefault(absent, set()).add(rule)
        else:
            print("no case:", rule, what)
    return [(pool[i], sorted(ids)) for i, ids in sorted(chosen.items())]


def widened(firing: dict[str, Any], by: int) -> dict[str, Any]:
    """The firing with its step as a range: a case pins where, not to the row."""
    if "step" not in firing:
        return firing
    return {**firing, "step": [max(0, firing["step"] - by), firing["step"] + by]}


def text_of(chosen: list[tuple[Draw, list[str]]]) -> str:
    lines = [
        "# What the default rules must say. Found by benchmarks/rule_cases.py: the fewest cases that",
        "# show each rule firing, silent and not judging, and that notice every threshold's shift.",
        "version: 1", "cases:",
    ]  # fmt: skip
    for number, (draw, ids) in enumerate(chosen, 1):
        lines.append(f"  - name: {json.dumps(draw.data['name'] + f' ({number})')}")
        lines.append("    series:")
        lines += [f"      {tag}: {curve}" for tag, curve in draw.data["series"].items()]
        for key in ("steps_per_row", "restarts", "settings"):
            if key in draw.data:
                lines.append(f"    {key}: {json.dumps(draw.data[key])}")
        rows = 2 * draw.data.get("steps_per_row", 1)
        fires = [widened(draw.firings[i], rows) for i in ids if draw.outcomes[i] == FIRES]
        if fires:
            lines.append("    fires:")
            lines += [
                "      - {" + ", ".join(f"{k}: {v}" for k, v in f.items()) + "}" for f in fires
            ]
        for word in (SILENT, UNJUDGED, ABSENT):
            names = [i for i in ids if draw.outcomes[i] == word]
            if names:
                lines.append(f"    {word}: [{', '.join(names)}]")
    lines += ["unmutated:"] if EXCUSED else []
    for rule, given in EXCUSED.items():
        lines.append(f"  {rule}:")
        lines += [f"    {name}: {json.dumps(why)}" for name, why in given.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--draws", type=int, default=600)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--earlier", action="append", default=[], help="case files to draw from")
    options.add_argument("--output", default=str(rules_folder() / "cases" / "default.yml"))
    given = options.parse_args()
    rules = [replace(r) for r in load_rules().rules]
    known = [p for p in (Path(given.output), *map(Path, given.earlier)) if p.is_file()]
    candidates = {json.dumps(d): d for d in (*earlier(known), *draws(given.draws, given.seed))}
    pool = [d for data in candidates.values() if (d := judge(data, rules)) is not None]
    for rule, parameter, value in list(unnoticed(pool, rules)):
        found = climb(pool, rule, parameter, value, given.seed)
        if found is not None and (draw := judge(found, rules)) is not None:
            pool.append(draw)
    text = text_of(choose(pool, rules))
    with open(given.output, "w", encoding="utf-8") as stream:
        stream.write(text)
    print(f"{text.count('  - name:')} cases of {len(pool)} draws")


if __name__ == "__main__":
    main()
