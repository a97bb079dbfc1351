"""Build Evidence: passed, failed, not judged, and the fields that checks share."""

from __future__ import annotations

import math
from typing import Any

from lrdiag.checks.interface import Evidence
from lrdiag.findings import Status
from lrdiag.view import RunView


def not_judged(reason: str, **fields: Any) -> Evidence:
    """An answer that the data cannot give, with the reason as a full sentence."""
    return Evidence(Status.NOT_JUDGED, reason=reason, **fields)


def verdict(failed: bool, **fields: Any) -> Evidence:
    """Failed or passed."""
    return Evidence(Status.FAILED if failed else Status.PASSED, **fields)


def finite(interval: tuple[float, float]) -> tuple[float, float] | None:
    """An interval, None where it could not be estimated."""
    return interval if all(math.isfinite(end) for end in interval) else None


def tags_of(view: RunView, *roles: str) -> tuple[str, ...]:
    """Tags behind these roles, those that were logged."""
    return tuple(view.curves[r].tag for r in roles if r in view.curves)
