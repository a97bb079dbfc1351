"""Whether the last cell of a growing table is whole, or half a number."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lrdiag.sources.table_cells import is_number

_DECIMALS = re.compile(r"\.(\d+)")
_WHOLE_EXPONENT = re.compile(r"[eE][+-]?\d\d+$")


def looks_whole(cell: str, above: Sequence[str]) -> bool:
    """Whether a cell without a line end behind it can be believed.

    `above`: the cells of the rows before, same column. True if the cell has as many decimals
    (and an exponent, a percent sign) as every one of them, so that nothing can be missing.
    """
    known = [a.strip() for a in above if a.strip()]
    text = cell.strip()
    if not known or not text:
        return False
    if any("e" in a.lower() for a in known) and not _WHOLE_EXPONENT.search(text):
        return False
    if any(a.endswith("%") for a in known):
        return text.endswith("%")
    if not is_number(text):
        return text in known
    enough = _decimals(text) >= min(_decimals(a) for a in known)
    return enough and ("." in text or len(text) >= len(known[-1]))


def _decimals(text: str) -> int:
    found = _DECIMALS.search(text)
    return len(found[1]) if found else 0
