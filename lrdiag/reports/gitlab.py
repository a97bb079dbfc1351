"""GitLab's code quality report (docs.gitlab.com, "Code Quality", report format)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from lrdiag.findings import HealthReport, Severity
from lrdiag.reports.places import Remark, remarks
from lrdiag.reports.sarif import fingerprint

_SEVERITY = {Severity.NOTE: "info", Severity.WARNING: "minor", Severity.ERROR: "critical"}


@dataclass(frozen=True, slots=True)
class GitlabFormat:
    """Failed findings and damaged logs, accepted ones left out; fingerprints are unique.

    GitLab drops what repeats a fingerprint, so a repetition gets a number.
    """

    names: ClassVar[tuple[str, ...]] = ("gitlab",)

    def render(self, report: HealthReport) -> str:
        """A JSON list, worst first."""
        seen: dict[str, int] = {}
        entries = [_entry(r, seen) for r in remarks(report) if not r.suppressed]
        return json.dumps(entries, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _entry(remark: Remark, seen: dict[str, int]) -> dict[str, Any]:
    key = fingerprint(remark)
    seen[key] = seen.get(key, 0) + 1
    unique = key if seen[key] == 1 else f"{key}-{seen[key]}"
    # GitLab wants a path inside the repository, without ./ in front.
    path = remark.file.removeprefix("./").encode("utf-8", "replace").decode()
    return {
        "description": remark.message,
        "check_name": remark.rule,
        "fingerprint": unique,
        "severity": _SEVERITY[remark.severity],
        "location": {"path": path, "lines": {"begin": remark.line}},
    }
