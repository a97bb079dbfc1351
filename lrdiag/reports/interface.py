"""The door of the reports: a format renders a HealthReport to text.

A format is one module in this folder with one class that satisfies `ReportFormat`; it is found by
`registry`, third parties' through the entry-point group `lrdiag.reports`.
"""

from __future__ import annotations

from typing import ClassVar, Protocol, runtime_checkable

from lrdiag.findings import HealthReport


@runtime_checkable
class ReportFormat(Protocol):
    """One report format. `names`: the names `--format` accepts, the first is the usual one."""

    names: ClassVar[tuple[str, ...]]

    def render(self, report: HealthReport) -> str:
        """The whole report as text ending in a newline; deterministic."""
        ...
