"""Regular expressions of users, matched in linear time (RE2)."""

from __future__ import annotations

from typing import Any


def compiled(expression: str, max_mem: int | None = None) -> Any:
    """A compiled RE2 pattern.

    Args:
        expression: comes from a file or an option, so nobody vouches for it.
        max_mem: bytes that it may take; RE2's own limit (8 MiB) where not given.

    Raises:
        ValueError: it is not valid, with what is wrong with it.
    """
    import re2

    re2_: Any = re2
    options = re2_.Options()
    options.log_errors = False  # it would write to stderr by itself
    if max_mem is not None:
        options.max_mem = max_mem
    try:
        return re2_.compile(expression, options)
    except re2_.error as error:
        why = error.args[0] if error.args else error
        text = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
        raise ValueError(text) from None
