"""Survivors that were looked at: why a mistake there changes nothing that the tests should hold.

`explained.toml` names the file, the line of code that the mistake changes (its text, so that
entries survive edits elsewhere), where needed how the mistake begins, and the reason. They are run
like all others: what a test notices is killed, what survives as explained is counted apart.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from benchmarks.mutants.areas import ROOT
from benchmarks.mutants.changes import Mutant

Explanation = dict[str, str]


def explanations() -> list[Explanation]:
    """All of them."""
    text = (Path(__file__).parent / "explained.toml").read_text()
    found: list[Explanation] = tomllib.loads(text).get("explained", [])
    return found


def reason_for(mutant: Mutant, known: Sequence[Explanation]) -> str:
    """Why a mutant may survive; empty where nobody looked."""
    code = (ROOT / mutant.file).read_text().splitlines()[mutant.line - 1].strip()
    fitting = (
        e["why"] for e in known
        if mutant.file.endswith(e["file"]) and code == e["code"]
        and mutant.what.startswith(e.get("what", ""))
    )  # fmt: skip
    return next(fitting, "")


def stale(known: Sequence[Explanation]) -> list[Explanation]:
    """Those whose line of code is gone."""
    return [e for e in known if not _is_there(e)]


def _is_there(explanation: Explanation) -> bool:
    file = ROOT / explanation["file"]
    lines = file.read_text().splitlines() if file.exists() else []
    return explanation["code"] in (line.strip() for line in lines)
