"""What an unquoted word of YAML 1.2 means: `1e-3` is a number, `on` and `no` are words."""

from __future__ import annotations

import re

# The core schema of YAML 1.2 (yaml.org/spec/1.2.2, section 10.3.2).
_NULL = frozenset(["", "~", "null", "Null", "NULL"])
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,40}\Z")
_OTHER_BASE = re.compile(r"0o[0-7]{1,20}\Z|0x[0-9a-fA-F]{1,16}\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,4})?\Z")
_SPECIAL = re.compile(r"([-+]?)\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")


def plain_scalar(text: str) -> float | int | bool | str | None:
    """The value of an unquoted word."""
    if text in _NULL:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _INT.match(text) or _OTHER_BASE.match(text):
        return int(text, 0 if text[1:2] in ("o", "x") else 10)
    return _float_or_text(text)


def _float_or_text(text: str) -> float | str:
    if len(text) < 64 and _FLOAT.match(text):
        return float(text)
    special = _SPECIAL.match(text)
    if special:
        return float("nan") if special.group(3) else float(f"{special.group(1)}inf")
    return text
