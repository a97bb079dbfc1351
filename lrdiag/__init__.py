"""lrdiag: a linter for training runs.

The public API, imported lazily so that `import lrdiag` stays instant:

    read_runs(path)   the runs below a path as columnar series
    analyze(path)     the health report of the runs below a path
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lrdiag.errors import LrdiagError
    from lrdiag.findings import Finding, HealthReport, Problem, RunReport, Severity, Status, Verdict
    from lrdiag.notebook import Report, analyze
    from lrdiag.runs import Run, Series
    from lrdiag.sources.tree import read_runs

__version__ = "0.1.0"

_HOMES = {
    "read_runs": "lrdiag.sources.tree",
    "analyze": "lrdiag.notebook",
    "Report": "lrdiag.notebook",
    "Run": "lrdiag.runs",
    "Series": "lrdiag.runs",
    "Finding": "lrdiag.findings",
    "HealthReport": "lrdiag.findings",
    "Problem": "lrdiag.findings",
    "RunReport": "lrdiag.findings",
    "Severity": "lrdiag.findings",
    "Status": "lrdiag.findings",
    "Verdict": "lrdiag.findings",
    "LrdiagError": "lrdiag.errors",
}

__all__ = [
    "Finding",
    "HealthReport",
    "LrdiagError",
    "Problem",
    "Report",
    "Run",
    "RunReport",
    "Series",
    "Severity",
    "Status",
    "Verdict",
    "__version__",
    "analyze",
    "read_runs",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'lrdiag' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
